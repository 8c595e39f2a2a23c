"""The portal is there when it is configured, and only then."""

import asyncio
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from softswitch.control import CannotAnswer
from softswitch.premises import CannotRun
from softswitch.store.store import StoreError
from softswitch.web import certificate
from softswitch.web.opening import usual
from tests.softswitch.web.office import Web

NOBODY = "network: {{rtp: 20000-20019}}\nusers: {{101: Anna}}\n"


def opened(web: Web) -> None:
    """Open it, and close it at once. Raises CannotRun."""

    async def main() -> None:
        failure = None
        async with AsyncExitStack() as stack:
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            try:
                await web.open(stack, tasks)
            except CannotRun as error:
                failure = error
        if failure is not None:
            raise failure

    asyncio.run(main())


@pytest.mark.process
def test_without_a_portal_nothing_of_it_is_imported() -> None:
    code = (
        "import sys, softswitch.app\n"
        "print([one for one in ('aiohttp', 'jinja2')"
        " if one in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "[]\n"


def test_without_a_portal_nothing_is_opened(tmp_path: Path) -> None:
    web = Web(tmp_path, NOBODY)
    opened(web)
    assert web.answers == {}
    assert not (tmp_path / "var" / certificate.FILE).exists()


@pytest.mark.process
def test_the_certificate_s_fingerprint_and_the_address_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    web = Web(tmp_path)
    opened(web)
    assert "portal: certificate of our own, SHA-256 " in caplog.text
    assert f"portal: https://pbx.example.com:{web.port}" in caplog.text


def test_a_port_that_is_taken_keeps_the_switch_from_starting(tmp_path: Path) -> None:
    web = Web(tmp_path)
    (tmp_path / "other").mkdir()
    other = Web(tmp_path / "other")

    async def main() -> None:
        async with AsyncExitStack() as stack:
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            await web.open(stack, tasks)
            object.__setattr__(other.config, "network", web.config.network)
            with pytest.raises(CannotRun, match=r"cannot listen on .* for the portal: .*in use"):
                await other.open(stack, tasks)

    asyncio.run(main())


def test_a_certificate_that_cannot_be_used_keeps_the_switch_from_starting(tmp_path: Path) -> None:
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).write_text("not PEM")
    text = (
        "network: {{web: '127.0.0.1:{port}', certificate: {{cert: cert.pem, key: key.pem}}}}\n"
        "users: {{101: Anna}}\n"
    )
    with pytest.raises(CannotRun, match=r"network\.certificate: .*cert\.pem.*: not PEM"):
        opened(Web(tmp_path, text))


@pytest.mark.process
def test_with_a_certificate_of_the_office_browsers_shall_come_by_https_only(
    tmp_path: Path,
) -> None:
    made, _ = certificate.own(tmp_path, [], 1.7e9)
    text = (
        "network: {{web: '127.0.0.1:{port}', certificate: {{cert: web.pem, key: web.pem}}}}\n"
        "users: {{101: Anna}}\n"
    )
    web = Web(tmp_path, text)

    async def scenario() -> None:
        answer = await web.ask("GET", "/login")
        assert answer.field("Strict-Transport-Security") == "max-age=31536000"

    web.runs(scenario)
    assert made.exists()
    assert not (tmp_path / "var" / certificate.FILE).exists()


def test_a_store_that_does_not_answer_keeps_the_switch_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = Web(tmp_path)

    async def fails() -> None:
        raise StoreError("switch.db is damaged")

    monkeypatch.setattr(web, "portal", fails)
    with pytest.raises(CannotRun, match=r"the portal cannot start: switch\.db is damaged"):
        opened(web)


@pytest.mark.process
def test_a_link_is_only_for_users(tmp_path: Path) -> None:
    web = Web(tmp_path)

    async def scenario() -> None:
        assert (await web.link("101")).startswith("/link/")
        with pytest.raises(CannotAnswer, match="no user has the number 999"):
            await web.link("999")

    web.runs(scenario)


def test_strangers_are_spoken_to_as_most_are(tmp_path: Path) -> None:
    assert usual(Web(tmp_path).config) == "en"
