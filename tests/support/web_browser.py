"""A browser without scripts, as far as the portal needs one: cookies, forms, redirects, TLS.

```python
anna = Browser("https://127.0.0.1:8443", state / "web.pem")
anna.open("/login").submit("/login", user="101", password="…")
```
"""

from __future__ import annotations

import html
import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from email.message import Message
from http.cookiejar import CookieJar
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

TIMEOUT = 10.0

_form = re.compile(r'<form method="post" action="([^"]+)"[^>]*>(.*?)</form>', re.DOTALL)
_field = re.compile(r"<input\b[^>]*>")
_attribute = re.compile(r'\b(name|value|type)="([^"]*)"')
_title = re.compile(r"<h1>(.*?)</h1>", re.DOTALL)


class Form(NamedTuple):
    """A form of a page, as it would be sent untouched."""

    action: str
    fields: dict[str, str]


class Page(NamedTuple):
    """What came, in the end."""

    browser: Browser
    status: int
    path: str
    body: bytes
    headers: Message

    @property
    def text(self) -> str:
        """With entities, as it came."""
        return self.body.decode()

    @property
    def title(self) -> str:
        """Its heading."""
        found = _title.search(self.text)
        return html.unescape(found[1]) if found else ""

    @property
    def said(self) -> str:
        """What it confirms or complains about; empty: nothing."""
        found = re.search(r'class="(?:said|wrong)"[^>]*>([^<]*)', self.text)
        return html.unescape(found[1]).strip() if found else ""

    @property
    def forms(self) -> list[Form]:
        """All that could be sent."""
        return [Form(action, _fields(inside)) for action, inside in _form.findall(self.text)]

    def submit(self, where: str, /, do: str = "", **typed: str) -> Page:
        """Send the form that goes there, of several the one whose button does `do`."""
        for form in self.forms:
            if form.action.startswith(where) and form.fields.get("do", "") == do:
                return self.browser.send(form.action, {**form.fields, **typed})
        raise AssertionError(f"no form {where} {do} on:\n{self.text}")


class Browser:
    """One person's."""

    def __init__(self, base: str, certificate: Path) -> None:
        self.base = base
        self.cookies = CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.cookies),
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=certificate)),
            urllib.request.ProxyHandler({}),
        )

    def open(self, path: str, **headers: str) -> Page:
        """Look at a page."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._ask(urllib.request.Request(self.base + path, headers=named))

    def send(self, path: str, fields: Mapping[str, str]) -> Page:
        """Send a form."""
        return self._ask(urllib.request.Request(self.base + path, urlencode(fields).encode()))

    def _ask(self, request: urllib.request.Request) -> Page:
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                path = urlsplit(answer.url).path
                return Page(self, answer.status, path, answer.read(), answer.headers)
        except urllib.error.HTTPError as error:
            with error:
                path = urlsplit(error.url or "").path
                return Page(self, error.code, path, error.read(), error.headers)


def _fields(inside: str) -> dict[str, str]:
    found = {}
    for field in _field.findall(inside):
        attributes = dict(_attribute.findall(field))
        if attributes.get("type") == "radio" and "checked" not in field:
            continue
        found[attributes["name"]] = html.unescape(attributes.get("value", ""))
    return found
