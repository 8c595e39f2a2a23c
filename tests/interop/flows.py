"""The call flows of RFC 3665 as scripts for the two phones in them, read from their YAML files.

A file holds every message of a flow in order, the copies between proxies too:

```
 Alice           proxies …            Bob
   | INVITE 1 Via    |                  |        Alice sends what has her Via alone on top
   |---------------->| INVITE n Vias    |        Bob gets what is addressed to his client.* host
   |                 |----------------->|
   |                 |  180 n Vias      |        Bob answers with the branch that he got
   |  180 1 Via      |<-----------------|
   |<----------------|                  |        Alice gets what has her Via alone
```

What is left when the copies are taken away is what each of them must see of any server between
them, one switch as well as two proxies. Challenges, redirects and dead proxies before Alice's
last attempt are other servers' doing and left out; 100 is hop by hop and any server's own.
"""

import re
from pathlib import Path
from typing import NamedTuple

import yaml

from tests.support.endpoint import Message

CLIENT = "client."
"""What the names of the phones' hosts begin with in RFC 3665."""


class Step(NamedTuple):
    """One message as one of the two phones sees it."""

    who: str
    sends: bool
    message: Message

    @property
    def what(self) -> int | str:
        return self.message.what


def read_flow(path: Path) -> list[Message]:
    texts: list[str] = yaml.safe_load(path.read_text())
    return [_message(text) for text in texts]


def call_steps(messages: list[Message]) -> list[Step]:
    """The script of a call, both sides in the order of the file."""
    steps = [
        (index, Step(who, sends, message))
        for who in ("alice", "bob")
        for index, sends, message in _side(messages, who)
    ]
    steps.sort(key=lambda item: (item[0], not item[1].sends))
    begin = max(index for index, step in steps if _starts_call(step))
    return [step for index, step in steps if index >= begin]


def transport_of(step: Step) -> str:
    return step.message.get("Via").split()[0].rpartition("/")[2]


def _side(messages: list[Message], who: str) -> list[tuple[int, bool, Message]]:
    arrivals = _arrivals(messages, who)
    hops = {_hop(messages[index]) for index in arrivals}
    found = []
    for index, message in enumerate(messages):
        own = _user(message.get("From")) == who
        alone = len(message.all("Via")) == 1 and f" {CLIENT}" in message.get("Via")
        if message.status == 100:
            continue
        if message.status:
            if own and alone:
                found.append((index, False, message))
            elif not own and _hop(message) in hops:
                found.append((index, True, message))
        elif own and alone:
            found.append((index, True, message))
        elif index in arrivals:
            found.append((index, False, message))
    return found


def _arrivals(messages: list[Message], who: str) -> set[int]:
    """Where requests reach this phone: of all copies, the one that has come furthest."""
    best: dict[str, int] = {}
    for index, message in enumerate(messages):
        uri = message.first.split(" ")[1]
        direct = message.what == "INVITE" and f":{who}@" in uri  # there may be no proxy at all
        near = direct or f"{who}@{CLIENT}" in uri
        if message.status or _user(message.get("From")) == who or not near:
            continue
        known = best.setdefault(message.get("CSeq"), index)
        if _distance(message, who) > _distance(messages[known], who):
            best[message.get("CSeq")] = index
    return set(best.values())


def _distance(message: Message, who: str) -> tuple[bool, int]:
    return f"{who}@{CLIENT}" in message.first, len(message.all("Via"))


def _starts_call(step: Step) -> bool:
    return (
        step.who == "alice"
        and step.sends
        and step.what == "INVITE"
        and ";tag=" not in step.message.get("To")
    )


def _message(text: str) -> Message:
    head, _, body = text.partition("\n\n")
    first, *lines = re.sub(r"\n[ \t]+", " ", head).split("\n")
    pairs = (line.partition(":") for line in lines if line)
    fields = [(name.strip(), value.strip()) for name, _, value in pairs]
    return Message(first, fields, body.strip().encode())


def _user(value: str) -> str:
    found = re.search(r"sips?:([^@>]+)@", value)
    return found[1] if found else ""


def _hop(message: Message) -> tuple[str, int, str]:
    """Which copy of a request this is, or belongs to."""
    branch = message.get("Via").partition("branch=")[2].split(";")[0].strip()
    return branch, len(message.all("Via")), message.get("CSeq")
