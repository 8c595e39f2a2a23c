"""Whatever is written in place of a value, `check` tells where it stands, and never fails itself.

Every section of the file is there, so that each of its readers meets what it does not expect.
"""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from softswitch.cli import cautions
from softswitch.cli.check import fine
from softswitch.config import ConfigErrors, load
from softswitch.config.schema.document import every_key
from tests.softswitch.config.reading import read, write
from tests.test_docs import paths_in

ALL_SECTIONS = """\
network:
  sip: {udp: [127.0.0.1:5070, "[::1]:5070"], tcp: 5070}
  rtp: 30000-30999
  external: 203.0.113.7
  stun: [stun.example:19302]
  local_nets: [192.168.0.0/16, fc00::/7]
  domains: [pbx.example]
  rtp_timeout: 30s
  web: 127.0.0.1:443
  certificate: self-signed
media: {backend: epoll}
state: ./run
music: off
language: es
timezone: Europe/Warsaw
synthesiser: [espeak-ng, -w, "{wav}"]
country: PL
blf_dnd: busy
blf_dialling: confirmed
blf_details: none
defaults:
  ring_time: 30s
  codecs: [g722, pcma]
  encryption: sdes
  fax: off
  call_waiting: true
  busy_scope: device
  dnd_allow: [101, "+48600100100"]
  dnd_repeat: 3m
  editable: [ring_time, dnd]
  ring_splash: on
  phone_redirect: deny
  record: always
  calls: europe
  allow: [DE, "+1212"]
  deny: ["+48700"]
  caller_id: main
  forward:
    busy: 100
    no_answer: {to: "+48600100100", callers: internal, when: [closed, lunch], confirm: true}
    return_after: 30s
    return_to: voicemail
    follow_target: false
  voicemail:
    pin: last4
    answers: [no_answer, busy]
    answer: at_beep
    operator: 100
    attach: wav
    mp3_bitrate: 32
    quota: 60m
    greeting: {say: We are on holiday., use_for: [no_answer]}
users:
  100: {name: Anna, password: "012345678", ring_time: 20s}
  102:
    email: [jan@example.com, {to: duty@example.com, when: closed}]
    number: "+48221112235"
    voicemail: off
    forward: {always: "conference:board", busy: voicemail:sales, rejected: hangup:busy}
  anna.k: {name: K, voicemail: {pin: "837462"}, record: on_demand}
feature_codes: {preset: [freepbx, etsi], voicemail: ["*98", "*97"], echo_test: off}
voicemail_boxes:
  sales: {number: 290, pin: "593821", lamp: [100, 102]}
  everybody: {number: 291, name: All, deliver_to: [100, sales], email: [anna@example.com]}
admins: [it@example.com, {email: it2@example.com, alerts: true}]
conferences:
  board: {number: 300, pin: "4711", moderator_pin: "99887", wait_for_moderator: true}
  open: {numbers: 301-305}
recordings: {keep: 90d, format: wav}
backups: 3
calendars:
  office:
    open: [mon-fri 08:00-18:00, "sat 09:00-13:00"]
    lunch: mon-fri 12:00-13:00
    holiday: {country: PL, dates: [2026-12-24, 2026-05-02..2026-05-03, 12-24]}
    exceptions: [{date: 2026-12-31, open: "08:00-14:00"}, {date: 2026-06-05, closed: all}]
    timezone: Europe/Madrid
trunks:
  carrier:
    host: 192.0.2.10
    numbers: {main: "+48221112233", jan: "+48221112235"}
    to: 100
    channels: 30
    port: 5060
    transport: udp
    forwarded_calls: original+diversion
    diversion: true
    number_format: national
    identity: pai
    domain: carrier.example
    username: "100"
    password: secretsecret
    codecs: [pcma]
    encryption: off
  backup: {host: [192.0.2.11, carrier.example], numbers: ["+48221112299"], to: voicemail:100}
numbers: {"+48221112233": {by: office, open: 100, else: voicemail:100}, "*": hangup}
outgoing:
  prefix: 0
  area_code: "22"
  routes: [{match: [PL, EU, "+1"], via: [carrier, backup]}, {via: backup}]
mail:
  from: Example Ltd <voicemail@example.com>
  server: smtp.example.com:2525
  tls: starttls
  username: voicemail
  password: secret99
  templates: {en: {subject: "{caller_name} has called", body: "{caller_number}"}}
log: {level: debug, keep_traces: 1d}
"""
DUMPER = getattr(yaml, "CDumper", yaml.Dumper)
DOCUMENT: dict[str, Any] = yaml.load(ALL_SECTIONS, Loader=yaml.BaseLoader)

HOSTILE: list[object] = [
    "", "off", "true", "0", "-1", "1e309", "9" * 40, "9" * 5000,
    f"{'1' * 5000}-{'2' * 5000}", "٣", "1:30", "-5s", "9999999999d", "nan",
    "*", "#", "+", "++48", "1-", "300-100", "0-99999999", "mon-", "24:00-25:00", "99:99",
    "2026-02-30", "2026-12-01..2025-01-01", "..", "voicemail:", "conference:x", "hangup:x",
    "office.", ".x", "100", "sales", "carrier", "PL", "{", "{0}", "{caller_name.__class__}",
    "a@b@c", "<a@b>", "host:0", "[::1", "10.0.0.0/99", "/dev/null", "../..", "%s", "x" * 500,
    "\u202e", "\x1b[31m", "🎉", "<<", "x-y", {}, [], [[]], [{}], {"to": {}}, {"to": "100"},
    {"date": []}, {"a": {"b": ["c"]}}, ["100", ["100"]], [""],
]  # fmt: skip


def places(tree: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value."""
    steps = tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    here = [(*above, step) for step in steps]
    return here + [deeper for way in here for deeper in places(tree[way[-1]], way)]


PLACES = places(DOCUMENT)


def changed(place: tuple[Any, ...], value: object, *, key: str | None) -> str:
    """The file with another value at the place, or another key."""
    tree = copy.deepcopy(DOCUMENT)
    around: Any = tree
    for step in place[:-1]:
        around = around[step]
    if key is not None and isinstance(around, dict):
        around[key] = around.pop(place[-1])
    else:
        around[place[-1]] = value
    text: str = yaml.dump(tree, Dumper=DUMPER, allow_unicode=True, sort_keys=False)
    return text


def test_the_file_of_all_sections_is_right_as_it_is(tmp_path: Path) -> None:
    assert fine(read(tmp_path, ALL_SECTIONS))


def test_it_has_every_section() -> None:
    written = paths_in(DOCUMENT)
    sections = {path.partition(".")[0] for path in every_key()}
    assert sections - written == {"prompts"}  # a folder that would have to be there


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(PLACES),
    st.sampled_from(HOSTILE),
    st.none() | st.sampled_from([text for text in HOSTILE if isinstance(text, str)]),
)
def test_a_hostile_value_anywhere_is_told_with_its_place(
    tmp_path: Path, place: tuple[Any, ...], value: object, key: str | None
) -> None:
    path = write(tmp_path, changed(place, value, key=key))
    try:
        config = load(path, environment={})
    except ConfigErrors as errors:
        for problem in errors.problems:
            assert problem.line >= 1, problem
            assert problem.column >= 1, problem
            assert problem.summary().isprintable(), problem
    else:
        assert all(line.isprintable() for line in [*fine(config), *cautions.security(config)])


@pytest.mark.parametrize(("key", "shown"), [("\u202ex", "'\\u202ex'"), ("y" * 60, "y" * 40 + "…")])
def test_a_key_that_would_confuse_a_terminal_is_escaped(
    tmp_path: Path, key: str, shown: str
) -> None:
    path = write(tmp_path, f'conferences: {{"{key}": x}}\n')
    with pytest.raises(ConfigErrors) as caught:
        load(path)
    assert all(shown in problem.summary() for problem in caught.value.problems)
