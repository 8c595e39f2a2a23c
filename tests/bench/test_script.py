"""Options of the scripts."""

import sys
from argparse import ArgumentParser

import pytest

from bench.script import parsed


def options(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, int]:
    monkeypatch.setattr(sys, "argv", ["bench", *arguments])
    parser = ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--quick", action="store_true")
    found = parsed(parser, runs=1)
    return found.runs, found.calls


def test_quick_changes_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    assert options(monkeypatch) == (3, 500)
    assert options(monkeypatch, "--quick") == (1, 500)


def test_what_is_said_is_stronger_than_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    assert options(monkeypatch, "--quick", "--runs", "2") == (2, 500)
