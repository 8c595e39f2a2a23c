import pytest

from softswitch.sip import headers as headers_module
from softswitch.sip.errors import ParseError
from softswitch.sip.headers import CANONICAL, Headers, canonical

# Names


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("Call-ID", "Call-ID"),
        ("CALL-ID", "Call-ID"),
        ("i", "Call-ID"),
        ("I", "Call-ID"),
        ("call-id \t", "Call-ID"),
        ("cseq", "CSeq"),
        ("www-authenticate", "WWW-Authenticate"),
        ("p-asserted-identity ", "P-Asserted-Identity"),
        ("P-ASSERTED-IDENTITY", "P-Asserted-Identity"),
        ("x-internal-auth", "X-Internal-Auth"),
        ("X-INTERNAL-AUTH ", "X-Internal-Auth"),
        ("v", "Via"),
        ("x", "Session-Expires"),
        ("weird!name", "Weird!name"),
    ],
)
def test_a_field_has_one_name_however_it_is_spelled(spelling: str, name: str) -> None:
    assert canonical(spelling) == name
    assert canonical(spelling) == name  # and so from memory


@pytest.mark.parametrize(
    "name", ["", " ", " via", "a b", "a\0", "via\r", "vi\xe4", "a:b", "<a>", "via\x0b", "\xa0via"]
)
def test_what_is_no_token_is_no_name(name: str) -> None:
    with pytest.raises(ParseError):
        canonical(name)


def test_invented_names_do_not_fill_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headers_module, "MAX_SPELLINGS", len(CANONICAL) + 5)
    before = set(CANONICAL)
    try:
        for number in range(20):
            assert canonical(f"x-invented-{number}") == f"X-Invented-{number}"
        assert len(CANONICAL) == len(before) + 5
    finally:
        for name in set(CANONICAL) - before:
            del CANONICAL[name]


def test_long_names_are_not_remembered() -> None:
    assert canonical("x" * 1000) == "X" + "x" * 999
    assert "x" * 1000 not in CANONICAL


# The collection


def fields() -> Headers:
    return Headers([("Via", "one, two"), ("From", "a"), ("Via", "three"), ("To", "b")])


def test_fields_are_found_by_name() -> None:
    headers = fields()
    assert headers.get("Via") == "one, two"
    assert headers.get("Contact") is None
    assert headers.all("Via") == ["one, two", "three"]
    assert headers.all("Contact") == []
    assert headers.values("Via") == ["one", "two", "three"]
    assert headers.values("From") == ["a"]
    assert headers.values("Contact") == []
    assert "To" in headers
    assert "Contact" not in headers
    assert len(headers) == 4


def test_names_that_come_once_need_no_search() -> None:
    headers = Headers([("From", "a"), ("To", "b")])
    assert headers.all("To") == ["b"]


def test_fields_keep_their_order() -> None:
    headers = fields()
    headers.append("Via", "four")
    headers.prepend("Via", "zero")
    headers.append("Date", "now")
    assert [value for _, value in headers] == ["zero", "one, two", "a", "three", "b", "four", "now"]
    assert headers.get("Via") == "zero"
    assert headers.get("Date") == "now"


def test_setting_a_field_replaces_all_its_lines_in_the_place_of_the_first() -> None:
    headers = fields()
    headers.set("Via", "only")
    assert list(headers) == [("Via", "only"), ("From", "a"), ("To", "b")]
    assert headers.get("Via") == "only"
    headers.set("Date", "now")
    assert headers.all("Date") == ["now"]


def test_the_first_line_alone_can_be_replaced() -> None:
    headers = fields()
    headers.replace_first("Via", "new")
    assert headers.all("Via") == ["new", "three"]
    assert headers.get("Via") == "new"


def test_removing_a_field_removes_all_its_lines() -> None:
    headers = fields()
    headers.remove("Via")
    headers.remove("Contact")
    assert list(headers) == [("From", "a"), ("To", "b")]
    assert headers.get("Via") is None


def test_a_copy_is_independent() -> None:
    headers = fields()
    copy = headers.copy()
    assert copy == headers
    copy.set("From", "c")
    assert copy != headers
    assert headers.get("From") == "a"
    assert headers != "fields"
    assert repr(copy) == f"Headers({list(copy)!r})"
