"""Asterisk's files."""

from bench.load.peers.asterisk import configuration, section

FILES = configuration(("127.0.40.1", 5066), range(1000, 1003), "/usr/lib/modules")


def test_a_section_has_its_settings_below() -> None:
    assert section("general", rtpstart=10000) == "[general]\nrtpstart = 10000\n"


def test_every_phone_logs_in_with_its_own_password() -> None:
    text = FILES["pjsip.conf"]
    assert "bind = 127.0.40.1:5066" in text
    assert text.count("(phone)") == 3
    assert "username = 1002\npassword = pw1002" in text
    assert "{" not in text


def test_every_phone_has_a_mailbox() -> None:
    assert "1000 => 1234,User 1000" in FILES["voicemail.conf"]


def test_the_dialplan_keeps_asterisks_own_braces() -> None:
    assert "Dial(PJSIP/${EXTEN},30)" in FILES["extensions.conf"]


def test_nothing_is_loaded_that_is_not_named() -> None:
    lines = FILES["modules.conf"].splitlines()
    assert lines[:2] == ["[modules]", "autoload = no"]
    assert "load = bridge_native_rtp.so" in lines


def test_folders_are_written_as_asterisk_wants_them() -> None:
    assert "astmoddir => /usr/lib/modules" in FILES["asterisk.conf"]
    assert FILES["cdr.conf"] == "[general]\nenable = no\n"
