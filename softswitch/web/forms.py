"""What a browser sends with a form, and whether the form is one of ours.

Before anybody is logged in there is no session that could hold a token for forms. A browser then
holds a random word, and the form its signature: only our pages can know both.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl

from softswitch.web.sessions import octets

LARGEST = 8192
"""Octets of a form."""
MOST_FIELDS = 20
CSRF = "csrf"
"""The field of every form that proves where it comes from."""


class NotAForm(Exception):
    """What came cannot be read as one."""


def fields(body: bytes) -> dict[str, str]:
    """The fields by name, the last of each. Raises NotAForm."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError as error:  # UnicodeError is one
        raise NotAForm(type(error).__name__) from None
    return {name: value.replace("\0", "") for name, value in pairs}


def signature(key: bytes, word: str) -> str:
    """What stands in a form for the browser that holds this word."""
    return hmac.new(key, octets(word), hashlib.sha256).hexdigest()


def is_ours(key: bytes, word: str, form: Mapping[str, str]) -> bool:
    """Whether a form was made for the browser that has sent it."""
    signed = octets(signature(key, word))
    return bool(word) and hmac.compare_digest(octets(form.get(CSRF, "")), signed)
