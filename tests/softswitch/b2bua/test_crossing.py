"""What crosses is on the list, and nothing else."""

from softswitch.b2bua.crossing import (
    INVITATION,
    MAX_LENGTH,
    MAX_LINES,
    RELEASE,
    cross,
    hops_left,
)
from softswitch.sip.headers import Headers
from softswitch.sip.message import Request
from tests.softswitch.b2bua.flows import finish, office, talking
from tests.softswitch.b2bua.phones import Phone


def test_only_what_is_named_crosses_in_the_order_of_the_list() -> None:
    headers = Headers(
        [
            ("From", "x"),
            ("Subject", "tea"),
            ("P-Asserted-Identity", "<sip:boss@x>"),
            ("Alert-Info", "<urn:a>"),
            ("X-Secret", "1"),
            ("Alert-Info", "<urn:b>"),
        ]
    )
    assert cross(headers, INVITATION) == [
        ("Alert-Info", "<urn:a>"),
        ("Alert-Info", "<urn:b>"),
        ("Subject", "tea"),
    ]
    assert cross(headers, RELEASE) == []


def test_a_phone_cannot_make_our_request_too_long() -> None:
    headers = Headers([("Subject", "x" * (MAX_LENGTH + 1))] + [("Alert-Info", "<urn:a>")] * 9)
    assert cross(headers, INVITATION) == [("Alert-Info", "<urn:a>")] * MAX_LINES


def test_max_forwards_falls_by_one_and_never_rises() -> None:
    def hops(value: str | None) -> int:
        fields = [] if value is None else [("Max-Forwards", value)]
        return hops_left(Request("INVITE", "sip:1@x", Headers(fields)))

    assert [hops("70"), hops("1"), hops("0"), hops("255"), hops(None)] == [69, 0, 0, 69, 70]


def test_the_callee_sees_the_user_who_logged_in_whatever_the_caller_says() -> None:
    world, alice, bob = office()
    alice.invites(
        "101",
        "P-Asserted-Identity: <sip:boss@192.0.2.1>",
        "Diversion: <sip:boss@192.0.2.1>",
        "X-Secret: 1",
        "Subject: lunch",
        "user-to-user: 4711;encoding=hex",
        "Alert-Info: <urn:alert:source:internal>",
        "Priority: urgent",
        hops=8,
    )
    world.run()
    invite = bob.call.requests[0]
    assert (invite.from_.display, invite.from_.uri.user) == ("User 100", "100")
    assert invite.max_forwards == 7
    fields = dict(invite.headers)
    assert fields["Subject"] == "lunch"
    assert fields["User-To-User"] == "4711;encoding=hex"
    assert fields["Alert-Info"] == "<urn:alert:source:internal>"
    assert fields["Priority"] == "urgent"
    assert not {"P-Asserted-Identity", "Diversion", "X-Secret", "Record-Route"} & set(fields)
    assert invite.call_id != alice.call.call_id
    finish_by_cancel(alice)


def finish_by_cancel(caller: Phone) -> None:
    caller.cancels()
    finish(caller.world)


def test_a_name_that_needs_quoting_is_quoted_and_one_with_control_characters_left_out() -> None:
    for name, display in (('Ann "A" \\', 'Ann "A" \\'), ("Zoë 王", "Zoë 王"), ("a\r\nb", "")):
        world, alice, bob = office()
        object.__setattr__(world.users["100"], "name", name)
        alice.invites("101")
        world.run()
        assert bob.call.requests[0].from_.display == display
        finish_by_cancel(alice)


def test_answers_carry_user_to_user_and_alert_info_only() -> None:
    world, alice, bob = office()
    alice.invites("101")
    world.run()
    bob.rings(180, "Alert-Info: <urn:alert:service:call-waiting>", "X-Secret: 1")
    bob.answers("User-to-User: 99", "P-Asserted-Identity: <sip:x@y>", "Session-Expires: 90")
    world.run()
    ringing, answered = alice.call.responses[1:]
    assert ringing.headers.get("Alert-Info") == "<urn:alert:service:call-waiting>"
    assert answered.headers.get("User-To-User") == "99"
    for response in (ringing, answered):
        for name in ("X-Secret", "P-Asserted-Identity", "Session-Expires"):
            assert name not in response.headers
    finish(world)


def test_the_reason_of_a_bye_crosses() -> None:
    world, alice, bob = talking()
    alice.hangs_up('Reason: Q.850;cause=16;text="bye"', 'Reason: SIP;cause=200;text="done"')
    world.run()
    bye = bob.call.requests[-1]
    assert bye.headers.all("Reason") == [
        'Q.850;cause=16;text="bye"',
        'SIP;cause=200;text="done"',
    ]
    finish(world)
