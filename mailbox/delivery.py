"""Where a message goes that was left: into its mailbox, or into several others (VM-9).

A mailbox for announcements to a group keeps nothing itself: each member gets the message. The row
that was made when the recording began goes last, so that a crash leaves one too many, never none.
"""

from collections.abc import Callable, Sequence

from softswitch.mailbox.boxes import Boxes
from softswitch.mailbox.messages import Message, Settings


def has_room(boxes: Boxes, mailbox: str, settings: Settings) -> bool:
    """Whether one more message can be left there."""
    return any(boxes.has_room(one) for one in settings.deliver_to or [mailbox])


def deliver(
    boxes: Boxes, message: Message, settings: Settings, done: Callable[[bool], None]
) -> None:
    """Keep a message that has been recorded; `done` hears whether it is safe somewhere."""
    if not settings.deliver_to:
        boxes.keep(message, done)
        return

    def copied(fine: bool) -> None:
        if fine:
            boxes.discard(message)
            done(True)
        else:
            boxes.keep(message, done)  # better here than nowhere

    spread(boxes, message, [one for one in settings.deliver_to if boxes.has_room(one)], copied)


def spread(
    boxes: Boxes,
    message: Message,
    mailboxes: Sequence[str],
    done: Callable[[bool], None],
    *,
    by: str = "",
    intro: str = "",
) -> None:
    """Put a message into each of these; `done` hears at the end whether it is in at least one.

    `by` and `intro` are those of `Boxes.copy`.
    """
    results: list[bool] = []

    def copied(fine: bool) -> None:
        results.append(fine)
        if len(results) == len(mailboxes):
            done(any(results))

    for mailbox in mailboxes:
        boxes.copy(message, mailbox, by, copied, intro)
    if not mailboxes:
        done(False)
