"""The wheel has one top-level name, and the three folders at the root are inside it."""

from pathlib import Path

from setuptools import find_packages

ROOT = Path(__file__).parent.parent


def test_one_top_level_name_holds_every_package() -> None:
    packages = set(find_packages(str(ROOT), include=["softswitch*"]))
    assert {name.partition(".")[0] for name in packages} == {"softswitch"}
    assert {
        "softswitch.media",
        "softswitch.media.engine",
        "softswitch.routing",
        "softswitch.mailbox",
        "softswitch.sip",
        "softswitch.b2bua",
        "softswitch.config.schema",
        "softswitch.cli",
        "softswitch.store",
        "softswitch.web",
    } <= packages


def test_the_three_folders_are_relative_links() -> None:
    for name in ("media", "routing", "mailbox"):
        link = ROOT / "softswitch" / name
        assert link.is_symlink(), name
        assert str(link.readlink()) == f"../{name}"


def test_the_prompts_travel_with_the_package() -> None:
    link = ROOT / "softswitch" / "prompts"
    assert str(link.readlink()) == "../conf/prompts"
    assert (link / "en" / "vm.goodbye.ogg").is_file()
