"""What the process answers."""

import io
import json
import os
from pathlib import Path

import pytest

from softswitch.jobs import __main__
from softswitch.jobs.__main__ import serve
from tests.support.audio import write_tone


def test_each_line_has_its_answer(tmp_path: Path) -> None:
    good = json.dumps([str(write_tone(tmp_path / "a.wav", 500.0, 0.2)), 16])
    answers = io.BytesIO()
    serve(io.BytesIO(f'{good}\n["/nowhere.wav", 16]\nnonsense\n{good}\n'.encode()), answers)
    answers.seek(0)
    sizes = []
    for _ in range(4):
        head = json.loads(answers.readline())
        sizes.append(len(answers.read(head.get("octets", 0))))
        assert ("error" in head) == (sizes[-1] == 0)
    assert sizes[0] == sizes[3] > 100
    assert answers.read() == b""


def test_the_process_lets_everybody_else_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[int] = []
    monkeypatch.setattr(os, "nice", steps.append)
    monkeypatch.setattr(__main__, "serve", lambda requests, answers: steps.append(0))
    monkeypatch.setattr("signal.signal", lambda number, handler: None)
    __main__.main()
    assert steps == [__main__.NICENESS, 0]
