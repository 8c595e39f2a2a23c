"""Users: the short form, and the bounds of what may be set."""

import pytest
from pydantic import TypeAdapter, ValidationError

from softswitch.config.schema.users import DefaultsSection, UsersSection, long_form

USERS: TypeAdapter[UsersSection] = TypeAdapter(UsersSection)
DEFAULTS = TypeAdapter(DefaultsSection)


def test_the_short_form_is_the_name() -> None:
    assert long_form("Jan") == {"name": "Jan"}
    assert long_form(None) == {}
    assert USERS.validate_python({"1-01": "Jan"}) == {"101": {"name": "Jan"}}


@pytest.mark.parametrize(
    ("key", "fine", "wrong"),
    [
        ("ring_time", ["1s", "1h"], ["999ms", "61m"]),
        ("max_calls", ["1", "10000"], ["0", "10001"]),
        ("max_devices", ["1", "100"], ["0", "101"]),
        ("unreachable_after", ["500ms", "32s"], ["499ms", "33s"]),
        ("encryption", ["off", "optional", "sdes", "dtls", "required"], ["on", "SDES", "srtp"]),
        ("dnd_repeat", ["off", "3m", "1h"], ["on", "0s", "61m"]),
        ("busy_scope", ["user", "device"], ["phone"]),
        ("fax", ["t38", "passthrough", "off"], ["on", "T38"]),
    ],
)
def test_settings_have_bounds(key: str, fine: list[str], wrong: list[str]) -> None:
    for written in fine:
        assert key in DEFAULTS.validate_python({key: written})
    for written in wrong:
        with pytest.raises(ValidationError):
            DEFAULTS.validate_python({key: written})


def test_who_may_disturb_is_an_extension_or_a_number_with_its_country() -> None:
    read = DEFAULTS.validate_python({"dnd_allow": ["100", "+48 600-100-100"]})["dnd_allow"]
    assert read == ("100", "+48600100100")
    assert DEFAULTS.validate_python({"dnd_allow": "100"})["dnd_allow"] == ("100",)
    with pytest.raises(ValidationError):
        DEFAULTS.validate_python({"dnd_allow": ["the boss"]})


def test_codecs_are_each_one_once_in_their_order() -> None:
    written = ["g722", "G.729", "pcma", "g722"]
    codecs = DEFAULTS.validate_python({"codecs": written})["codecs"]
    assert tuple(codecs) == ("G722", "G729", "PCMA")
    assert tuple(DEFAULTS.validate_python({"codecs": "opus"})["codecs"]) == ("OPUS",)


@pytest.mark.parametrize("written", [[], ["vp8"], "alaw", None, ["pcma", ["pcmu"]]])
def test_what_is_no_codec_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        DEFAULTS.validate_python({"codecs": written})


def test_whether_phones_may_redirect_is_said_in_words() -> None:  # FWD-13
    read = TypeAdapter(DefaultsSection).validate_python
    assert read({"phone_redirect": "deny"}) == {"phone_redirect": False}
    assert read({"phone_redirect": "allow"}) == {"phone_redirect": True}
    with pytest.raises(ValidationError):
        read({"phone_redirect": "maybe"})


def test_how_far_a_user_may_call_is_said_in_words() -> None:  # OUT-3
    read = TypeAdapter(DefaultsSection).validate_python
    assert read({"calls": "europe", "allow": "US", "deny": "none"}) == {
        "calls": "europe",
        "allow": ("US",),
        "deny": (),
    }
    with pytest.raises(ValidationError):
        read({"calls": "far"})
