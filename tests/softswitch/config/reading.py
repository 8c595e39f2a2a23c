"""A YAML text read from a real file, for the tests of this folder."""

from pathlib import Path

from softswitch.config import Config, ConfigErrors, Problem, load

NAME = "office.yaml"


def write(folder: Path, text: str | bytes, name: str = NAME) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(folder: Path, text: str | bytes, **environment: str) -> Config:
    return load(write(folder, text), environment=environment)


def mistakes(folder: Path, text: str | bytes, **environment: str) -> list[Problem]:
    """Everything that is wrong; the file's name without its folder."""
    try:
        read(folder, text, **environment)
    except ConfigErrors as errors:
        return list(errors.problems)
    raise AssertionError("the file is right")


def summaries(folder: Path, text: str | bytes, **environment: str) -> list[str]:
    problems = mistakes(folder, text, **environment)
    return [problem.summary().removeprefix(f"{folder}/{NAME}") for problem in problems]


def secrets(folder: Path, text: str, mode: int = 0o600) -> None:
    """The file beside it."""
    write(folder, text, "secrets.yaml").chmod(mode)
