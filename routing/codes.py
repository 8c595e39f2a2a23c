"""Service codes: numbers that ask something of the switch itself (features 2.1).

    *98      the own mailbox         *98105   that of 105
    *99105   a message for 105       *600     hear yourself

A code is matched against all that was dialled (FC-1), with or without the `#` that ends it: phones
send it as `#` or `%23`, or keep it for themselves (FC-2).
"""

from typing import NamedTuple

from softswitch.routing.decision import Echo, Reject, Retrieve, Service, Voicemail
from softswitch.routing.outcomes import Outcome, release
from softswitch.routing.plan import Directory, refusal

TERMINATOR = "#"

UNSPECIFIC = Outcome.UNAVAILABLE.value
"""The greeting of a mailbox that was called itself."""


class Codes(NamedTuple):
    """What is dialled for each; nothing: there is no such code."""

    voicemail: tuple[str, ...] = ()
    """The own mailbox; with a number behind it that of somebody else."""
    leave_message: tuple[str, ...] = ()
    """With a number behind it: a message for that user."""
    echo_test: tuple[str, ...] = ()


NO_CODES = Codes()


def service(
    dialled: str, caller: str, directory: Directory, codes: Codes
) -> Service | Reject | None:
    """What a code asks for; None when it is none."""
    number = dialled.removesuffix(TERMINATOR)
    if number in codes.echo_test:
        return Echo(f"{number} is the echo test (feature_codes.echo_test)")
    if number in codes.voicemail:
        mailbox = caller if has_mailbox(caller, directory) else None
        return Retrieve(mailbox, f"{number} is the own mailbox (feature_codes.voicemail)")
    return _of_a_user(number, directory, codes)


def has_mailbox(user: str, directory: Directory) -> bool:
    """Can a message be left for this number?"""
    known = directory.get(user)
    return known is not None and known.voicemail.enabled


def _of_a_user(number: str, directory: Directory, codes: Codes) -> Service | Reject | None:
    for code in (*codes.voicemail, *codes.leave_message):
        user = number.removeprefix(code)
        if user == number or directory.get(user) is None:
            continue
        if not has_mailbox(user, directory):
            why = f"{user} has no voicemail"
            return refusal(release(Outcome.UNAVAILABLE), Outcome.UNAVAILABLE.value, why)
        if code in codes.voicemail:
            return Retrieve(user, f"{code} and {user}: that mailbox (feature_codes.voicemail)")
        why = f"{code} and {user}: a message for {user} (feature_codes.leave_message)"
        return Voicemail(user, UNSPECIFIC, why)
    return None
