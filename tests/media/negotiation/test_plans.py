"""What is agreed on with one side, for the other."""

from typing import Any, cast

from softswitch.media.formats import STATIC, TELEPHONE_EVENT, Format
from softswitch.media.negotiation.choice import KEYS
from softswitch.media.negotiation.plans import NO_TERMS, Agreement, Terms, with_keys

STREAM = cast(Any, object())


def agreed(*formats: Format) -> Agreement:
    return Agreement(STREAM, Terms(formats) if formats else NO_TERMS, is_usual=True)


def test_whoever_takes_keys_in_another_way_lets_the_other_side_press_events() -> None:
    plain = agreed(STATIC[0])
    assert with_keys(plain).terms.formats == (STATIC[0], KEYS)
    assert with_keys(plain).stream is STREAM
    assert with_keys(plain) is with_keys(plain)  # so that what follows from it is remembered too


def test_nothing_is_added_where_there_are_keys_or_no_sound_at_all() -> None:
    keyed = agreed(STATIC[8], Format(96, TELEPHONE_EVENT, 8000))
    assert with_keys(keyed) is keyed
    fax = agreed()
    assert with_keys(fax) is fax
