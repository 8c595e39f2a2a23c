"""The schema as a whole: which keys there are, and where."""

from softswitch.config.schema.document import ADAPTER, every_key, known_keys


def test_the_keys_of_each_place_are_known() -> None:
    keys = known_keys(())
    assert keys[:3] == ("network", "media", "state")
    assert {"users", "defaults", "calendars", "trunks", "numbers", "outgoing", "log"} <= set(keys)
    assert known_keys(("network", "sip")) == ("udp", "tcp")
    assert "password" in known_keys(("users", "100"))
    assert "password" not in known_keys(("defaults",))
    assert "via" in known_keys(("outgoing", "routes", 0))
    assert "open" in known_keys(("calendars", "office", "exceptions", 0))


def test_under_a_plain_value_no_keys_are_known() -> None:
    assert known_keys(("state",)) == ()


def test_every_key_has_a_path() -> None:
    paths = every_key()
    assert len(paths) == len(set(paths))
    assert {"network.sip.udp", "users.*.password", "defaults.ring_time", "state"} <= set(paths)


def test_an_empty_document_is_valid() -> None:
    assert ADAPTER.validate_python({}) == {}
