"""`secrets.yaml` beside the configuration: one `name: value` a line, for its owner's eyes only.

`!secret NAME` reads it, and so does a user without `password` (under `password_EXTENSION`). The
switch adds such passwords to it, and touches nothing else in it.
"""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from softswitch.config import nodes, units
from softswitch.config.files import read_source, replace_whole, shown_path
from softswitch.config.problems import ConfigErrors, Problem, Source, Wrong, quoted

SECRETS_FILE = "secrets.yaml"

PASSWORD_LENGTH = 16
ALPHABET = "abcdefghijkmnpqrstuvwxyzACDEFGHJKLMNPQRTUVWXYZ2346789"
"""No 0 O o, 1 l I, 5 S, and no B beside the 8: somebody reads it off a screen and types it into
a phone. 16 of 53 letters are 91 bits, far beyond guessing offline."""

OTHERS = 0o077
"""The permission bits that anyone but the owner has."""


@dataclass(slots=True)
class Secrets:
    """What is in secrets.yaml, and what is wrong with it."""

    path: Path
    exists: bool = False
    values: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def secrets_path(config_path: Path) -> Path:
    """Where the secrets of this configuration are."""
    return config_path.parent / SECRETS_FILE


def password_name(extension: str) -> str:
    """The name of a user's password in secrets.yaml."""
    return f"password_{extension}"


def read_secrets(path: Path) -> Secrets:
    """The secrets; none where there is no such file. Raises nothing: see `problems`."""
    found = Secrets(path)
    try:
        mode = path.stat().st_mode
    except OSError:
        return found
    found.exists = True
    if mode & OTHERS:
        wrong = Wrong(
            f"others may read this file (mode {mode & 0o777:o})", f"chmod 600 {shown_path(path)}"
        )
        found.problems.append(Source.of(shown_path(path), "").whole(wrong))
    try:
        _fill(found, read_source(path, confidential=True))
    except ConfigErrors as errors:
        found.problems += errors.problems
    return found


def _fill(found: Secrets, source: Source) -> None:
    root, problems = nodes.read(source)
    found.problems += problems
    if isinstance(root, nodes.Mapping):
        for name, entry in root.entries.items():
            _fill_one(found, source, name, entry)
    elif root is not None:
        wrong = Wrong("must be lines like `name: value`")
        found.problems.append(source.problem(root.line, root.column, "", wrong))


def _fill_one(found: Secrets, source: Source, name: str, entry: nodes.Entry) -> None:
    value = entry.value
    if isinstance(value, nodes.Scalar) and value.tag is None and not value.broken:
        try:
            found.values[name] = units.password(value.text)
            found.lines[name] = entry.key.line + 1
            return
        except Wrong as wrong:
            problem = Wrong(wrong.problem)
    else:
        problem = Wrong(f"{quoted(name)} must be one value")
    found.problems.append(source.problem(value.line, value.column, name, problem))


def make_password() -> str:
    """A password that nobody guesses and anybody can type."""
    return "".join(secrets.choice(ALPHABET) for _ in range(PASSWORD_LENGTH))


def make_missing(config_path: Path, extensions: Iterable[str]) -> dict[str, str]:
    """Makes a password for each of these extensions and keeps it in secrets.yaml (mode 0600).

    Returns the new ones. Extensions that have one there already keep it. The file is replaced in
    one step, so that a crash leaves the old one or the new one. Raises ConfigErrors.
    """
    path = secrets_path(config_path)
    present = read_secrets(path)
    made = {
        extension: make_password()
        for extension in extensions
        if password_name(extension) not in present.values
    }
    if not made:
        return {}
    text = _with_lines(present, made)
    try:
        replace_whole(path.resolve(), text.encode())
    except OSError as error:
        raise _unwritable(path, error) from None
    return made


def _with_lines(present: Secrets, made: dict[str, str]) -> str:
    """The file's text with the new passwords at its end. Raises ConfigErrors."""
    text = read_source(present.path, confidential=True).text if present.exists else ""
    if text and not text.endswith("\n"):
        text += "\n"
    for extension, password in made.items():
        text += f"{_key(password_name(extension))}: {password}\n"
    again = Secrets(present.path)
    _fill(again, Source.of(shown_path(present.path), text, confidential=True))
    if again.problems:
        raise ConfigErrors(again.problems)
    return text


def _key(name: str) -> str:
    """The name as a YAML key: in quotes where it holds `*` and the like."""
    return name if name.replace("_", "").isalnum() else json.dumps(name)


def _unwritable(path: Path, error: OSError) -> ConfigErrors:
    wrong = Wrong(
        f"cannot be written: {error.strerror or error}",
        "make the folder writable, or write a password for each user yourself",
    )
    problem = Source.of(shown_path(path), "").whole(wrong)
    return ConfigErrors([problem], unreadable=True)
