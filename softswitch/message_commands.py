"""What the running switch answers about messages: they are listed, deleted and brought back.

The handlers of the control socket. Whatever they change is told as if it came from a phone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from softswitch.control import CannotAnswer, Handler
from softswitch.mailbox.messages import DELETED, RECORDING, Message

if TYPE_CHECKING:
    from softswitch.mailbox.boxes import Boxes
    from softswitch.tenants import Tenants


class MessageCommands:
    """Over the mailboxes of a running switch."""

    def __init__(self, boxes: Boxes, tenants: Tenants) -> None:
        self._boxes = boxes
        self._tenants = tenants

    def handlers(self) -> dict[str, Handler]:
        """For a ControlServer."""
        return {
            "messages": self.messages,
            "message": self.message,
            "restore message": self.restore,
            "delete message": self.delete,
        }

    def messages(self, request: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Those of `mailbox`, the oldest first. Raises CannotAnswer."""
        mailbox = str(request.get("mailbox", ""))
        there = [*self._boxes.messages(mailbox), *self._boxes.deleted(mailbox)]
        if not there and self._tenants.settings(mailbox) is None:
            raise CannotAnswer(f"there is no mailbox {mailbox}")
        return [self._row(one) for one in sorted(there, key=lambda one: one.ended_at)]

    def message(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """All that is known of the message `id`. Raises CannotAnswer."""
        message = self._find(request)
        return self._row(message) | {
            "mailbox": message.mailbox,
            "called": message.called,
            "reason": message.reason,
            "diverted_by": message.diverted_by,
            "forwarded_by": message.forwarded_by,
            "began_at": message.began_at,
            "codec": message.codec,
            "loss": message.loss,
        }

    def restore(self, request: Mapping[str, Any]) -> str:
        """Bring the deleted message `id` back. Raises CannotAnswer."""
        message = self._find(request)
        if message.state != DELETED:
            raise CannotAnswer(f"message {message.id} is not deleted")
        self._boxes.undo(message.id)
        return f"message {message.id} is in mailbox {message.mailbox} again"

    def delete(self, request: Mapping[str, Any]) -> str:
        """Delete the message `id`. Raises CannotAnswer."""
        message = self._find(request)
        if message.state == DELETED:
            raise CannotAnswer(f"message {message.id} is deleted already")
        self._boxes.delete(message.id)
        return f"message {message.id} of mailbox {message.mailbox} is deleted"

    def _find(self, request: Mapping[str, Any]) -> Message:
        name = str(request.get("id", ""))
        message = self._boxes.find(name)
        if message is None or message.state == RECORDING:
            raise CannotAnswer(f"there is no message {name}")
        return message

    def _row(self, message: Message) -> dict[str, Any]:
        return {
            "id": message.id,
            "state": message.state,
            "caller": message.caller,
            "name": message.caller_name,
            "at": message.ended_at,
            "seconds": message.seconds,
            "file": self._boxes.path(message),
        }
