"""What is written about the program is true: files, keys, defaults, links."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from softswitch.config import Config, load
from softswitch.config.configuration import SHIPPED_MUSIC, Log, Media, Network, User
from softswitch.config.presets import feature_codes
from softswitch.config.schema.document import every_key

ROOT = Path(__file__).parent.parent
CONFIGURATIONS = sorted((ROOT / "conf").glob("*.yaml"))
DOCUMENTS = [ROOT / "README.md", ROOT / "ARCHITECTURE.md"]

_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
_MODULE = re.compile(r"`([\w./]+\.py)`")
_COMMENTED_KEY = re.compile(r"^\s*# (\w+): \S", re.MULTILINE)


def read_alone(path: Path, folder: Path) -> Config:
    """The file as it comes, without the secrets.yaml that `softswitch run` puts beside it."""
    return load(Path(shutil.copy(path, folder)), environment={})


@pytest.mark.parametrize(
    "path",
    [path for path in CONFIGURATIONS if path.name != "secrets.yaml"],
    ids=lambda path: path.name,
)
def test_every_configuration_is_fine(path: Path, tmp_path: Path) -> None:
    assert read_alone(path, tmp_path).users


def test_the_demo_has_five_users_without_passwords(tmp_path: Path) -> None:
    config = read_alone(ROOT / "conf" / "demo.yaml", tmp_path)
    assert list(config.users) == ["100", "101", "102", "103", "104"]
    assert config.missing_passwords == tuple(config.users)


def test_the_minimal_file_is_ten_lines() -> None:
    assert len((ROOT / "conf" / "minimal.yaml").read_text().splitlines()) <= 10


def paths_in(tree: object, above: str = "") -> set[str]:
    if not isinstance(tree, dict):
        return set()
    paths = set()
    for key, value in tree.items():
        name = "*" if above == "users." else key
        paths |= {f"{above}{name}", *paths_in(value, f"{above}{name}.")}
    return paths


def test_every_key_is_explained_in_the_full_file() -> None:
    text = (ROOT / "conf" / "softswitch.yaml").read_text()
    written = paths_in(yaml.load(text, Loader=yaml.BaseLoader))
    written |= {path.replace("defaults.voicemail.", "voicemail_boxes.*.") for path in written}
    commented = set(_COMMENTED_KEY.findall(text))
    unsaid = [path for path in every_key() if path not in written]
    assert [path for path in unsaid if path.rpartition(".")[2] not in commented] == []


def test_the_full_file_shows_the_defaults(tmp_path: Path) -> None:
    config = read_alone(ROOT / "conf" / "softswitch.yaml", tmp_path)
    assert config.network == Network()
    assert config.log == Log()
    assert config.music == SHIPPED_MUSIC
    assert SHIPPED_MUSIC.is_file()
    assert config.media == Media()
    assert config.feature_codes == feature_codes()
    assert config.state == tmp_path / "var"
    for user in config.users.values():
        plain = User(user.extension, user.name, user.password)
        assert user == plain


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    links = _LINK.findall(document.read_text())
    dead = [link for link in links if "://" not in link and not (ROOT / link).exists()]
    assert dead == []


def test_every_module_named_in_the_architecture_exists() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    places = (ROOT, ROOT / "softswitch")
    named = set(_MODULE.findall(text))
    assert [name for name in sorted(named) if not any((p / name).exists() for p in places)] == []
