"""An endpoint whose SIP goes through the WebSocket of a real browser (RFC 7118)."""

from __future__ import annotations

from tests.support.chromium import Browser
from tests.support.endpoint import Endpoint, Message
from tests.support.rtp_socket import Nothing


class WebEndpoint(Endpoint):
    """One extension's browser; its contact is a name that nobody can resolve (§5)."""

    def __init__(
        self, browser: Browser, url: str, extension: str, password: str, server: tuple[str, int]
    ) -> None:
        super().__init__(extension, password, server, transport="WS")
        self._browser = browser
        browser.ask("dial_in", url)

    def send(self, message: Message | bytes) -> None:
        self._browser.ask("say", bytes(message).decode())

    @property
    def contact(self) -> str:
        return f"<sip:{self.extension}@k3f98d2ac.invalid;transport=ws>"

    def _datagram(self, timeout: float) -> bytes:
        text = self._browser.ask("next_message", round(timeout * 1000))
        if text is None:
            raise Nothing(f"{self.extension}: no message in {timeout} s")
        return str(text).encode()
