"""Mistakes that no key makes alone."""

import os
from pathlib import Path

import pytest

from softswitch.config.configuration import SHIPPED_MUSIC
from tests.softswitch.config.reading import read, summaries


def sip(udp: str, tcp: str = "off") -> str:
    return f"network: {{sip: {{udp: {udp}, tcp: {tcp}}}}}\nusers: {{100: Anna}}\n"


@pytest.mark.parametrize(
    "listeners",
    [
        "[5060, 5061]",
        "[127.0.0.1:5060, 127.0.0.2:5060]",
        "['[::1]:5060', 127.0.0.1:5060]",
        "['0.0.0.0:5060', '[::1]:5060']",
        "['[::]:5060', 127.0.0.1:5060, 127.0.0.1:5061]",
    ],
)
def test_listeners_that_live_together(tmp_path: Path, listeners: str) -> None:
    assert read(tmp_path, sip(listeners)).network.udp
    assert read(tmp_path, sip("off", listeners)).network.tcp


@pytest.mark.parametrize(
    "listeners",
    [
        "[5060, 5060]",
        "[5060, 127.0.0.1:5060]",
        "[127.0.0.1:5060, 5060]",
        "[127.0.0.1:5060, 127.0.0.1:5060]",
        "['[::]:5060', '[::1]:5060']",
        "['[::1]:5060', '[0::1]:5060']",
    ],
)
def test_listeners_that_collide(tmp_path: Path, listeners: str) -> None:
    (problem,) = summaries(tmp_path, sip(listeners))
    assert "network.sip.udp.1: " in problem
    assert "is listened on already" in problem
    assert "network.sip.tcp.1: " in summaries(tmp_path, sip("off", listeners))[0]


def test_the_same_port_of_udp_and_tcp_is_no_collision(tmp_path: Path) -> None:
    assert read(tmp_path, sip("5060", "5060")).network.tcp


def test_someone_must_listen(tmp_path: Path) -> None:
    expected = ":1:16: network.sip: udp and tcp are both off: no phone could register"
    assert summaries(tmp_path, sip("off")) == [expected]


@pytest.mark.parametrize(("ports", "inside"), [("5000-5059", False), ("5060-5070", True),
                                               ("5000-5061", True), ("5000-5060", False),
                                               ("5062-5070", False)])  # fmt: skip
def test_sip_cannot_listen_inside_of_the_rtp_range(
    tmp_path: Path, ports: str, inside: bool
) -> None:
    text = f"network:\n  rtp: {ports}\nusers: {{100: Anna}}\n"
    if inside:
        expected = ":2:8: network.rtp: holds port 5060, on which SIP listens"
        assert summaries(tmp_path, text) == [expected]
    else:
        assert read(tmp_path, text).users


def test_state_is_relative_to_the_file_and_knows_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/anna")
    assert read(tmp_path, "users: {100: Anna}").state == tmp_path / "var"
    assert read(tmp_path, "state: a/b\nusers: {100: Anna}").state == tmp_path / "a" / "b"
    assert read(tmp_path, "state: /srv/x\nusers: {100: Anna}").state == Path("/srv/x")
    assert read(tmp_path, "state: ~/x\nusers: {100: Anna}").state == Path("/home/anna/x")


def test_state_may_be_a_folder_already_but_not_a_file(tmp_path: Path) -> None:
    assert read(tmp_path, "state: .\nusers: {100: Anna}").state == tmp_path
    assert summaries(tmp_path, "state: office.yaml") == [
        ":1:8: state: 'office.yaml' is a file, not a folder"
    ]
    assert summaries(tmp_path, "state: office.yaml/x") == [
        ":1:8: state: 'office.yaml/x' cannot be used: Not a directory"
    ]
    assert "File name too long" in summaries(tmp_path, f"state: {'ż' * 150}")[0]


def test_two_ways_to_write_one_extension_are_a_mistake(tmp_path: Path) -> None:
    text = "users:\n  100: Anna\n  1 00: Jan\n  1-0-0: Ewa\n"
    assert summaries(tmp_path, text) == [
        ":3:3: users: '1 00' is the same number as '100' above",
        ":4:3: users: '1-0-0' is the same number as '100' above",
    ]


def test_an_extension_that_is_wrong_anyway_is_no_duplicate(tmp_path: Path) -> None:
    assert len(summaries(tmp_path, "users:\n  1/0: Anna\n  1/0 : Jan\n  100: Ewa\n")) == 2


def test_music_is_a_file_beside_the_yaml_or_off_or_what_comes_along(tmp_path: Path) -> None:
    (tmp_path / "music.wav").touch()
    assert read(tmp_path, "users: {100: Anna}").music == SHIPPED_MUSIC
    assert read(tmp_path, "music: off\nusers: {100: Anna}").music is None
    assert read(tmp_path, "music: music.wav\nusers: {100: Anna}").music == tmp_path / "music.wav"


@pytest.mark.parametrize("written", ["./none.wav", ".", "ż" * 150])
def test_music_that_is_not_there_is_a_mistake(tmp_path: Path, written: str) -> None:
    (summary,) = summaries(tmp_path, f"music: {written}")
    assert summary.startswith(":1:8: music: there is no file '")


def web(listeners: str, more: str = "") -> str:
    return (
        "network:\n"
        "  sip: {udp: 127.0.0.1:5060, tcp: 127.0.0.1:5061}\n"
        f"  web: {listeners}\n"
        f"{more}"
        "users: {100: Anna}\n"
    )


def test_there_is_no_portal_unless_it_is_written(tmp_path: Path) -> None:
    network = read(tmp_path, sip("5060")).network
    assert network.web == ()
    assert network.certificate is None
    assert read(tmp_path, web("off")).network.web == ()


def test_the_portal_is_heard_where_it_is_written(tmp_path: Path) -> None:
    assert read(tmp_path, web("127.0.0.1:443")).network.web == (("127.0.0.1", 443),)
    assert read(tmp_path, web("8443")).network.web[0].port == 8443
    assert read(tmp_path, web("443", "  certificate: self-signed\n")).network.certificate is None


@pytest.mark.parametrize("listeners", ["5061", "[443, 127.0.0.1:443]", "127.0.0.1:5061"])
def test_the_portal_takes_nobody_s_port(tmp_path: Path, listeners: str) -> None:
    (problem,) = summaries(tmp_path, web(listeners))
    assert problem.startswith(":3:")
    assert "network.web" in problem
    assert "is listened on already" in problem


def test_the_files_of_a_certificate_are_relative_to_the_configuration(tmp_path: Path) -> None:
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).write_text("PEM")
    found = read(tmp_path, web("443", "  certificate: {cert: cert.pem, key: key.pem}\n"))
    assert found.network.certificate == (tmp_path / "cert.pem", tmp_path / "key.pem")


def test_a_certificate_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("PEM")
    text = web("443", "  certificate: {cert: cert.pem, key: key.pem}\n")
    (problem,) = summaries(tmp_path, text)
    assert problem.startswith(":4:")
    assert "network.certificate.cert: there is no file 'cert.pem'" in problem


def test_a_key_that_nobody_may_read_is_a_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).write_text("PEM")
    monkeypatch.setattr(os, "access", lambda file, how: file.name != "key.pem")
    text = web("443", "  certificate: {cert: cert.pem, key: key.pem}\n")
    (problem,) = summaries(tmp_path, text)
    assert "network.certificate.key: 'key.pem' cannot be read" in problem


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("acme", "'acme' is not known here"),
        ("{cert: a.pem}", "network.certificate: needs both cert and key"),
        ("{cert: a.pem, key: b.pem, chain: c}", "unknown key 'chain'"),
    ],
)
def test_what_is_no_certificate(tmp_path: Path, written: str, said: str) -> None:
    assert said in summaries(tmp_path, web("443", f"  certificate: {written}\n"))[0]
