"""Dialogs."""

import pytest

from softswitch.sip.dialog import Dialog
from softswitch.sip.errors import ParseError
from softswitch.sip.message import Request
from tests.support.sip_peers import UDP, answer, make_request, parse_request

ROUTES = [("Record-Route", "<sip:a.example;lr>, <sip:b.example;lr>"),
          ("Record-Route", "<sip:c.example;lr>")]  # fmt: skip


def as_uas(**options: object) -> Dialog:
    request = parse_request(make_request(**options))  # type: ignore[arg-type]
    return Dialog.as_uas(request, "ours", UDP)


def as_uac(status: int = 200, headers: list[tuple[str, str]] | None = None) -> Dialog:
    contact = ("Contact", '"Bob" <sip:bob@192.0.2.9:5062;transport=udp>;expires=3')
    data = make_request(cseq=10)
    response = answer(data, status, headers=[contact, *(headers or [])])
    return Dialog.as_uac(parse_request(data), response, UDP)


def in_dialog(method: str, cseq: int, contact: str = "") -> Request:
    headers = [("Contact", contact)] if contact else []
    return parse_request(make_request(method, to_tag="ours", cseq=cseq, headers=headers))


def test_the_side_that_was_called_takes_its_part_from_the_request() -> None:
    dialog = as_uas(headers=ROUTES, cseq=7)
    assert dialog.key == ("call-1", "ours", "alice")
    assert (dialog.local, dialog.remote) == ("<sip:101@192.0.2.10>", "<sip:100@192.0.2.10>")
    assert dialog.remote_target == "sip:100@192.0.2.1:5060"
    assert dialog.route_set == ("<sip:a.example;lr>", "<sip:b.example;lr>", "<sip:c.example;lr>")
    assert (dialog.local_cseq, dialog.remote_cseq) == (0, 7)
    assert dialog.early
    assert dialog.flow == UDP


def test_the_side_that_called_takes_its_part_from_the_response() -> None:
    dialog = as_uac(headers=ROUTES)
    assert dialog.key == ("call-1", "alice", "bob")
    assert (dialog.local, dialog.remote) == ("<sip:100@192.0.2.10>", "<sip:101@192.0.2.10>")
    assert dialog.remote_target == "sip:bob@192.0.2.9:5062;transport=udp"
    assert dialog.route_set == ("<sip:c.example;lr>", "<sip:b.example;lr>", "<sip:a.example;lr>")
    assert (dialog.local_cseq, dialog.remote_cseq) == (10, None)
    assert not dialog.early


def test_a_provisional_response_makes_an_early_dialog() -> None:
    assert as_uac(180).early


def test_a_2xx_confirms_its_early_dialog_and_says_all_anew_but_the_numbers() -> None:
    dialog = as_uac(180, ROUTES)
    dialog.request("INFO")
    dialog.confirm(answer(make_request(), 200, headers=[("Contact", "<sip:desk@192.0.2.9>")]))
    assert (dialog.remote_target, dialog.route_set) == ("sip:desk@192.0.2.9", ())
    assert (dialog.local_cseq, dialog.early) == (11, False)
    dialog.confirm(answer(make_request(), 200, headers=ROUTES))
    assert dialog.remote_target == "sip:desk@192.0.2.9"
    assert dialog.route_set == as_uac(headers=ROUTES).route_set


def test_a_tag_before_other_parameters_is_cut_out() -> None:
    data = make_request().replace(b";tag=alice", b";tag=alice;x=1")
    dialog = Dialog.as_uas(parse_request(data), "ours", UDP)
    assert dialog.remote == "<sip:100@192.0.2.10>;x=1"
    assert dialog.remote_tag == "alice"


def test_a_peer_of_rfc_2543_has_no_tag_and_needs_none() -> None:
    dialog = as_uas(from_tag="")
    assert dialog.key == ("call-1", "ours", "")
    assert dialog.request("BYE").headers.get("To") == "<sip:100@192.0.2.10>"


def test_without_a_contact_the_address_of_the_peer_is_its_target() -> None:
    data = make_request(headers=[("Contact", "x")]).replace(b"Contact: x\r\n", b"")
    assert Dialog.as_uas(parse_request(data), "ours", UDP).remote_target == "sip:100@192.0.2.10"
    request = parse_request(data)
    assert Dialog.as_uac(request, answer(data, 200), UDP).remote_target == request.uri


def test_requests_carry_both_tags_and_rising_numbers() -> None:
    dialog = as_uas()
    info = dialog.request("INFO", headers=[("Info-Package", "x")], body=b"1", content_type="a/b")
    assert str(info.cseq) == "1 INFO"
    assert info.uri == "sip:100@192.0.2.1:5060"
    assert info.headers.get("From") == "<sip:101@192.0.2.10>;tag=ours"
    assert info.headers.get("To") == "<sip:100@192.0.2.10>;tag=alice"
    assert info.headers.get("Call-ID") == "call-1"
    assert info.headers.get("Max-Forwards") == "70"
    assert info.headers.get("Info-Package") == "x"
    assert (info.headers.get("Content-Type"), info.body) == ("a/b", b"1")
    assert "Via" not in info.headers
    bye = dialog.request("BYE", max_forwards=5)
    assert str(bye.cseq) == "2 BYE"
    assert bye.headers.get("Max-Forwards") == "5"
    assert "Content-Type" not in bye.headers
    assert "Route" not in bye.headers


def test_an_ack_has_the_number_of_its_invite() -> None:
    dialog = as_uac()
    reinvite = dialog.request("INVITE")
    assert str(reinvite.cseq) == "11 INVITE"
    ack = dialog.ack(11, b"sdp")
    assert str(ack.cseq) == "11 ACK"
    assert (ack.body, ack.content_type) == (b"sdp", "application/sdp")
    assert str(dialog.request("BYE").cseq) == "12 BYE"


def test_loose_routers_leave_the_request_uri_alone() -> None:
    request = as_uac(headers=ROUTES).request("BYE")
    assert request.uri == "sip:bob@192.0.2.9:5062;transport=udp"
    assert request.headers.all("Route") == [
        "<sip:c.example;lr>", "<sip:b.example;lr>", "<sip:a.example;lr>",
    ]  # fmt: skip


def test_a_strict_router_stands_in_the_request_uri_and_the_target_at_the_end() -> None:
    routes = [("Record-Route", "<sip:b.example;lr>, <sip:u:p@a.example:99;method=INVITE;x=1?y=2>")]
    request = as_uac(headers=routes).request("BYE")
    assert request.uri == "sip:u:p@a.example:99;x=1"
    assert request.headers.all("Route") == [
        "<sip:b.example;lr>",
        "<sip:bob@192.0.2.9:5062;transport=udp>",
    ]


def test_lr_in_a_user_part_is_no_loose_router() -> None:
    routes = [("Record-Route", "<sip:a;lr@a.example>")]
    assert as_uac(headers=routes).request("BYE").uri == "sip:a;lr@a.example"


def test_numbers_may_rise_by_more_than_one_but_never_fall() -> None:
    dialog = as_uas(cseq=7)
    assert dialog.receive(in_dialog("INFO", 9)) == 0
    assert dialog.receive(in_dialog("INFO", 9)) == 500
    assert dialog.receive(in_dialog("BYE", 8)) == 500
    assert dialog.remote_cseq == 9


@pytest.mark.parametrize("method", ["ACK", "CANCEL"])
def test_ack_and_cancel_have_the_number_of_their_invite(method: str) -> None:
    dialog = as_uas(cseq=7)
    assert dialog.receive(in_dialog(method, 7)) == 0
    assert dialog.remote_cseq == 7


def test_the_first_request_of_the_other_side_may_have_any_number() -> None:
    dialog = as_uac()
    assert dialog.receive(in_dialog("BYE", 4711)) == 0
    assert dialog.remote_cseq == 4711


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_the_target_moves_with_a_contact(method: str) -> None:
    dialog = as_uas()
    dialog.receive(in_dialog(method, 2, "<sip:new@192.0.2.77>"))
    assert dialog.remote_target == "sip:new@192.0.2.77"


def test_other_requests_do_not_move_the_target() -> None:
    dialog = as_uas()
    dialog.receive(in_dialog("INFO", 2, "<sip:new@192.0.2.77>"))
    assert dialog.remote_target == "sip:100@192.0.2.1:5060"


def test_a_request_that_comes_too_late_does_not_move_the_target() -> None:
    dialog = as_uas(cseq=7)
    dialog.receive(in_dialog("INVITE", 3, "<sip:new@192.0.2.77>"))
    assert dialog.remote_target == "sip:100@192.0.2.1:5060"


def test_without_a_contact_the_target_stays() -> None:
    dialog = as_uac()
    dialog.refresh(answer(make_request(), 200))
    assert dialog.remote_target == "sip:bob@192.0.2.9:5062;transport=udp"


def test_a_route_that_is_none_is_a_parse_error() -> None:
    dialog = as_uac(headers=[("Record-Route", "<sip:a")])
    with pytest.raises(ParseError):
        dialog.request("BYE")
