import asyncio
from pathlib import Path

import pytest
import typer

from softswitch.cli.where import config_file, configuration, control_socket, database, look_up
from softswitch.store.sqlite import open_store
from softswitch.store.store import Store, StoreError

pytestmark = pytest.mark.process

RIGHT = "users:\n  100: {name: Anna, password: secret-enough}\n"


def test_a_given_file_is_meant_whatever_else_there_is(tmp_path: Path) -> None:
    given = tmp_path / "mine.yaml"
    assert config_file(given, {"SOFTSWITCH_CONFIG": "other.yaml"}, [tmp_path]) == given


def test_else_the_environment_says(tmp_path: Path) -> None:
    assert config_file(None, {"SOFTSWITCH_CONFIG": "other.yaml"}, [tmp_path]) == Path("other.yaml")


def test_else_the_first_place_that_exists(tmp_path: Path) -> None:
    (tmp_path / "second").touch()
    places = [tmp_path / "first", tmp_path / "second"]
    assert config_file(None, {"SOFTSWITCH_CONFIG": ""}, places) == places[1]


def test_else_one_line_says_what_was_tried(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as caught:
        config_file(None, {}, [tmp_path / "a", tmp_path / "b"])
    assert caught.value.exit_code == 1
    error = capsys.readouterr().err
    assert error.startswith("softswitch: no configuration: give FILE or set SOFTSWITCH_CONFIG")
    assert error.count("\n") == 1


def test_socket_and_database_lie_in_the_state_folder(tmp_path: Path) -> None:
    file = tmp_path / "softswitch.yaml"
    file.write_text(RIGHT)
    config = configuration(file)
    assert control_socket(config) == tmp_path / "var" / "control.sock"
    assert database(config) == tmp_path / "var" / "softswitch.db"


@pytest.mark.parametrize(("text", "code"), [(None, 1), ("users: [\n", 2)])
def test_a_file_that_cannot_be_used_ends_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, code: int
) -> None:
    file = tmp_path / "softswitch.yaml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(typer.Exit) as caught:
        configuration(file)
    assert caught.value.exit_code == code
    assert "softswitch.yaml" in capsys.readouterr().err


def test_the_store_is_asked_without_a_switch(tmp_path: Path) -> None:
    path = tmp_path / "softswitch.db"

    async def fill() -> None:
        async with open_store(path) as store:
            await store.add_trace("3f2a", b"messages")

    asyncio.run(fill())
    assert look_up(path, lambda store: store.trace("3f2a")) == b"messages"


def test_what_the_store_cannot_do_is_a_plain_store_error(tmp_path: Path) -> None:
    async def fail(store: Store) -> None:
        raise StoreError("disk gone")

    test_the_store_is_asked_without_a_switch(tmp_path)
    with pytest.raises(StoreError, match="disk gone"):
        look_up(tmp_path / "softswitch.db", fail)


def test_a_store_that_is_not_there_or_not_for_everybody_is_said_clearly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "softswitch.db"
    with pytest.raises(StoreError, match="kept anything there yet"):
        look_up(path, lambda store: store.calls(1))
    path.touch()
    monkeypatch.setattr("os.access", lambda *_: False)  # root may read everything
    with pytest.raises(StoreError, match="may not read it"):
        look_up(path, lambda store: store.calls(1))
