"""Makes pages: templates with texts in the reader's language. Whatever is put in is escaped.

Nothing that a caller or a browser sends can become markup, and no page has a script: the headers
that go with every page say so to the browser, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from softswitch.web.languages import TEXTS

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none';"
        " form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # A link that lets somebody in must not be told to the next page.
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
"""Of every response."""

FEW = range(2, 5)
"""Counted otherwise in Polish: 2, 3, 4, 22 …, but not 12 to 14."""


class Pages:
    """All templates, compiled once."""

    def __init__(self, title: str) -> None:
        """`title`: the office's name; empty: pages say what they are."""
        self._title = title
        self._templates = Environment(
            loader=PackageLoader("softswitch.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._templates.filters["with_values"] = _with_values
        self.style = (resources.files("softswitch.web") / "templates" / "style.css").read_bytes()
        self._tag = hashlib.sha256(self.style).hexdigest()[:16]

    def make(self, name: str, language: str, **values: Any) -> str:
        """The page of this name. `values` are what its template asks for."""
        texts = TEXTS.get(language, TEXTS["en"])
        page = self._templates.get_template(f"{name}.html")
        defaults = {"title": self._title, "session": None, "menu": (), "here": name, "said": ""}
        return page.render(
            **{**defaults, **values}, t=texts, language=language, style_tag=self._tag
        )


def counted(texts: Mapping[str, str], count: int) -> str:
    """`2 new messages`, as the language counts."""
    if count < 2:
        return texts[f"summary_{count}"]
    few = count % 10 in FEW and count % 100 not in (12, 13, 14)
    return texts["summary_few" if few else "summary_many"].format(count=count)


def _with_values(text: str, **values: object) -> Markup:
    """A text with values in it: they are escaped, the text is ours."""
    return Markup(text).format(**values)
