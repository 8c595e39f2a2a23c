"""The web server: which address is which page, what goes with all of them, and errors as pages."""

from __future__ import annotations

import logging
import ssl
from asyncio import CancelledError, TaskGroup
from importlib import resources

from aiohttp import web

from softswitch.web import forms
from softswitch.web.call_pages import CallPages
from softswitch.web.desk import Desk, Handler, NotLoggedIn, Parts, Refused, redirect
from softswitch.web.door import Door
from softswitch.web.entry import Entry
from softswitch.web.mailbox_pages import MailboxPages
from softswitch.web.pages import HEADERS

log = logging.getLogger(__name__)

ID = "{id:[0-9a-f]{16}}"
WORD = "{word:[A-Za-z0-9_-]{43}}"
LONGEST_LINE, LONGEST_FIELD = 2048, 2048
"""Octets of a request's first line, and of a header field; the library reads 128 of those."""
IDLE = 12.0
"""Seconds that a browser's connection waits for its next request."""
LINGERING = 1.0
"""Seconds for what is left of a form that was refused."""
STOPPING = 2.0
"""Seconds for requests that are being answered when the switch stops."""
A_YEAR = 31_536_000
KNOWN = {400, 403, 404, 405, 413, 429, 500, 503}
"""Errors that pages have words for."""


class WebServer:
    """One for the switch; `open` it where browsers come."""

    def __init__(self, parts: Parts, tls: ssl.SSLContext, tasks: TaskGroup) -> None:
        self._desk = Desk(parts)
        self._parts = parts
        self._tls = tls
        self._tasks = tasks
        self._app = web.Application(middlewares=[self._answer], client_max_size=forms.LARGEST)
        self._app.on_response_prepare.append(self._with_headers)
        self._add_routes()
        self._runner = web.AppRunner(
            self._app,
            access_log=None,
            logger=_quiet(),
            keepalive_timeout=IDLE,
            shutdown_timeout=STOPPING,
            lingering_time=LINGERING,
            max_line_size=LONGEST_LINE,
            max_field_size=LONGEST_FIELD,
            auto_decompress=False,
        )
        self._door: Door | None = None

    async def start(self) -> None:
        """Be ready for connections."""
        await self._runner.setup()
        server = self._runner.server
        assert server is not None
        self._door = Door(server, self._tls, self._tasks)

    def open(self, host: str, port: int) -> tuple[str, int]:
        """Take connections here; the address with its real port. Raises OSError."""
        assert self._door is not None
        return self._door.open(host, port)

    async def stop(self) -> None:
        """End all connections."""
        if self._door is not None:
            await self._door.close()
        await self._runner.cleanup()

    def _add_routes(self) -> None:
        entry = Entry(self._desk)
        pages, calls = MailboxPages(self._desk, entry), CallPages(self._desk)
        icon = (resources.files("softswitch.web") / "templates" / "icon.svg").read_bytes()
        self._app.add_routes(
            [
                web.get("/", entry.first),
                web.get("/style.css", _static(self._parts.pages.style, "text/css")),
                web.get("/icon.svg", _static(icon, "image/svg+xml")),
                web.get("/login", entry.login_page),
                web.post("/login", entry.login),
                web.post("/logout", entry.logout),
                web.get("/forgot", entry.forgot_page),
                web.post("/forgot", entry.forgot),
                web.get(f"/link/{WORD}", entry.link_page),
                web.post(f"/link/{WORD}", entry.link),
                web.get("/messages", pages.messages),
                web.post(f"/messages/{ID}", pages.act),
                web.get(f"/messages/{ID}/{{part:sound|introduction|download}}", pages.sound),
                web.get("/settings", pages.settings),
                web.post("/settings", pages.save),
                web.post("/password", pages.password),
                web.get("/calls", calls.calls),
                web.post("/calls", calls.save),
            ]
        )

    @web.middleware
    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Whatever happens, an answer; no request writes a traceback into the log."""
        assert self._door is not None
        self._door.answering(request.protocol, begins=True)
        try:
            return await handler(request)
        except NotLoggedIn:
            return redirect("/login")
        except Refused as refused:
            return self._error(request, refused.status)
        except web.HTTPException as error:
            return self._error(request, error.status)
        except (CancelledError, ConnectionError):
            raise  # nobody is there any more
        except Exception as error:
            name = getattr(handler, "__name__", "a page")
            log.error("portal: %s failed: %s: %s", name, type(error).__name__, error)
            log.debug("portal: where it failed", exc_info=True)
            return self._error(request, 500)
        finally:
            self._door.answering(request.protocol, begins=False)

    def _error(self, request: web.Request, status: int) -> web.Response:
        session = self._desk.session(request)
        problem = f"error_{status if status in KNOWN else 400}"
        response = self._desk.page(
            request, "error", session=session, status=status, problem=problem
        )
        if request.method == "POST":  # what is left of its body is nobody's
            response.force_close()
        return response

    async def _with_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Server"] = "softswitch"
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if self._parts.keep_https:
            response.headers["Strict-Transport-Security"] = f"max-age={A_YEAR}"


def _static(data: bytes, kind: str) -> Handler:
    """What never changes while we run; another version has another address."""

    async def answer(request: web.Request) -> web.Response:
        headers = {"Cache-Control": "max-age=86400"}
        return web.Response(body=data, content_type=kind, headers=headers)

    return answer


def _quiet() -> logging.Logger:
    """What the library says of requests that it cannot read is no news: anybody can send those."""
    library = logging.getLogger("softswitch.web.http")
    library.disabled = True
    return library
