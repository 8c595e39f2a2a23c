"""The baresip of Debian, a program of 2020: what an older phone makes of the switch."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.audio import known_sound, write_wav
from tests.support.endpoint import Endpoint
from tests.support.ports import free_port
from tests.support.scripted_call import ScriptedCall
from tests.support.switch import Switch

MODULES = Path("/usr/lib/baresip/modules")
PATIENCE = 5.0
PCMU = 0
SILENCE = {0xFF, 0x7F}


@contextmanager
def old_phone(switch: Switch, extension: str, folder: Path) -> Iterator[None]:
    """Registered, and answers every call at once with a sound; rings nobody's bell."""
    program = shutil.which("baresip")
    if program is None:
        reason = "baresip is not installed (Debian: baresip-core)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    sound = write_wav(folder / "sound.wav", known_sound(5.0, seed=5))
    lines = [
        f"sip_listen 127.0.0.1:{free_port()}", "net_interface 127.0.0.1",
        f"module_path {MODULES}", "module g711.so", "module aufile.so",
        "module_tmp uuid.so", "module_tmp account.so", "module_app menu.so",
        "ausrc_srate 8000", "ausrc_format s16", f"audio_source aufile,{sound}",
        "audio_player aufile,/dev/null", "audio_alert aufile,/dev/null",
    ]  # fmt: skip
    (folder / "config").write_text("\n".join(lines) + "\n")
    (folder / "contacts").touch()
    (folder / "accounts").write_text(
        f"<sip:{extension}@{switch.sip};transport=udp>;auth_pass={switch.password(extension)}"
        ";answermode=auto;audio_codecs=pcmu;regint=60\n"
    )
    with (folder / "log").open("wb") as log:
        phone = subprocess.Popen(
            [program, "-f", str(folder)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        switch.wait_for_log(f"{extension} registered", PATIENCE)
        yield
    finally:
        phone.send_signal(signal.SIGINT)
        try:
            phone.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            phone.kill()
            phone.wait()


def test_it_registers_answers_and_is_heard(switch: Switch, tmp_path: Path) -> None:
    with (
        old_phone(switch, "101", tmp_path),
        Endpoint("100", switch.password("100"), switch.address) as anna,
    ):
        call = ScriptedCall.dial(anna, "101")
        while (message := anna.receive()).status != 200:
            assert message.status < 200, message
        call.learn(message)
        call.ack()
        end = time.monotonic() + PATIENCE
        while set((packet := anna.rtp.receive()).payload) <= SILENCE:
            assert time.monotonic() < end
        assert packet.payload_type == PCMU
        call.hangup()
