"""`!secret NAME`, `!env NAME`, `!file PATH`: values that do not stand in the file itself."""

import functools
import stat
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path

from softswitch.config.files import read_bytes
from softswitch.config.problems import Wrong, quoted
from softswitch.config.secrets import SECRETS_FILE, Secrets, read_secrets, secrets_path

NEAR = 0.7
"""How like a known tag a wrong one must be to suggest it."""

MAX_VALUE_FILE = 10_000
"""Bytes of a file named by `!file`: a password or a key, not a book."""


class Tags:
    """Finds the values that tags stand for. secrets.yaml is read when it is first needed."""

    def __init__(self, config_path: Path, environment: Mapping[str, str]) -> None:
        self._path = config_path
        self._environment = environment
        self._known: dict[str, Callable[[str], str]] = {
            "!secret": self._secret,
            "!env": self._variable,
            "!file": self._file,
        }
        self.secrets_used = False

    @functools.cached_property
    def secrets(self) -> Secrets:
        """What is in secrets.yaml."""
        self.secrets_used = True
        return read_secrets(secrets_path(self._path))

    def resolve(self, tag: str, argument: str) -> str:
        """The value that `tag argument` stands for. Raises Wrong."""
        find = self._known.get(tag)
        if find is None:
            near = get_close_matches(tag, self._known, 1, NEAR)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(self._known)}"
            raise Wrong(f"the tag {quoted(tag)} is not known", hint)
        if not argument:
            raise Wrong(f"{tag} needs a name after it")
        return find(argument)

    def _secret(self, name: str) -> str:
        secrets = self.secrets
        if name in secrets.values:
            return secrets.values[name]
        if not secrets.exists:
            raise Wrong(
                f"there is no {SECRETS_FILE} beside this file to find {quoted(name)} in",
                f"make it with the line `{name}: …`, then chmod 600 {SECRETS_FILE}",
            )
        near = get_close_matches(name, secrets.values, 1)
        hint = f"did you mean {near[0]}?" if near else f"add the line `{name}: …` to it"
        raise Wrong(f"{SECRETS_FILE} has no {quoted(name)}", hint)

    def _variable(self, name: str) -> str:
        if name not in self._environment:
            raise Wrong(f"the environment variable {quoted(name)} is not set")
        return self._environment[name]

    def _file(self, name: str) -> str:
        """The text of a regular file, without the line break at its end."""
        path = self._path.parent / name
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                raise Wrong(f"{quoted(name)} is not a file")
            return read_bytes(path, MAX_VALUE_FILE).decode("utf-8-sig").rstrip("\r\n")
        except OSError as error:
            reason = error.strerror or str(error)
            raise Wrong(f"the file {quoted(name)} cannot be read: {reason}") from None
        except UnicodeDecodeError:
            raise Wrong(f"the file {quoted(name)} is not UTF-8") from None
        except Wrong:
            raise
        except ValueError:  # a NUL in the name
            raise Wrong(f"{quoted(name)} is no file name") from None
