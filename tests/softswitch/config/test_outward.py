"""From YAML to the world outside, and mistakes on the way."""

from pathlib import Path

import pytest

from softswitch.config.configuration import Trunk
from softswitch.routing.numbering import Number, Numbering
from softswitch.routing.outside import Entrance, Way
from tests.softswitch.config.reading import read, summaries

OFFICE = """\
country: PL
defaults: {voicemail: off}
users:
  100: {name: Anna, caller_id: main, calls: international, allow: [DE], deny: ["+48700"]}
  101: {name: Jan, number: "22 111 22 35", caller_id: withheld}
calendars: {office: {open: mon-fri 08:00-18:00}}
trunks:
  carrier:
    host: 192.0.2.10
    numbers: {main: "+48 22 111 22 33", sales: "221112234", jan: "+48221112235"}
    to: 100
    channels: 6
    forwarded_calls: original+diversion
    diversion: no
    username: "1000"
    password: secret
  backup: {type: static, host: [192.0.2.11, sip.example.com], port: 5070, numbers: "+48225550000"}
numbers:
  "+48221112234": {by: office, open: 100, else: hangup}
  "*": hangup:not_found
outgoing:
  prefix: "0"
  area_code: "22"
  routes: [{match: [emergency, PL], via: carrier}, {via: [backup, carrier]}]
"""


def test_trunks_are_what_is_written(tmp_path: Path) -> None:
    config = read(tmp_path, OFFICE)
    assert config.trunks["carrier"] == Trunk(
        "carrier",
        ("192.0.2.10",),
        numbers=("+48221112233", "+48221112234", "+48221112235"),
        to="100",
        max_calls=6,
        forwarded_cli="original+diversion",
        diversion=False,
        username="1000",
        password="secret",
    )
    hosts = ("192.0.2.11", "sip.example.com")
    backup = Trunk("backup", hosts, 5070, numbers=("+48225550000",))
    assert config.trunks["backup"] == backup
    assert "secret" not in repr(config.trunks["carrier"])


def test_the_outside_is_what_is_written(tmp_path: Path) -> None:
    outside = read(tmp_path, OFFICE).outside
    assert outside is not None
    place = f"{tmp_path}/office.yaml"
    assert outside.numbering == Numbering("PL", "22", "0")
    assert outside.trunks == ("carrier", "backup")
    assert outside.ways == (
        Way(("emergency", "PL"), ("carrier",)),
        Way((), ("backup", "carrier")),
    )
    sales = Entrance("hangup", f"{place}:19", "office", {"open": "100"})
    assert outside.entrances == {
        "+48221112233": Entrance("100", f"{place}:11"),
        "+48221112234": sales,
        "+48221112235": Entrance("101", f"number of 101, {place}:5"),
        "+48225550000": Entrance("hangup:not_found", f"{place}:20"),
    }
    assert outside.fallbacks["backup"] == Entrance("hangup:not_found", f"{place}:20")


def test_users_have_numbers_and_permissions(tmp_path: Path) -> None:  # OUT-3
    config = read(tmp_path, OFFICE)
    anna, jan = config.users["100"], config.users["101"]
    assert (anna.caller_id, anna.calls, anna.allow, anna.deny) == (
        "+48221112233",
        "international",
        ("DE",),
        ("+48700",),
    )
    assert (jan.number, jan.caller_id, jan.calls) == ("+48221112235", None, "national")
    assert (anna.hide_number, jan.hide_number) == (False, True)  # caller_id: withheld
    assert config.outside is not None
    assert config.outside.normalise("0600100100") == Number("+48600100100", "mobile", "PL")


def test_without_trunks_there_is_no_outside(tmp_path: Path) -> None:
    config = read(tmp_path, "country: PL\nusers: {101: Jan}\n")
    assert (config.outside, config.trunks) == (None, {})


TRUNK = "trunks: {carrier: {host: 192.0.2.10, numbers: {main: '+48221112233'}}}\n"
PL = f"country: PL\n{TRUNK}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (TRUNK + "users: {}\n", "trunks: numbers mean nothing without a country"),
        ("users: {101: {number: '+48221112233'}}\n", "users.101.number: there is no trunk"),
        ("users: {101: {caller_id: main}}\n", "users.101.caller_id: there is no trunk"),
        ("defaults: {caller_id: main}\n", "defaults.caller_id: there is no trunk"),
        (PL + "defaults: {caller_id: sales}\n", "defaults.caller_id: 'sales' is not ours"),
        ("outgoing: {prefix: '0'}\n", "outgoing: there is no trunk"),
        ("numbers: {'*': hangup}\n", "numbers: there is no trunk"),
        (f"country: QQ\n{TRUNK}", "country: no numbers are known of 'QQ'"),
        (
            "country: PL\ntrunks: {a: {host: 192.0.2.1}, b: {host: 192.0.2.1}}\n",
            "trunks.b.host: 192.0.2.1 is trunk a already: whose calls come from there?",
        ),
        (
            "country: PL\ntrunks: {a: {host: 192.0.2.1, username: x}}\n",
            "trunks.a: username and password go together",
        ),
        (
            "country: PL\ntrunks: {a: {host: 192.0.2.1, numbers: ['112233']}}\n",
            "trunks.a.numbers.0: '112233' is no number of PL",
        ),
        (
            "country: PL\ntrunks: {a: {host: h, numbers: ['221112233', '+48221112233']}}\n",
            "trunks.a.numbers.1: +48221112233 stands here twice",
        ),
        (
            "country: PL\ntrunks: {a: {host: h, numbers: {m: '221112233'}}, "
            "b: {host: i, numbers: {m: '221112234'}}}\n",
            "trunks.b.numbers.m: 'm' is +48221112233 already",
        ),
        (
            PL + "outgoing: {routes: [{via: carier}]}\n",
            "outgoing.routes.0.via: no trunk has the name 'carier'",
        ),
        (PL + "outgoing: {routes: [{via: x}]}\n", "no trunk has the name 'x'"),
        (
            PL + "numbers: {'+48221112299': hangup}\n",
            "numbers.+48221112299: '+48221112299' is not ours",
        ),
        (
            PL + "calendars: {o: {open: all}}\nnumbers: {'*': {by: o, open: hangup}}\n",
            "numbers.*: does not say where to",
        ),
        (
            PL + "numbers: {'*': {by: office, to: hangup}}\n",
            "numbers.*.by: no calendar has the name 'office'",
        ),
        (PL + "numbers: {'*': {open: hangup, to: hangup}}\n", "numbers.*.open: unknown key 'open'"),
        (
            PL
            + "calendars: {o: {open: all}}\nnumbers: {'*': {by: o, feast: hangup, else: hangup}}\n",
            "numbers.*.feast: calendar o is never 'feast'",
        ),
        (PL + "users: {112: Help}\n", "users.112: 112 is an emergency number"),
        (PL + "users: {101: {caller_id: sales}}\n", "users.101.caller_id: 'sales' is not ours"),
        (
            PL + "users: {101: {number: '+48221112299'}}\n",
            "users.101.number: '+48221112299' is not ours",
        ),
        (
            PL + "users: {101: {number: '221112233'}, 102: {number: main}}\n",
            "users.102.number: 'main' is no telephone number",
        ),
        (
            PL + "users: {101: {number: '221112233'}, 102: {number: '+48221112233'}}\n",
            "users.102.number: +48221112233 is 101's already",
        ),
    ],
)
def test_mistakes_are_shown_where_they_are(tmp_path: Path, text: str, found: str) -> None:
    (summary,) = summaries(tmp_path, text)
    assert found in summary
    assert summary.startswith(":")


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("'+48600100100'", "calls from outside may not go outside"),
        ("voicemail:101", "101 has no voicemail"),
        ("555", "no user has the number '555'"),
        ("'112'", "people call for help, forwards do not"),
    ],
)
@pytest.mark.parametrize("place", ["trunks.a.to", "numbers.*.to"])
def test_calls_from_outside_lead_to_somebody(
    tmp_path: Path, target: str, found: str, place: str
) -> None:  # OUT-1
    users = "country: PL\nusers: {101: {voicemail: off}}\n"
    if place == "trunks.a.to":
        text = f"{users}trunks: {{a: {{host: h, to: {target}}}}}\n"
    else:
        text = f"{users}trunks: {{a: {{host: h}}}}\nnumbers: {{'*': {{to: {target}}}}}\n"
    (summary,) = summaries(tmp_path, text)
    assert summary.endswith(f"{place}: {found}")


@pytest.mark.parametrize(
    "more",
    ["trunks: {a: {host: h, to: voicemail}}", "trunks: {a: {host: h}}\nnumbers: {'*': voicemail}"],
)
def test_a_number_may_be_for_mailboxes(tmp_path: Path, more: str) -> None:  # FWD-10
    outside = read(tmp_path, f"country: PL\nusers: {{101: }}\n{more}\n").outside
    assert outside is not None
    assert outside.fallbacks["a"].to == "voicemail"
