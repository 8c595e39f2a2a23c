"""Forwards that lead nowhere, or round in a circle."""

from pathlib import Path

from tests.softswitch.config.reading import mistakes, read, summaries


def test_forwards_to_users_are_fine(tmp_path: Path) -> None:
    text = (
        "defaults: {forward: {unavailable: 102}}\n"
        "users:\n"
        "  101: {forward: {busy: {to: 1-02}, always: 102, return_to: 102}}\n"
        "  102: {forward: {always: 101}}\n"
    )
    user = read(tmp_path, text).users["101"]
    assert {name: rule.to for name, rule in user.forward.rules.items()} == {
        "always": "102",
        "busy": "102",
        "unavailable": "102",
    }
    place = f"{tmp_path}/office.yaml"
    assert user.origin["forward.unavailable"] == f"{place}:1"
    assert user.origin["forward.busy"] == f"{place}:3"


def test_a_number_that_nobody_has_is_shown_where_it_stands(tmp_path: Path) -> None:
    text = (
        "defaults: {forward: {unavailable: 109}}\n"
        "users:\n"
        "  101: {forward: {busy: 555, no_answer: {to: 556}, return_to: 557}}\n"
    )
    assert [
        problem.summary().partition("office.yaml")[2] for problem in mistakes(tmp_path, text)
    ] == [
        ":1:35: defaults.forward.unavailable: no user has the number '109'",
        ":3:25: users.101.forward.busy: no user has the number '555'",
        ":3:46: users.101.forward.no_answer.to: no user has the number '556'",
        ":3:63: users.101.forward.return_to: no user has the number '557'",
    ]


def test_users_that_always_forward_to_each_other_are_found(tmp_path: Path) -> None:
    text = (
        "defaults: {forward: {return_after: off}}\n"
        "users:\n"
        "  101: {forward: {always: 102}}\n"
        "  102: {forward: {always: 103, return_after: 9s, follow_target: true}}\n"
        "  103: {forward: {always: 102}}\n"
        "  104: {forward: {always: {to: 104, callers: internal}}}\n"
        "  105: {forward: {always: 105}}\n"
    )
    found = summaries(tmp_path, text)
    assert [line.partition(" calls ")[2] for line in found] == [
        "go round in a circle: 102, 103, 102",
        "go round in a circle: 103, 102, 103",
        "go round in a circle: 105, 105",
    ]


def test_mailboxes_have_to_be_there(tmp_path: Path) -> None:  # FWD-14
    text = (
        "defaults: {voicemail: off, forward: {busy: voicemail, no_answer: 'voicemail:109'}}\n"
        "users:\n"
        "  101: {forward: {busy: voicemail, return_to: voicemail, always: 'voicemail:102'}}\n"
        "  102: {voicemail: on, forward: {busy: voicemail, rejected: 'voicemail:101'}}\n"
    )
    found = [one.summary().partition("office.yaml:")[2] for one in mistakes(tmp_path, text)]
    assert [line.partition(" ")[2] for line in found] == [
        "defaults.forward.no_answer: no user has the number '109'",
        "users.101.forward.busy: 101 has no voicemail",
        "users.102.forward.rejected: 101 has no voicemail",
    ]


def test_a_mailbox_is_no_part_of_a_circle(tmp_path: Path) -> None:
    text = "defaults: {voicemail: on, forward: {always: voicemail}}\nusers: {101: Jan, 102: Anna}\n"
    assert read(tmp_path, text).users["101"].forward.rules["always"].to == "voicemail"


TRUNK = "country: PL\ntrunks: {a: {host: 192.0.2.1, numbers: ['+48221112233']}}\n"


def test_forwards_may_lead_outside_as_far_as_their_owner_may_call(tmp_path: Path) -> None:
    text = (  # FWD-8
        f"{TRUNK}defaults: {{calls: mobile, forward: {{unavailable: '+18765551234'}}}}\n"
        "outgoing: {routes: [{match: PL, via: a}, {match: DE, via: []}]}\n"
        "users:\n"
        "  101: {forward: {busy: 600100100, no_answer: '+18765551234', return_to: hangup:busy}}\n"
        "  102: {calls: everything, deny: ['+48600'], forward: {busy: '600 100 100'}}\n"
        "  103: {calls: europe, forward: {busy: '+4930123456', always: '112'}}\n"
        "  104: {calls: none, forward: {busy: '22 111 22 33', dnd: hangup}}\n"
    )
    found = [line.partition("users.")[2] for line in summaries(tmp_path, text)]
    assert found == [
        "101.forward.no_answer: 101 may not call there: calls: mobile (default) does not include "
        "+18765551234 (international, JM): that takes international",
        "102.forward.busy: 102 may not call there: deny +48600 (default) forbids +48600100100 "
        "(mobile)",
        "103.forward.busy: no trunk leads to +4930123456",
        "103.forward.always: people call for help, forwards do not",
        "104.forward.busy: 104 may not call there: calls: none (default) does not include "
        "+48221112233 (national): that takes national",
    ]


def test_a_call_may_come_back_to_no_number_that_its_owner_may_not_call(tmp_path: Path) -> None:
    text = f"{TRUNK}users: {{101: {{forward: {{return_to: '+48600100100'}}}}}}\n"  # FWD-3, FWD-8
    (found,) = summaries(tmp_path, text)
    assert "users.101.forward.return_to: 101 may not call there: calls: national" in found


def test_a_circle_may_lead_over_numbers_of_ours(tmp_path: Path) -> None:  # FWD-12
    text = (
        "country: PL\ntrunks: {a: {host: 192.0.2.1, numbers: ['+48221112233', '+48221112234']}}\n"
        "numbers: {'+48221112233': 101}\ndefaults: {forward: {return_after: off}}\n"
        "users:\n"
        "  101: {forward: {always: '22 111 22 34'}}\n"
        "  102: {number: '22 111 22 34', forward: {always: '22 111 22 33'}}\n"
        "  103: {forward: {always: '22 999 99 99'}}\n"
    )
    found = summaries(tmp_path, text)
    assert [line.partition(" calls ")[2] for line in found] == [
        "go round in a circle: 101, 102, 101",
        "go round in a circle: 102, 101, 102",
    ]


def test_a_circle_that_waits_for_a_calendar_is_none(tmp_path: Path) -> None:  # FWD-12, FWD-15
    text = (
        "calendars: {office: {open: all}}\ndefaults: {forward: {return_after: off}}\n"
        "users:\n  101: {forward: {always: {to: 102, when: open}}}\n"
        "  102: {forward: {always: 101}}\n"
    )
    assert read(tmp_path, text).users["101"].forward.rules["always"].when == "open"
