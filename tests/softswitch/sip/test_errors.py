from softswitch.sip.errors import ParseError, ProtocolError, excerpt


def test_a_parse_error_is_a_value_error_that_deserves_a_400() -> None:
    error = ParseError("no Via")
    assert isinstance(error, ValueError)
    assert (error.status, error.problem, str(error)) == (400, "no Via", "no Via")


def test_a_parse_error_may_deserve_another_status() -> None:
    assert ParseError("too long", 414).status == 414


def test_a_protocol_error_says_what_to_answer() -> None:
    error = ProtocolError(481, "no such dialog")
    assert (error.status, error.reason, str(error)) == (481, "no such dialog", "481 no such dialog")
    assert str(ProtocolError(500)) == "500"


def test_an_excerpt_is_short_and_harmless_in_a_log() -> None:
    assert excerpt("a\x1b[2J\r\nb\udcff") == "'a\\x1b[2J\\r\\nb\\udcff'"
    assert len(excerpt("x" * 10_000)) == 63
