"""The figures of each measurement, from what one window has shown."""

import wave
from pathlib import Path
from typing import Any

import pytest

from bench.accounting import Usage
from bench.load import latency, media, memory, rates, voicemail
from bench.load.dialogs import Outgoing, State
from bench.load.memory import Held
from bench.load.most import found, most
from bench.load.plan import Plan
from bench.load.requests import Line
from bench.load.window import Row, Window
from bench.phones import Load
from bench.search import Trial

LINE = Line("127.0.40.1", 5060, "127.0.40.2", 5070)


def window(wall: float) -> Window:
    used = Usage(wall=wall, signalling=0.8, workers=0.2, load=1.0, idle=2 * wall - 2.0)
    return Window(used, cores=2)


def test_a_rate_is_told_with_the_cpu_of_each_that_succeeded() -> None:
    load = Load(1000, 1000, 2, (4.0, 8.0))
    row = rates.row("calls", 100.0, load, window(11.0), Plan())
    assert (row["cpu_ms_each"], row["achieved"], row["p99_ms"]) == (1.0, 100.0, 8.0)
    assert row["passed"]
    assert not row["disturbed"]


def test_a_load_that_took_longer_has_not_achieved_its_rate() -> None:
    row = rates.row("calls", 100.0, Load(1000, 1000, 0, ()), window(21.0), Plan())
    assert row["achieved"] == 50.0
    assert not row["passed"]


def test_nothing_that_succeeded_is_no_division_by_zero() -> None:
    row = rates.row("register", 100.0, Load(1000, 0, 0, ()), window(10.0), Plan())
    assert (row["failed"], row["cpu_ms_each"]) == (1000, 1000.0)


def heard(**changed: int) -> dict[str, Any]:
    figures = {
        "streams": 200, "silent": 0, "sent": 100_000, "heard": 99_950, "misrouted": 0,
        "delay_p99_us": 2000, "late_p99_us": 300,
    }  # fmt: skip
    return figures | changed


def test_sound_is_told_per_call_and_minute_and_per_packet() -> None:
    row = media.row(100, 100, heard(), window(10.0), Plan())
    assert row["loss_percent"] == 0.05
    assert row["cpu_s_per_call_minute"] == 0.06
    assert row["cpu_us_per_packet"] == pytest.approx(10.005)
    assert row["passed"]


@pytest.mark.parametrize(
    "changed",
    [{"heard": 99_000}, {"streams": 198}, {"misrouted": 1}, {"silent": 1}, {"delay_p99_us": 21000}],
)
def test_so_many_calls_do_not_pass(changed: dict[str, int]) -> None:
    assert not media.row(100, 100, heard(**changed), window(10.0), Plan())["passed"]


@pytest.mark.parametrize("changed", [{"sent": 50_000, "heard": 50_000}, {"late_p99_us": 30_000}])
def test_a_load_that_is_late_itself_says_nothing_about_the_switch(changed: dict[str, int]) -> None:
    row = media.row(100, 100, heard(**changed), window(10.0), Plan())
    assert row["disturbed"]
    assert not row["passed"]


def test_calls_that_are_missing_do_not_pass() -> None:
    row = media.row(101, 100, heard(), window(10.0), Plan())
    assert not row["passed"]


def test_set_up_time_is_in_microseconds() -> None:
    calls = [Outgoing(LINE, 1000, 1001, leg, now=1.0) for leg in range(3)]
    for call, answered in zip(calls, (1.001, 1.003), strict=False):
        call.answered_at, call.state = answered, State.DONE
    row = latency.row_of(calls, 10)
    assert (row["p50_us"], row["max_us"], row["failed"]) == (3000, 3000, 1)
    assert latency.row_of([], 10)["max_us"] == 0


def test_memory_is_told_per_phone_and_for_both_halves_of_the_calls() -> None:
    kilobytes = (10_240, 10_540, 20_540, 21_540, 20_480)
    moments = [Held(size, 3, own=size - 5000) for size in kilobytes]
    row = memory.row(moments, phones=150, up=200)
    assert (row["idle_mb"], row["kb_per_phone"], row["after_mb"]) == (10.0, 2.0, 20.0)
    assert (row["kb_per_first_call"], row["kb_per_more_call"]) == (100.0, 10.0)


def test_shared_memory_counts_in_parts() -> None:
    smaps = "x\nRss:   20 kB\nPss:   12 kB\nPss_Dirty: 3 kB\nPss_Anon: 7 kB\n"
    assert memory.kilobytes_in(smaps, "Pss") == 12
    assert memory.kilobytes_in(smaps, "Pss_Anon") == 7


def message(file: Path, seconds: int) -> Path:
    with wave.open(str(file), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(b"\0\0" * 8000 * seconds)
    return file


def test_messages_are_counted_and_measured(tmp_path: Path) -> None:
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    message(tmp_path / "short.wav", 1)
    (tmp_path / "box").mkdir()
    message(tmp_path / "box" / "long.wav", 3)
    row = voicemail.spooled(set(voicemail.files(tmp_path)), tmp_path)
    assert (row["files"], row["whole"]) == (3, 2)
    assert (row["shortest_s"], row["longest_s"]) == (1.0, 3.0)


def test_without_a_spool_files_are_not_told() -> None:
    assert voicemail.spooled(set(voicemail.files(None)), None) == {}


def test_a_search_tells_its_trials_and_what_it_found() -> None:
    def run(rate: float) -> Row:
        return {"passed": rate <= 100, "load": rate}

    *trials, last = most("calls", run, seconds=5.0, guess=90)
    assert all(trial["searching"] for trial in trials)
    assert last["test"] == "calls-most"
    assert 90 <= last["most"] <= 100 < last["too_much"]


def test_what_passed_before_a_search_is_known_in_the_end() -> None:
    *_, last = most("media", lambda _: {"passed": False}, 0.0, 900, [Trial(100, True)])
    assert last == {"test": "media-most", "most": 100, "too_much": 0.0}


def test_a_search_that_never_failed_knows_no_limit() -> None:
    assert found("media", [Trial(50, True)]) == {"test": "media-most", "most": 50, "too_much": 0.0}
