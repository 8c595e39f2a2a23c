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
