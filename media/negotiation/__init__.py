"""Offers and answers of each leg (RFC 3264): formats, encryption, ICE, fax.

reading     octets to a stream; what phones say in every call is read once
lines       one pass over the lines of a description
stream      what is known of one side's stream
policy      what the configuration allows a user
choice      which formats to offer and to answer
plans       the text that calls of the same phones share
protection  keys, fingerprints, ICE of one leg
session     one leg: reads, offers, takes an answer, answers
"""

from softswitch.media.negotiation.plans import Agreement, with_keys
from softswitch.media.negotiation.policy import (
    ANYTHING,
    AS_BROWSER,
    UNSECURED,
    WITH_ICE,
    Manner,
    Policy,
    manner_of,
    manner_towards,
)
from softswitch.media.negotiation.protection import Vault
from softswitch.media.negotiation.reading import begins, is_private, read
from softswitch.media.negotiation.session import Agreed, Session
from softswitch.media.negotiation.stream import RemoteMedia

__all__ = [
    "ANYTHING",
    "AS_BROWSER",
    "UNSECURED",
    "WITH_ICE",
    "Agreed",
    "Agreement",
    "Manner",
    "Policy",
    "RemoteMedia",
    "Session",
    "Vault",
    "begins",
    "is_private",
    "manner_of",
    "manner_towards",
    "read",
    "with_keys",
]
