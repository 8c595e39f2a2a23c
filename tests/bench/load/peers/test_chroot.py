"""Peers in a folder: the parts that touch no machine."""

from pathlib import Path

import pytest

from bench.load.peers.chroot import PeerMissing, default_root, entering, mirror_in, need, set_up


def test_the_mirror_is_the_first_of_debian_that_is_not_for_security() -> None:
    targets = (
        "http://b.example/other Other\n"
        "http://a.example/debian-security/ Debian\n"
        "http://a.example/debian/ Debian\n"
        "http://c.example/debian/ Debian\n"
    )
    assert mirror_in(targets) == "http://a.example/debian/"


def test_a_machine_without_debian_has_no_mirror() -> None:
    with pytest.raises(PeerMissing):
        mirror_in("http://b.example/ubuntu Ubuntu\n")


def test_a_command_runs_in_a_name_space_of_its_own() -> None:
    line = entering(Path("/peers"), ["asterisk", "-m", 5])
    assert line[:4] == ["unshare", "--mount", "--propagation", "private"]
    assert line[-4:] == ["/peers", "asterisk", "-m", "5"]


def test_a_peer_that_is_not_set_up_is_told_with_the_command_that_does_it(tmp_path: Path) -> None:
    with pytest.raises(PeerMissing, match=f"setup asterisk --root {tmp_path}"):
        need(tmp_path, ["sbin/asterisk"], "asterisk")
    (tmp_path / "usr/sbin").mkdir(parents=True)
    (tmp_path / "usr/sbin/asterisk").touch()
    need(tmp_path, ["sbin/asterisk"], "asterisk")


def test_the_usual_folder_need_not_be_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(PeerMissing, match=r"setup kamailio$"):
        need(default_root(), ["sbin/kamailio"], "kamailio")


def test_what_is_missing_to_set_up_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(PeerMissing, match="apt install debootstrap"):
        set_up(tmp_path, ["asterisk"])
