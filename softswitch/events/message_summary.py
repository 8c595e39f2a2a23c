"""The lamp of a phone: how many messages wait (RFC 3842; features MWI-4, MWI-5).

Messages-Waiting: yes
Message-Account: sip:*98@pbx.example.com
Voice-Message: 2/5 (0/0)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from softswitch.sip.flow import Address, Flow, bracketed

NAME = "message-summary"
CONTENT_TYPE = "application/simple-message-summary"

NOT_YOURS = 403
NO_LAMP = 404

DEFAULT_PORT = 5060


class MessageSummary:
    """The event package."""

    name = NAME
    content_type = CONTENT_TYPE
    most = 10
    """Two for each of five devices."""
    pause = 0.0
    patience = 0
    """Who does not answer in a dialog is told without one (lamps)."""

    def __init__(
        self,
        mailboxes: Mapping[str, Sequence[str]],
        summary: Callable[[str], tuple[int, int]],
        *,
        codes: Sequence[str],
        host: str,
        address: Callable[[Flow], Address],
    ) -> None:
        """`mailboxes` by user: those that the user's lamp is for; who is not there has no lamp.

        `summary` tells new and old messages of a mailbox, `codes` are dialled to hear them. `host`
        is our name for phones; if there is none, it is the address by which each sees us.
        """
        self._mailboxes = mailboxes
        self._summary = summary
        self._codes = tuple(codes)
        self._host = host
        self._address = address
        self._users: dict[str, list[str]] = {}
        for user, names in mailboxes.items():
            for name in names:
                self._users.setdefault(name, []).append(user)

    def has_lamp(self, user: str) -> bool:
        """Whether there is anything to show to this user."""
        return user in self._mailboxes

    def users(self, mailbox: str) -> Sequence[str]:
        """Whose lamps show this mailbox."""
        return self._users.get(mailbox, ())

    def resource(self, number: str, user: str) -> str | int:
        """Users watch themselves, by their own number or by that of the mailbox menu (MWI-1).

        Whether the others exist is nobody's business.
        """
        if number != user and number not in self._codes:
            return NOT_YOURS
        return user if self.has_lamp(user) else NO_LAMP

    def account(self, user: str, flow: Flow) -> str:
        """The URI to call to hear the messages."""
        host, port = self._host, DEFAULT_PORT
        if not host:
            host, port = self._address(flow)
        number = self._codes[0] if self._codes else user
        suffix = "" if port == DEFAULT_PORT else f":{port}"
        return f"sip:{number}@{bracketed(host)}{suffix}"

    def watched(self, resource: str, is_watched: bool) -> None:
        """Mailboxes are where they are."""

    def body(self, resource: str, flow: Flow, entity: str = "", version: int = 0) -> bytes:
        """What the lamp of a user shows: the sum of all mailboxes that it is for."""
        counts = [self._summary(mailbox) for mailbox in self._mailboxes[resource]]
        new, old = sum(count[0] for count in counts), sum(count[1] for count in counts)
        return format_summary(self.account(resource, flow), new, old)


def format_summary(account: str, new: int, old: int) -> bytes:
    """The body: each line ends with CRLF, the last one too (RFC 3842 §5.2). Nothing is urgent."""
    lines = (
        f"Messages-Waiting: {'yes' if new else 'no'}",
        f"Message-Account: {account}",
        f"Voice-Message: {new}/{old} (0/0)",
    )
    return "".join(f"{line}\r\n" for line in lines).encode()
