"""Reading a REGISTER."""

import pytest

from softswitch.registration import MAX_TEXT, MAX_USER_AGENT, Refusal, Registration, read
from softswitch.sip.flow import Flow
from softswitch.sip.message import Request
from tests.support.registering import CONTACT, PHONE, register

TCP = Flow("TCP", PHONE.local, ("192.0.2.1", 40000), 7)
INSTANCE = '+sip.instance="<urn:uuid:1>"'


def understood(request: Request, flow: Flow = PHONE) -> Registration:
    registration = read(request, flow, "100")
    assert isinstance(registration, Registration)
    return registration


def refused(request: Request) -> int:
    refusal = read(request, PHONE, "100")
    assert isinstance(refusal, Refusal)
    return refusal.status


def test_a_contact_is_read_with_all_it_says() -> None:
    contact = f'"Anna \\"A\\"" <sip:100@192.0.2.1:5062;ob>;q=0.5;expires=120;{INSTANCE};reg-id=3;x'
    registration = understood(register(contact, headers=[("User-Agent", "phone/1")]))
    [wish] = registration.wishes
    assert wish.contact == "sip:100@192.0.2.1:5062;ob"
    assert wish.display == 'Anna "A"'
    assert (wish.q, wish.expires) == (0.5, 120)
    assert (wish.instance, wish.reg_id) == ("<urn:uuid:1>", 3)
    assert wish.params == f";q=0.5;{INSTANCE};reg-id=3;x"
    assert (registration.user, registration.flow) == ("100", PHONE)
    assert (registration.call_id, registration.cseq) == ("registration-1", 1)
    assert registration.user_agent == "phone/1"
    assert not registration.everything


def test_reading_changes_nothing_about_the_request() -> None:
    request = register(f"{CONTACT};expires=120")
    assert understood(request) == understood(request)


@pytest.mark.parametrize(
    ("param", "header", "expires"),
    [
        ("", None, 3600),
        ("", "300", 300),
        (";expires=90", "300", 90),
        (";expires=0", "300", 0),
        ("", "soon", 3600),
        (";expires=-1", "300", 3600),
        (";expires", "300", 300),
        (";expires=99999999999999999999", None, 3600),
    ],
)
def test_the_parameter_goes_before_the_header_and_nonsense_is_an_hour(
    param: str, header: str | None, expires: int
) -> None:
    headers = [] if header is None else [("Expires", header)]
    [wish] = understood(register(CONTACT + param, headers=headers)).wishes
    assert wish.expires == expires


@pytest.mark.parametrize(
    ("param", "q"),
    [(";q=0.25", 0.25), (";q=1.000", 1.0), (";q=0", 0.0), ("", 1.0), (";q", 1.0)]
    + [(f";q={value}", 1.0) for value in ("2", "nan", "-1", "1.5", "0.1234", "1e-3", "")],
)
def test_a_preference_is_between_0_and_1(param: str, q: float) -> None:
    [wish] = understood(register(CONTACT + param)).wishes
    assert wish.q == q


def test_a_request_without_contacts_asks_for_nothing() -> None:
    registration = understood(register())
    assert registration.wishes == []
    assert not registration.everything


def test_a_star_with_expires_0_means_everything() -> None:
    assert understood(register("*", headers=[("Expires", "0")])).everything


@pytest.mark.parametrize("expires", [None, "1", "3600", "never"])
def test_a_star_for_anything_but_removal_is_refused(expires: str | None) -> None:
    assert refused(register("*", headers=[("Expires", expires)] if expires else [])) == 400


def test_an_interval_too_brief_is_refused_with_what_is_not() -> None:
    refusal = read(register(f"{CONTACT};expires=59"), PHONE, "100")
    assert refusal == Refusal(423, headers=(("Min-Expires", "60"),))
    assert understood(register(f"{CONTACT};expires=60")).wishes[0].expires == 60


def test_ten_contacts_are_read_and_eleven_refused() -> None:
    contacts = [f"<sip:100@192.0.2.{number}>" for number in range(1, 12)]
    assert len(understood(register(", ".join(contacts[:10]))).wishes) == 10
    assert refused(register(*contacts)) == 403


def test_a_contact_said_twice_is_said_once() -> None:
    [wish] = understood(register(f"{CONTACT};q=0.1", f"{CONTACT};q=0.2")).wishes
    assert wish.q == 0.2


@pytest.mark.parametrize(
    ("contact", "flow", "nat"),
    [
        ("<sip:100@192.0.2.1:5062>", PHONE, False),
        ("<sip:100@192.0.2.1>", PHONE, True),
        ("<sip:100@192.0.2.1>", PHONE._replace(remote=("192.0.2.1", 5060)), False),
        ("<sip:100@192.168.1.2:5062>", PHONE, True),
        ("<sip:100@phone.example:5062>", PHONE, True),
        ("<sip:100@192.0.2.1:5062>", TCP, False),
        ("<sip:100@192.168.1.2:5062>", TCP, True),
        ("<sip:100@[2001:DB8::1]:5062>", PHONE._replace(remote=("2001:db8::1", 5062)), False),
        ("mailto:anna@example.net", PHONE, True),
    ],
)
def test_a_contact_that_is_not_the_source_is_behind_a_nat(
    contact: str, flow: Flow, nat: bool
) -> None:
    assert understood(register(contact), flow).wishes[0].nat is nat


def test_proxies_look_after_the_nats_before_them() -> None:
    path = [("Path", "<sip:edge.example;lr>"), ("Path", "<sip:a;lr>, <sip:b;lr>")]
    registration = understood(register("<sip:100@192.168.1.2>", headers=path))
    assert registration.path == ("<sip:edge.example;lr>", "<sip:a;lr>", "<sip:b;lr>")
    assert not registration.wishes[0].nat


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("<sip:100@Host.Example;OB>", "sip:100@Host.Example;OB"),
        ("< sip:100@Host.Example >", "sip:100@Host.Example"),
        ('"A <b>" <sip:100@Host.Example>', "sip:100@host.example"),
        ("sip:100@Host.Example;q=0.1", "sip:100@host.example"),
    ],
)
def test_a_contact_is_kept_as_it_was_written_where_that_is_easy(written: str, kept: str) -> None:
    assert understood(register(written)).wishes[0].contact == kept


def test_what_is_too_long_to_be_kept_is_refused_or_cut() -> None:
    long = "x" * MAX_TEXT
    assert refused(register(f"<sip:{long}@192.0.2.1>")) == 400
    assert refused(register(f"{CONTACT};a={long}")) == 400
    assert refused(register(CONTACT, call_id=long + "x")) == 400
    assert refused(register(CONTACT, headers=[("Path", f"<sip:{long};lr>")])) == 400
    registration = understood(register(CONTACT, headers=[("User-Agent", long)]))
    assert len(registration.user_agent) == MAX_USER_AGENT


OUTBOUND = [("Supported", "path, OUTBOUND")]
FLOW_1 = f"{CONTACT};{INSTANCE};reg-id=1"


def test_a_device_that_talks_to_us_directly_may_number_its_flows() -> None:
    registration = understood(register(FLOW_1, headers=OUTBOUND))
    assert registration.outbound
    assert registration.wishes[0].reg_id == 1


def test_numbers_are_used_but_not_mentioned_to_who_does_not_know_the_extension() -> None:
    registration = understood(register(FLOW_1))
    assert not registration.outbound
    assert registration.wishes[0].reg_id == 1


@pytest.mark.parametrize(
    "contact",
    [f"{CONTACT};reg-id=1"]
    + [f"{CONTACT};{INSTANCE};reg-id={number}" for number in ("0", "x", "2147483648", "9" * 30)]
    + [f"{CONTACT};{INSTANCE};reg-id"],
)
def test_a_flow_number_without_instance_or_sense_is_ignored(contact: str) -> None:
    registration = understood(register(contact, headers=OUTBOUND))
    assert registration.wishes[0].reg_id == 0
    assert not registration.outbound


def test_only_one_contact_may_be_registered_with_a_numbered_flow() -> None:
    assert refused(register(FLOW_1, "<sip:100@192.0.2.9>", headers=OUTBOUND)) == 400
    assert understood(register(FLOW_1, "<sip:100@192.0.2.9>;expires=0", headers=OUTBOUND)).outbound


def test_a_proxy_has_to_say_that_it_keeps_flows() -> None:
    keeps = ("Path", "<sip:token@edge.example;lr;ob>")
    does_not = ("Path", "<sip:edge.example;lr>")
    assert understood(register(FLOW_1, headers=[*OUTBOUND, keeps])).outbound
    assert refused(register(FLOW_1, headers=[*OUTBOUND, does_not])) == 439
    assert understood(register(FLOW_1, headers=[does_not])).wishes[0].reg_id == 0


@pytest.mark.parametrize("via", ["", ", SIP/2.0/UDP 192.0.2.5;branch=z9hG4bK-3"])
def test_a_proxy_that_left_no_path_keeps_no_flows(via: str) -> None:
    behind = ("Via", f"SIP/2.0/UDP 192.0.2.4;branch=z9hG4bK-2{via}")
    assert refused(register(FLOW_1, headers=[*OUTBOUND, behind])) == 439
