"""Debian's Chromium as what it is for: somebody reads pages, types, clicks, and listens.

```python
with Reader(tmp_path) as anna:
    anna.go("https://127.0.0.1:8443/login")
    anna.type("#user", "101")
    anna.click("form button")
```
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any

from tests.support.chromium import PATIENCE, Browser, BrowserError

_PLAY = """
const [from, done] = [arguments[0], arguments[1]];
const sound = document.querySelector('audio');
const failed = why => done({error: String(why)});
sound.muted = true;
sound.onerror = () => failed(sound.error.message);
sound.play().then(() => {
    sound.onseeked = () => {
        const at = sound.currentTime;
        sound.ontimeupdate = () => {
            if (sound.currentTime > at || sound.ended) {
                done({length: sound.duration, from: at});
            }
        };
    };
    sound.currentTime = from;
}, failed);
"""


class Reader(Browser):
    """One browser of one person, who has told it to trust the certificate."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, folder)

    def go(self, address: str) -> None:
        """Type an address."""
        self._request("POST", "/url", {"url": address})

    def type(self, where: str, text: str) -> None:
        """Into a field."""
        self._request("POST", f"/element/{self._find(where)}/value", {"text": text})

    def click(self, where: str) -> None:
        """On a button or a link, and wait for the page that it leads to."""
        self._request("POST", f"/element/{self._find(where)}/click", {})

    def reads(self, where: str, words: str) -> None:
        """Wait until these words are to be read there: the next page is on its way perhaps."""
        end, text = time.monotonic() + PATIENCE, ""
        while words not in text:
            assert time.monotonic() < end, f"{where} says {text!r}, not {words!r}"
            with contextlib.suppress(BrowserError):  # it has just gone
                text = str(self._request("GET", f"/element/{self._find(where)}/text", None))

    def play(self, start: float) -> dict[str, Any]:
        """Play the first sound of the page from there on: its length, and where that was."""
        found = self._request("POST", "/execute/async", {"script": _PLAY, "args": [start]})
        assert "error" not in found, found
        return dict(found)

    def cookies(self) -> str:
        """Those that a script could read."""
        script = "arguments[0](document.cookie)"
        return str(self._request("POST", "/execute/async", {"script": script, "args": []}))

    def complaints(self) -> list[str]:
        """What the browser has refused to do, or could not."""
        return [one["message"] for one in self._request("POST", "/se/log", {"type": "browser"})]

    def _find(self, where: str) -> str:
        wanted = {"using": "css selector", "value": where}
        return str(next(iter(self._request("POST", "/element", wanted).values())))

    def _start(self, browser: str, profile: Path, voice: Path) -> None:
        options = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            f"--user-data-dir={profile}", "--no-first-run", "--disable-extensions",
            "--disable-background-networking", "--disable-component-update",
            "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
            "--ignore-certificate-errors", "--autoplay-policy=no-user-gesture-required",
        ]  # fmt: skip
        self._begin(browser, options)
        self._request("POST", "/timeouts", {"implicit": 2000})
