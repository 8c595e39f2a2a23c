"""What can be wrong with a message. `ParseError`: its form; `ProtocolError`: its moment."""


class ParseError(ValueError):
    """These octets are not what they claim to be.

    `problem` is one line without control characters, fit for a log and for a reason phrase.
    `status` is what a request deserves: 400, or 414 and 513 for one that is too large.
    """

    def __init__(self, problem: str, status: int = 400) -> None:
        super().__init__(problem)
        self.problem = problem
        self.status = status


class ProtocolError(Exception):
    """Well formed, but not now; `status` (481, 491, 500 …) and `reason` are the answer."""

    def __init__(self, status: int, reason: str = "") -> None:
        super().__init__(f"{status} {reason}".rstrip())
        self.status = status
        self.reason = reason


def excerpt(text: str, limit: int = 60) -> str:
    """A peer's text for a log line: escaped, quoted and cut."""
    return repr(text if len(text) <= limit else text[:limit] + "…")
