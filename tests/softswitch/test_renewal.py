"""What becomes of bindings: which one a contact renews, and who has to go."""

from collections.abc import Iterator, Sequence
from itertools import count

import pytest

from softswitch.location import Binding
from softswitch.registration import Refusal, Registration, read
from softswitch.renewal import OUT_OF_ORDER, Update, contact_value, update
from softswitch.sip.flow import Flow
from softswitch.sip.message import Request
from tests.support.registering import CONTACT, NOW, PHONE, binding, register

NAT = ("203.0.113.5", 1024)
OTHER_NAT = ("203.0.113.6", 1024)
AT_HOME = "<sip:100@192.168.1.2:5062>"
PHONE_1 = [("User-Agent", "phone/1")]


def ids() -> Iterator[int]:
    return count(100)


def registration(request: Request, flow: Flow = PHONE) -> Registration:
    understood = read(request, flow, "100")
    assert isinstance(understood, Registration)
    return understood


def change(
    request: Request,
    bindings: Sequence[Binding] = (),
    *,
    remote: tuple[str, int] = PHONE.remote,
    now: float = NOW,
    max_devices: int = 5,
) -> Update:
    changed = update(
        registration(request, PHONE._replace(remote=remote)),
        bindings,
        now=now,
        max_devices=max_devices,
        next_id=ids().__next__,
    )
    assert isinstance(changed, Update)
    return changed


def refused(request: Request, *bindings: Binding) -> Refusal:
    refusal = update(
        registration(request), bindings, now=NOW, max_devices=5, next_id=ids().__next__
    )
    assert isinstance(refusal, Refusal)
    return refusal


def test_a_new_device_is_added() -> None:
    changed = change(register(f"{CONTACT};q=0.5", headers=PHONE_1))
    [(new, known)] = changed.put
    assert not known
    assert changed.bindings == (new,)
    assert changed.gone == []
    assert (new.id, new.user, new.contact) == (100, "100", "sip:100@192.0.2.1:5062")
    assert (new.flow, new.q, new.user_agent) == (PHONE, 0.5, "phone/1")
    assert (new.registered_at, new.refreshed_at, new.expires_at) == (NOW, NOW, NOW + 3600)
    assert new.reachable
    assert not new.nat


def test_asking_changes_nothing() -> None:
    old = binding()
    assert change(register(), [old]) == Update((old,), [], [])


def test_a_device_that_comes_again_keeps_its_place_and_starts_anew() -> None:
    old = binding(7, registered_at=NOW - 5000, rtt=0.02, reachable=False)
    [(new, known)] = change(register(CONTACT, cseq=2), [old]).put
    assert known
    assert (new.id, new.registered_at, new.refreshed_at) == (7, NOW - 5000, NOW)
    assert (new.cseq, new.rtt, new.reachable) == (2, 0.02, True)


@pytest.mark.parametrize(
    ("contact", "remote", "granted"),
    [
        (f"{CONTACT};expires=99999", PHONE.remote, 3600),
        (f"{CONTACT};expires=100", PHONE.remote, 100),
        (f"{AT_HOME};expires=99999", NAT, 300),
        (f"{AT_HOME};expires=100", NAT, 100),
    ],
)
def test_nobody_is_granted_more_than_asked_for_or_than_is_good(
    contact: str, remote: tuple[str, int], granted: int
) -> None:
    [new] = change(register(contact), remote=remote).bindings
    assert new.expires_at == NOW + granted


def test_a_connection_through_a_nat_closes_audibly_and_may_be_long() -> None:
    tcp = Flow("TCP", PHONE.local, NAT, 7)
    changed = update(
        registration(register(AT_HOME), tcp), (), now=NOW, max_devices=5, next_id=ids().__next__
    )
    assert isinstance(changed, Update)
    assert changed.bindings[0].nat
    assert changed.bindings[0].expires_at == NOW + 3600


def test_a_contact_with_expires_0_is_removed() -> None:
    one, two = binding(1), binding(2, contact="sip:100@192.0.2.2", call_id="other")
    changed = change(register(f"{CONTACT};expires=0", cseq=2), [one, two])
    assert changed == Update((two,), [], [(one, "removed")])


def test_removing_what_is_not_there_is_done_already() -> None:
    old = binding(contact="sip:100@192.0.2.2", user_agent="phone/1")
    request = register(f"{CONTACT};expires=0", cseq=2, headers=PHONE_1)
    assert change(request, [old]) == Update((old,), [], [])


def test_a_star_removes_everything() -> None:
    one, two = binding(1), binding(2, call_id="other", cseq=99)
    changed = change(register("*", cseq=2, headers=[("Expires", "0")]), [one, two])
    assert changed == Update((), [], [(one, "removed"), (two, "removed")])


@pytest.mark.parametrize("cseq", [1, 2])
@pytest.mark.parametrize(
    ("contacts", "headers"),
    [
        (["*"], [("Expires", "0")]),
        ([CONTACT], []),
        ([f"{CONTACT};expires=0"], []),
        (["<sip:100@192.0.2.99>", CONTACT], []),
        (["<sip:100@192.0.2.99>"], []),
    ],
)
def test_a_request_that_was_overtaken_changes_nothing(
    cseq: int, contacts: list[str], headers: list[tuple[str, str]]
) -> None:
    request = register(*contacts, cseq=cseq, headers=headers)
    assert refused(request, binding(cseq=2)) == OUT_OF_ORDER


def test_the_count_of_another_call_id_does_not_matter() -> None:
    changed = change(register(CONTACT, call_id="new", cseq=1), [binding(7, cseq=50)])
    assert [(new.id, known) for new, known in changed.put] == [(7, True)]


def test_expired_bindings_are_no_obstacle() -> None:
    over = binding(7, cseq=50, expires_at=NOW)
    changed = change(register(CONTACT), [over])
    assert changed.gone == [(over, "expired")]
    assert [(new.id, known) for new, known in changed.put] == [(100, False)]


INSTANCE = ';+sip.instance="<urn:uuid:1>"'


def test_rule_1_an_instance_is_the_same_device_wherever_it_is() -> None:
    old = binding(7, instance="<urn:uuid:1>", call_id="old")
    moved = register(f"<sip:100@198.51.100.7>{INSTANCE}")
    assert change(moved, [old], remote=("198.51.100.7", 5060)).put[0][0].id == 7
    removed = register(f"<sip:100@198.51.100.7>{INSTANCE};expires=0")
    assert change(removed, [old]).gone == [(old, "removed")]


def test_rule_1_two_flows_of_an_instance_are_two_bindings() -> None:
    first = binding(7, instance="<urn:uuid:1>", reg_id=1, call_id="old")
    second = register(f"{CONTACT}{INSTANCE};reg-id=2")
    assert [kept.id for kept in change(second, [first]).bindings] == [7, 100]
    again = register(f"{CONTACT}{INSTANCE};reg-id=1")
    assert [kept.id for kept in change(again, [first]).bindings] == [7]


def test_rule_2_the_same_uri_is_the_same_binding_however_it_is_written() -> None:
    old = binding(7, contact="sip:100@Phone.EXAMPLE;transport=udp", call_id="old")
    changed = change(register("<sip:100@phone.example;Transport=UDP>"), [old])
    assert [new.id for new in changed.bindings] == [7]


def test_rule_2_one_private_address_behind_two_nats_is_two_devices() -> None:
    first = change(register(AT_HOME, call_id="a"), remote=NAT).bindings[0]
    second = change(register(AT_HOME, call_id="b"), [first], remote=OTHER_NAT)
    assert len(second.bindings) == 2
    port_changed = change(register(AT_HOME, call_id="c"), [first], remote=(NAT[0], 2000))
    assert len(port_changed.bindings) == 1


def test_rule_2_an_instance_does_not_own_a_uri_that_another_has_now() -> None:
    reinstalled = register(f"{CONTACT}{INSTANCE}", call_id="new")
    assert len(change(reinstalled, [binding(instance="<urn:uuid:0>")]).bindings) == 1


def test_rule_3_the_same_call_id_is_a_device_that_moved() -> None:
    moved = register("<sip:100@198.51.100.7>", cseq=2)
    assert [new.id for new in change(moved, [binding(7)]).bindings] == [7]


def test_rule_3_several_contacts_of_one_call_id_are_several() -> None:
    both = register("<sip:100@192.0.2.3>", "<sip:100@192.0.2.4>", cseq=2)
    assert len(change(both, [binding(7)]).bindings) == 3


@pytest.mark.parametrize("contact", ["<sip:200@192.0.2.3>", "mailto:anna@example.net"])
def test_rule_3_another_name_is_another_contact(contact: str) -> None:
    """RFC 3665 §2.2 adds a mail address in the same Call-ID."""
    changed = change(register(contact, cseq=2), [binding(7)])
    assert len(changed.bindings) == 2
    assert len(change(register(CONTACT, cseq=3), changed.bindings[1:]).bindings) == 2


NEW_PORT = register("<sip:100@192.0.2.1:9999>", call_id="new", headers=PHONE_1)


@pytest.mark.parametrize(
    ("fields", "replaced"),
    [
        ({"expires_at": NOW + 1700, "refreshed_at": NOW - 1900}, True),
        ({"reachable": False}, True),
        ({}, False),
        ({"reachable": False, "user_agent": "phone/2"}, False),
        ({"reachable": False, "user_agent": ""}, False),
        ({"reachable": False, "contact": "sip:100@192.0.2.2:5062"}, False),
        ({"reachable": False, "flow": PHONE._replace(remote=NAT)}, False),
    ],
)
def test_rule_4_a_phone_with_a_new_port_replaces_what_it_left_behind(
    fields: dict[str, object], replaced: bool
) -> None:
    old = binding(7, **({"user_agent": "phone/1"} | fields))
    changed = change(NEW_PORT, [old], remote=("192.0.2.1", 9999))
    assert [kept.id for kept in changed.bindings] == ([7] if replaced else [7, 100])


def test_rule_4_two_instances_are_never_one_phone() -> None:
    old = binding(instance="<urn:uuid:0>", user_agent="phone/1", reachable=False)
    request = register(f"<sip:100@192.0.2.1:9999>{INSTANCE}", call_id="new", headers=PHONE_1)
    assert len(change(request, [old], remote=("192.0.2.1", 9999)).bindings) == 2


def devices(*refreshed: float, unreachable: int = 0) -> list[Binding]:
    return [
        binding(
            number,
            contact=f"sip:100@192.0.2.{number}",
            call_id=f"{number}",
            refreshed_at=when,
            registered_at=NOW - number,
            reachable=number != unreachable,
        )
        for number, when in enumerate(refreshed, start=20)
    ]


def test_a_device_too_many_replaces_the_one_not_heard_of_for_longest() -> None:
    old = devices(NOW - 10, NOW - 30, NOW - 20)
    changed = change(register(CONTACT), old, max_devices=3)
    assert changed.gone == [(old[1], "replaced")]
    assert {kept.id for kept in changed.bindings} == {20, 22, 100}


def test_a_device_too_many_replaces_one_that_does_not_answer_first() -> None:
    old = devices(NOW - 10, NOW - 30, NOW - 20, unreachable=20)
    changed = change(register(CONTACT), old, max_devices=3)
    assert changed.gone == [(old[0], "replaced")]


def test_of_a_request_with_too_many_devices_the_last_stay() -> None:
    request = register(*(f"<sip:100@192.0.2.{number}>" for number in range(1, 5)))
    old = devices(NOW)
    changed = change(request, old, max_devices=2)
    assert [kept.contact[-1] for kept in changed.bindings] == ["3", "4"]
    assert (old[0], "replaced") in changed.gone
    assert [new for new, _ in changed.put] == list(changed.bindings)


def test_a_user_may_have_one_device_at_least() -> None:
    assert len(change(register(CONTACT), max_devices=0).bindings) == 1


def test_a_binding_is_listed_in_the_words_of_its_phone() -> None:
    listed = binding(display='Anna "A"', params=";q=0.5;ob", expires_at=NOW + 59.6)
    value = '"Anna \\"A\\"" <sip:100@192.0.2.1:5062>;q=0.5;ob;expires=60'
    assert contact_value(listed, NOW) == value
    assert contact_value(binding(), NOW + 9999) == "<sip:100@192.0.2.1:5062>;expires=0"
