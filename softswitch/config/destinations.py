"""Do forwards lead anywhere, and not in a circle? (features FWD-12)"""

from collections.abc import Iterator, Mapping
from typing import Any

from softswitch.config import units
from softswitch.config.configuration import Forwarding
from softswitch.config.problems import Wrong, quoted
from softswitch.config.references import Finding, Location
from softswitch.config.schema.document import Document
from softswitch.config.schema.forward import SITUATIONS, forwarding


def check(document: Document, written: list[str]) -> Iterator[Finding]:
    """What is wrong with the forwards. `written`: the users as the file spells them."""
    users = document.get("users", {})
    defaults: Mapping[str, Any] = document.get("defaults", {})
    yield from _unknown(("defaults", "forward"), defaults.get("forward", {}), users)
    always: dict[str, tuple[str, str]] = {}
    for word in written:
        user: Mapping[str, Any] = users.get(units.extension(word), {})
        own = user.get("forward", {})
        yield from _unknown(("users", word, "forward"), own, users)
        target = _for_good(forwarding(defaults.get("forward", {}), own))
        if target is not None:
            always[units.extension(word)] = (target, word)
    yield from _circles(always)


def _unknown(
    above: Location, section: Mapping[str, Any], users: Mapping[str, Any]
) -> Iterator[Finding]:
    for key in (*SITUATIONS, "return_to"):
        written = section.get(key)
        target = written["to"] if isinstance(written, dict) else written
        if target and target not in users:
            place = (*above, key) if key == "return_to" else (*above, key, "to")
            yield place, Wrong(f"no user has the number {quoted(target)}", "add it under users:")


def _for_good(forward: Forwarding) -> str | None:
    """Whom all calls go on to whose own forwards are used then."""
    rule = forward.rules.get("always")
    if rule is None or rule.callers != "any":
        return None
    return rule.to if forward.return_after is None or forward.follow_target else None


def _circles(always: Mapping[str, tuple[str, str]]) -> Iterator[Finding]:
    for user, (_, word) in always.items():
        way = [user]
        while way[-1] in always and way.count(way[-1]) == 1:
            way.append(always[way[-1]][0])
        if way[-1] == user and len(way) > 1:
            shown = ", ".join(way)
            yield (
                ("users", word, "forward", "always"),
                Wrong(f"calls go round in a circle: {shown}", "let one of them ring"),
            )
