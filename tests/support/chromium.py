"""A real browser as a telephone: Debian's Chromium without a screen, led by its own driver.

The page (browser_phone.html) makes the peer connection; whoever holds a `Browser` asks it for
descriptions and carries them in SIP. The driver speaks JSON over HTTP (W3C WebDriver), four
of its requests are enough.

```python
with Browser(tmp_path, voice=write_tone(…)) as browser:
    browser.ask("begin")
    offer = browser.ask("offer")
```
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
import wave
from pathlib import Path
from typing import Any, Self

import pytest

from tests.support.ports import free_port

PAGE = Path(__file__).with_name("browser_phone.html")
START = 15.0
PATIENCE = 10.0
"""Seconds for one question."""
RATE = 48_000

_ASK = """
const [name, words, done] = [arguments[0], arguments[1], arguments[2]];
Promise.resolve().then(() => phone[name](...words)).then(
    value => done({value: value === undefined ? null : value}),
    error => done({error: String(error)}));
"""


class BrowserError(AssertionError):
    """The browser could not do that."""


def require_chromium() -> tuple[str, str]:
    """Where driver and browser are; skips the test without them, and in CI fails."""
    driver, browser = shutil.which("chromedriver"), shutil.which("chromium")
    if driver is None or browser is None:
        reason = "Chromium is not installed (Debian: chromium, chromium-driver)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return driver, browser


class Browser:
    """One browser with one page. `voice` is the WAV that its microphone hears, again and again."""

    def __init__(self, folder: Path, voice: Path) -> None:
        driver, browser = require_chromium()
        self._url = f"http://127.0.0.1:{(port := free_port())}"
        self._session = ""
        self._log = (folder / "chromium.log").open("wb")
        self._process = subprocess.Popen(
            [driver, f"--port={port}"], stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log
        )
        try:
            self._start(browser, folder / "profile", voice)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, name: str, *words: object) -> Any:
        """Call a method of the page's `phone`, and wait for what comes of it."""
        script = {"script": _ASK, "args": [name, list(words)]}
        answer = self._request("POST", "/execute/async", script)
        if "error" in answer:
            raise BrowserError(f"{name}: {answer['error']}")
        return answer["value"]

    def hear(self, seconds: float, path: Path) -> Path:
        """Record what comes out of the earpiece, as a WAV."""
        samples = base64.b64decode(self.ask("hear", round(seconds * 1000)))
        with wave.open(str(path), "wb") as sound:
            sound.setparams((1, 2, RATE, 0, "NONE", ""))
            sound.writeframes(samples)
        return path

    def close(self) -> None:
        if self._session:
            with contextlib.suppress(OSError):
                self._request("DELETE", "", None)
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def _start(self, browser: str, profile: Path, voice: Path) -> None:
        options = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            f"--user-data-dir={profile}", "--no-first-run", "--disable-extensions",
            "--disable-background-networking", "--disable-component-update",
            # it talks to nobody but this machine
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-audio-capture={voice}",
            "--autoplay-policy=no-user-gesture-required", "--allow-loopback-in-peer-connection",
        ]  # fmt: skip
        self._begin(browser, options)
        self._request("POST", "/url", {"url": PAGE.as_uri()})

    def _begin(self, browser: str, options: list[str]) -> None:
        chrome = {"binary": browser, "args": options}
        wanted = {"browserName": "chrome", "goog:chromeOptions": chrome}
        self._wait_for_driver()
        made = self._send("POST", "/session", {"capabilities": {"alwaysMatch": wanted}}, START)
        self._session = f"/session/{made['sessionId']}"
        self._request("POST", "/timeouts", {"script": int(PATIENCE * 1000)})

    def _wait_for_driver(self) -> None:
        end = time.monotonic() + START
        while True:
            try:
                self._send("GET", "/status", None, 1.0)
            except OSError:
                assert self._process.poll() is None, "the driver ended"
                assert time.monotonic() < end, "the driver does not answer"
                time.sleep(0.02)
            else:
                return

    def _request(self, method: str, path: str, body: object) -> Any:
        return self._send(method, self._session + path, body, PATIENCE + 1)

    def _send(self, method: str, path: str, body: object, timeout: float) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data, method=method)
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as error:
            with error:
                raise BrowserError(json.load(error)["value"]["message"]) from None
