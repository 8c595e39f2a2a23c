"""Service codes: numbers that ask something of the switch itself (features 2.1).

    *98      the own mailbox         *98105   that of 105
    *99105   a message for 105       *600     hear yourself
    *72102   forward to 102          *72      … to whom, is asked
    *21*102# the same, as on fixed lines of ETSI countries
    *281*2   closed, whatever the hours of calendar 1 say

A code is matched against all that was dialled (FC-1), with or without the `#` that ends it: phones
send it as `#` or `%23`, or keep it for themselves (FC-2). Who is none of our users has no codes
(FC-7).
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from softswitch.routing.decision import Echo, Feature, Reject, Retrieve, Service, Voicemail
from softswitch.routing.outcomes import Outcome, release
from softswitch.routing.plan import Directory, refusal

TERMINATOR = "#"
SEPARATOR = "*"
"""Between the arguments of a code of ETSI: *61*102*20#."""

_OF_A_CALENDAR = re.compile(r"[0-9]+(?:\*[012])?").fullmatch

UNSPECIFIC = Outcome.UNAVAILABLE.value
"""The greeting of a mailbox that was called itself."""

VOICEMAIL, LEAVE_MESSAGE, ECHO_TEST = "voicemail", "leave_message", "echo_test"
OF_A_USER = (VOICEMAIL, LEAVE_MESSAGE)
"""With a user's number behind the code."""
OF_A_NUMBER = (
    "forward_always_on",
    "forward_busy_on",
    "forward_no_answer_on",
    "forward_unavailable_on",
    "forward_unanswered_on",
)
"""With any number behind it, or none: then it is asked for."""
OF_SECONDS = ("ring_time",)
CALENDAR = "calendar"
OF_A_CALENDAR = (CALENDAR,)
"""With the number of a calendar behind it, and perhaps `*` and what is chosen (CAL-6)."""
WITH_RING_TIME = "forward_no_answer_on"
"""Takes seconds as well, behind the number (TS 22.030: supplementary information B… T)."""


class Found(NamedTuple):
    """What was dialled, taken apart."""

    function: str
    code: str
    argument: str = ""


class Codes:
    """What is dialled for each function; nothing: there is no such code.

    To ask whether a number is a code is a look at its first character, for most.
    """

    __slots__ = ("_exact", "_first", "_lengths", "_prefixes", "dialled")

    def __init__(self, **dialled: Sequence[str]) -> None:
        """Function → its codes, with or without the `#` at their end."""
        self.dialled = dialled
        self._exact: dict[str, Found] = {}
        self._prefixes: dict[str, Found] = {}
        for function, codes in dialled.items():
            for code in codes:
                self._add(function, code.removesuffix(TERMINATOR))
        for code, found in self._prefixes.items():
            if found.function not in (*OF_A_USER, *OF_A_CALENDAR):
                # *21# is *21*# with the number still to come
                self._exact.setdefault(code.removesuffix(SEPARATOR), found)
        self._lengths = sorted({len(code) for code in self._prefixes}, reverse=True)
        self._first = frozenset(code[:1] for code in (*self._exact, *self._prefixes))

    def _add(self, function: str, code: str) -> None:
        found = Found(function, code)
        if function not in (LEAVE_MESSAGE, *OF_A_CALENDAR):
            self._exact[code] = found
        if function in (*OF_A_USER, *OF_A_NUMBER, *OF_SECONDS, *OF_A_CALENDAR):
            self._prefixes[code] = found

    def find(self, number: str, directory: Directory) -> Found | None:
        """The code that a number is, without the `#` at its end."""
        if number[:1] not in self._first:
            return None
        found = self._exact.get(number)
        if found is not None:
            return found
        for length in self._lengths:
            begins = self._prefixes.get(number[:length])
            rest = number[length:]
            if begins is not None and rest and _fits(begins.function, rest, directory):
                return begins._replace(argument=rest)
        return None


NO_CODES = Codes()


def _fits(function: str, rest: str, directory: Directory) -> bool:
    if function in OF_A_USER:
        return directory.get(rest) is not None
    if function in OF_SECONDS:
        return rest.isascii() and rest.isdigit()
    if function in OF_A_CALENDAR:
        return _OF_A_CALENDAR(rest) is not None
    return True


def service(
    dialled: str, caller: str, directory: Directory, codes: Codes
) -> Service | Reject | None:
    """What a code asks for; None when it is none."""
    found = codes.find(dialled.removesuffix(TERMINATOR), directory)
    if found is None or directory.get(caller) is None:
        return None
    function, code, _ = found
    because = f"(feature_codes.{function})"
    if function == ECHO_TEST:
        return Echo(f"{code} is the echo test {because}")
    if function in OF_A_USER:
        return _of_a_user(found, caller, directory)
    return _feature(found, f"{code} is {function} {because}")


def asks_for_mailboxes(dialled: str, directory: Directory, codes: Codes) -> bool:
    """Is it the code of the own mailbox, whoever has dialled it?"""
    found = codes.find(dialled.removesuffix(TERMINATOR), directory)
    return found is not None and found.function == VOICEMAIL and not found.argument


def has_mailbox(user: str, directory: Directory) -> bool:
    """Can a message be left for this number?"""
    known = directory.get(user)
    return known is not None and known.voicemail.enabled


def _feature(found: Found, because: str) -> Feature:
    function, code, argument = found
    if function == WITH_RING_TIME:
        number, separator, seconds = argument.rpartition(SEPARATOR)
        if separator and number and seconds.isascii() and seconds.isdigit():
            return Feature(function, number, because, seconds, code)
    return Feature(function, argument, because, code=code)


def _of_a_user(found: Found, caller: str, directory: Directory) -> Service | Reject:
    function, code, user = found
    if not user:
        mailbox = caller if has_mailbox(caller, directory) else None
        return Retrieve(mailbox, f"{code} is the own mailbox (feature_codes.{function})")
    if not has_mailbox(user, directory):
        why = f"{user} has no voicemail"
        return refusal(release(Outcome.UNAVAILABLE), Outcome.UNAVAILABLE.value, why)
    if function == VOICEMAIL:
        return Retrieve(user, f"{code} and {user}: that mailbox (feature_codes.{function})")
    why = f"{code} and {user}: a message for {user} (feature_codes.{function})"
    return Voicemail(user, UNSPECIFIC, why)
