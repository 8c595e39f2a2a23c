"""Who guesses names and passwords: SIPVicious, as strangers on the internet use it.

It speaks from 127.0.0.1 only (its --bindingip is not obeyed), so that this address is the
stranger's here, and no neighbour of the switch; the phone lives elsewhere.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.endpoint import Endpoint
from tests.support.ports import free_port
from tests.support.switch import Switch

STRANGER = "127.0.0.1"
NEIGHBOURS = "127.0.9.9/32"
PHONE = "127.0.0.5"
WORDS = 10_000
RIGHT = 1_000
"""The place of the password among them."""
PATIENCE = 15.0
"""Seconds. It gives up about three after the last answer."""


@pytest.fixture
def switch(tmp_path: Path) -> Iterator[Switch]:
    """Without neighbours: these are never silenced."""
    with Switch(tmp_path, users=("100", "105"), network={"local_nets": [NEIGHBOURS]}) as running:
        yield running


def vicious(tool: str, switch: Switch, *words: str) -> list[str]:
    """How to start that tool; skips the test without it, and in CI fails."""
    if shutil.which(tool) is None:
        reason = "SIPVicious is not installed (Debian: sipvicious)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    host, port = switch.address
    return [tool, "-v", "-p", str(port), "-P", str(free_port()), *words, host]


@pytest.mark.parametrize("method", ["REGISTER", "INVITE"])
def test_svwar_cannot_tell_an_extension_from_another_name(
    switch: Switch, tmp_path: Path, method: str
) -> None:  # reliability.md G11
    scan = vicious("svwar", switch, "-m", method, "-e", "99-106")
    done = subprocess.run(
        scan, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert "authentication request for an unknown extension" in done.stderr
    assert "found nothing" in done.stderr


def test_svcrack_is_silenced_before_it_comes_to_the_password(
    switch: Switch, tmp_path: Path
) -> None:  # reliability.md G11
    words = [f"wrong-{number}" for number in range(WORDS)]
    words[RIGHT - 1] = switch.password("100")
    (tmp_path / "words").write_text("\n".join(words))
    crack = vicious("svcrack", switch, "-u", "100", "-d", "words", "--maximumtime=1")
    log = tmp_path / "svcrack.log"
    registered = 0
    with (
        Endpoint("100", switch.password("100"), switch.address, host=PHONE) as phone,
        log.open("wb") as output,
        subprocess.Popen(crack, cwd=tmp_path, stdout=output, stderr=output) as cracker,
    ):
        end = time.monotonic() + PATIENCE
        while "since we last received a response" not in log.read_text():
            assert time.monotonic() < end, log.read_text()
            phone.register()
            registered += 1
        cracker.send_signal(signal.SIGINT)  # it would look for an answer for ten seconds more
    said = log.read_text()
    assert "The password" not in said
    assert "found nothing" in said
    assert registered > 10
    assert f"{STRANGER} guesses passwords: not heard for 300 s" in switch.log()
    assert "registered sip:123" not in switch.log()


def test_many_strangers_who_guess_do_not_keep_the_phone_out(
    switch: Switch,
) -> None:  # reliability.md G11
    with Endpoint("100", switch.password("100"), switch.address, host=PHONE) as phone:
        for number in range(200):
            stranger = Endpoint("100", "guessed", switch.address, host=f"127.0.11.{number + 1}")
            with stranger, pytest.raises(AssertionError, match="401"):
                stranger.register()
            if number % 20 == 0:
                phone.register()
        phone.register()
    assert "not heard for" not in switch.log()
