"""Calls to and from a carrier, between phones that nobody here wrote (features 2.21).

The carrier is a phone, too, at an address of its own: it has no account, and is known by where it
speaks from.
"""

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from softswitch.media.codecs.g711 import MU_LAW
from tests.support.audio import FRAME, known_sound, read_wav, write_tone, write_wav, wrong_samples
from tests.support.captures import write_capture
from tests.support.conversation import connected, speak_at_once
from tests.support.phones import Phone
from tests.support.ports import free_port
from tests.support.rtp_socket import Packet
from tests.support.sipp import OWN, Sipp, with_login
from tests.support.switch import Switch

SECONDS = 1.0
LOST_TO_A_BUSY_MACHINE = 0.04
"""Share of samples that late packets may cost a phone with a fixed buffer: 40 ms of a second."""

CARRIER, SECOND = "127.0.0.7", "127.0.0.11"
"""Where the carriers are; the second one is for numbers abroad, and speaks TCP."""
MAIN, ANNA = "+48221112233", "+48221112235"
EWA, BOXES = "+48221112236", "+48221112237"
"""Ewa is 105 and has no phone; the other number is for mailboxes."""
MOBILE = "+48600100100"

PATIENT = {"ring_time": "10s", "unreachable_after": "10s", "voicemail": "off"}
"""Of those whose phones have to be started first, and know no lamps."""
GREETED, BEEPED, MARGIN = 0.3, 0.4, 0.3
"""Seconds before the caller may speak."""
FORWARDING = {"no_answer": MOBILE, "return_after": "2s"}
"""Of 102."""


@pytest.fixture(scope="module")
def port() -> int:
    return free_port(CARRIER)


@pytest.fixture(scope="module")
def second_port() -> int:
    return free_port(SECOND)


@pytest.fixture(scope="module")
def switch(
    tmp_path_factory: pytest.TempPathFactory, port: int, second_port: int
) -> Iterator[Switch]:
    folder = tmp_path_factory.mktemp("switch")
    write_tone(folder / "busy.wav", 440.0, GREETED)
    with Switch(
        folder,
        users=("100", "101", "102", "103", "104", "105"),
        user={"calls": "mobile", "ring_time": "2s", "voicemail": {"pin": "4711"}},
        each={
            "101": {"number": ANNA},
            "102": {"forward": FORWARDING},
            "100": {**PATIENT, "calls": "europe"},
            "103": PATIENT,
            "104": {"voicemail": "off", "forward": {"unavailable": MOBILE}},
            "105": {
                "number": EWA,
                "voicemail": {
                    "min_message": "1s",
                    "greeting": {"file": "busy.wav", "use_for": ["busy", "no_answer"]},
                },
            },
        },
        more={
            "country": "PL",
            "trunks": {
                "carrier": {
                    "host": CARRIER,
                    "port": port,
                    "numbers": [MAIN, ANNA, EWA, BOXES],
                    "to": "100",
                    "channels": 2,
                },
                "abroad": {
                    "host": SECOND,
                    "port": second_port,
                    "transport": "tcp",
                    "numbers": ["+48221112234"],
                    "number_format": "e164",
                },
            },
            "numbers": {BOXES: "voicemail"},
            "outgoing": {"routes": [{"match": "ES", "via": ["abroad"]}, {"via": ["carrier"]}]},
        },
    ) as running:
        yield running


@pytest.fixture(scope="module")
def phones(switch: Switch, port: int) -> Iterator[dict[str, Phone]]:
    with (
        Phone("baresip", switch.sip, "101", switch.password("101")) as anna,
        Phone("pjsua2", switch.sip, "102", switch.password("102")) as jan,
        Phone("pjsua2", switch.sip, MOBILE, "", address=CARRIER, port=port) as carrier,
    ):
        anna.register()
        jan.register()
        yield {"101": anna, "102": jan, "carrier": carrier}


def fields(headers: str, name: str) -> list[str]:
    """The values of a header field in a message."""
    return re.findall(rf"(?mi)^{name}:[ \t]*(.*?)\r?$", headers)


def test_a_user_dials_outside_and_both_hear_each_other(
    phones: dict[str, Phone], tmp_path: Path
) -> None:  # OUT-1, CLI-2, CLI-3
    one, other = known_sound(SECONDS, seed=1), known_sound(SECONDS, seed=2)
    said = (write_wav(tmp_path / "one.wav", one), write_wav(tmp_path / "two.wav", other))
    with connected(phones["101"], phones["carrier"], "600100100") as call:
        heard = speak_at_once(call, said, SECONDS)
    invite = call[1].headers
    assert invite.startswith(f"INVITE sip:{MOBILE}@{CARRIER}")
    assert [value.partition(";tag=")[0] for value in fields(invite, "From")] == [
        f"<sip:{ANNA}@{CARRIER}>"
    ]
    assert fields(invite, "P-Asserted-Identity") == [f"<sip:{ANNA}@{CARRIER}>"]
    assert not fields(invite, "Diversion")
    assert "101@" not in invite.partition("\r\n\r\n")[0]
    allowed = LOST_TO_A_BUSY_MACHINE * len(one)
    assert wrong_samples(one, read_wav(heard.by_callee)) <= allowed
    assert wrong_samples(other, read_wav(heard.by_caller)) <= allowed


def test_a_call_from_outside_rings_who_has_the_number(phones: dict[str, Phone]) -> None:  # TK-4
    outgoing = phones["carrier"].dial(ANNA)
    incoming = phones["101"].incoming()
    assert "600100100@" in incoming.caller  # as Anna would dial it
    incoming.answer()
    outgoing.wait("answered")
    incoming.hangup()
    outgoing.ended()


def test_a_call_from_outside_that_nobody_takes_reaches_the_voicemail(
    switch: Switch, phones: dict[str, Phone]
) -> None:  # TK-4, FWD-4
    outgoing = phones["carrier"].dial(ANNA)
    phones["101"].incoming().ended()
    outgoing.wait("answered")
    outgoing.hangup()
    outgoing.ended()
    assert "voicemail 101" in switch.command("show", "calls", "--past", "1")


def test_a_carrier_over_tcp_is_called_and_calls(
    switch: Switch, second_port: int, tmp_path: Path
) -> None:  # TK-5, CLI-2
    spain, ours = "34911222333", "48221112234"
    one, other = known_sound(SECONDS, seed=3), known_sound(SECONDS, seed=4)
    said = (write_wav(tmp_path / "one.wav", one), write_wav(tmp_path / "two.wav", other))
    with (
        Phone("pjsua2", switch.sip, "100", switch.password("100")) as anna,
        Phone(
            "pjsua2", switch.sip, spain, "", transport="tcp", address=SECOND, port=second_port
        ) as carrier,
    ):
        anna.register()
        with connected(anna, carrier, f"00{spain}") as call:
            heard = speak_at_once(call, said, SECONDS)
        invite = call[1].headers
        assert invite.startswith(f"INVITE sip:{spain}@{SECOND}:{second_port};transport=tcp")
        assert f"<sip:{ours}@{SECOND}>" in fields(invite, "From")[0]
        outgoing = carrier.dial(ours)
        assert outgoing.ended().status == 404  # this number of ours is nobody's
    allowed = LOST_TO_A_BUSY_MACHINE * len(one)
    assert wrong_samples(one, read_wav(heard.by_callee)) <= allowed
    assert wrong_samples(other, read_wav(heard.by_caller)) <= allowed


def test_a_forward_to_outside_that_nobody_takes_comes_back_to_the_voicemail(
    switch: Switch, phones: dict[str, Phone]
) -> None:  # FWD-3, FWD-4, FWD-9, FWD-10, FWD-11, FWD-16
    outgoing = phones["101"].dial("102")
    phones["102"].incoming().ended()
    forwarded = phones["carrier"].incoming()
    assert [value.partition(";tag=")[0] for value in fields(forwarded.headers, "From")] == [
        f"<sip:{MAIN}@{CARRIER}>"
    ]
    assert fields(forwarded.headers, "Diversion") == [
        f"<sip:{MAIN}@{CARRIER}>;reason=no-answer;counter=1;privacy=off;screen=no"
    ]
    assert fields(forwarded.headers, "History-Info") == [
        f"<sip:{MAIN}@{CARRIER}>;index=1",
        f"<sip:{MOBILE}@{CARRIER};cause=408>;index=1.1;mp=1",
    ]
    forwarded.ended()
    outgoing.wait("answered")
    outgoing.hangup()
    outgoing.ended()
    path = f"User 101 -> 102 (no answer 2 s) -> {MOBILE} (no answer 2 s) -> voicemail 102"
    switch.wait_for_log(path)
    assert path in switch.command("show", "calls", "--past", "1")


def test_a_forward_to_outside_that_is_answered_talks(
    switch: Switch, phones: dict[str, Phone]
) -> None:  # FWD-3
    outgoing = phones["101"].dial("102")
    phones["102"].incoming().ended()
    forwarded = phones["carrier"].incoming()
    forwarded.answer()
    outgoing.wait("answered")
    assert "carrier" in (trunks := switch.command("show", "trunks"))
    assert trunks.splitlines()[1].split()[-2:] == ["1", "2"]
    forwarded.hangup()
    outgoing.ended()


def test_whoever_withholds_the_number_is_anonymous_outside(
    switch: Switch, phones: dict[str, Phone], tmp_path: Path
) -> None:  # CLI-1
    scenario = with_login((OWN / "caller_anonymous.xml").read_text())
    with Sipp(scenario, switch, "100", tmp_path, calls="600100100") as caller:
        caller.play()
        incoming = phones["carrier"].incoming()
        sender = fields(incoming.headers, "From")[0]
        assert sender.startswith('"Anonymous" <sip:anonymous@anonymous.invalid>;tag=')
        assert fields(incoming.headers, "Privacy") == ["id"]
        assert fields(incoming.headers, "P-Asserted-Identity") == [f"<sip:{MAIN}@{CARRIER}>"]
        assert "sip:anonymous@" in fields(incoming.headers, "Contact")[0]
        incoming.reject(486)
        caller.finish()


def redirecting(contacts: str) -> str:
    """A phone that sends calls on by itself."""
    return (OWN / "callee_redirects.xml").read_text().replace("CONTACTS", contacts)


def test_a_phone_may_send_calls_to_where_its_owner_may_call(
    switch: Switch, phones: dict[str, Phone], tmp_path: Path
) -> None:  # FWD-13
    contacts = "\n".join(
        [
            'Contact: <sip:"@@>;q=junk, <mailto:anna@example.com>',
            "Contact: <sip:+18765551234@premium.example>;q=0.9",
            f"Contact: <sip:{MOBILE}@127.0.0.1>;q=0.5, <sip:101@127.0.0.1>;q=0.1",
        ]
    )
    with Sipp(redirecting(contacts), switch, "100", tmp_path) as phone:
        phone.register()
        phone.play()
        outgoing = phones["101"].dial("100")
        forwarded = phones["carrier"].incoming()
        assert fields(forwarded.headers, "Diversion") == [
            f"<sip:{MAIN}@{CARRIER}>;reason=deflection;counter=1;privacy=off;screen=no"
        ]
        phone.finish()
        forwarded.answer()
        outgoing.wait("answered")
        outgoing.hangup()
        forwarded.ended()


def test_a_phone_may_not_send_calls_to_where_its_owner_may_not_call(
    switch: Switch, phones: dict[str, Phone], tmp_path: Path
) -> None:  # FWD-8, FWD-13
    contacts = "Contact: <sip:+18765551234@127.0.0.1>"
    with Sipp(redirecting(contacts), switch, "103", tmp_path) as phone:
        phone.register()
        phone.play()
        outgoing = phones["101"].dial("103")
        phone.finish()
        assert outgoing.ended().status == 603
        assert not phones["carrier"].rings()


def test_a_stranger_who_says_to_be_the_carrier_is_challenged(
    switch: Switch, tmp_path: Path
) -> None:  # TK-3
    scenario = (OWN / "caller_spoofed.xml").read_text()
    with Sipp(scenario, switch, "100", tmp_path, calls=ANNA, address="127.0.0.66") as stranger:
        stranger.play()
        stranger.finish()


def test_a_flood_of_diversions_from_a_carrier_is_only_counted(
    switch: Switch, phones: dict[str, Phone], tmp_path: Path
) -> None:  # FWD-12
    flood = "\n".join(["Diversion: " + ", ".join(["<sip:1@a.example>;reason=no-answer"] * 50)] * 10)
    scenario = (OWN / "caller_spoofed.xml").read_text().replace('"401"', '"480"')
    scenario = scenario.replace("Subject: none", flood)
    # 104 is not there: the forward to outside is not used, because there have been too many before.
    with Sipp(scenario, switch, "flood", tmp_path, calls="104", address=CARRIER) as carrier:
        carrier.play()
        carrier.finish()
    assert not phones["carrier"].rings()


def diverted(fields: str, speaks: str, seconds: float) -> str:
    """A caller whom another system has sent on, and who speaks for so long."""
    scenario = (OWN / "caller_diverted.xml").read_text()
    before = round(1000 * (GREETED + BEEPED + MARGIN))
    words = {"FIELDS": fields, "SPEAKS": speaks, "BEFORE": before}
    words["MEANWHILE"] = round(1000 * (seconds + MARGIN))
    for word, value in words.items():
        scenario = scenario.replace(word, str(value))
    return scenario


def messages(switch: Switch) -> set[str]:
    """Of 105."""
    return {one.stem for one in (switch.file.parent / "state/voicemail/105").glob("*.wav")}


def left(switch: Switch, before: set[str]) -> dict[str, str]:
    """All that is told of the message that is new."""
    end = time.monotonic() + 3.0
    while not (new := messages(switch) - before):
        assert time.monotonic() < end, switch.log()[-3000:]
        time.sleep(0.05)
    shown = switch.command("messages", "show", *new)
    return {line[:14].strip(): line[14:] for line in shown.splitlines()}


@pytest.mark.parametrize(
    ("number", "fields"),
    [
        ("*98", "Diversion: <sip:105@pbx.example>;reason=user-busy;counter=1"),
        (
            BOXES,
            f"History-Info: <sip:{EWA}@pbx.example>;index=1\n"
            f"History-Info: <sip:{BOXES}@pbx.example;cause=486>;index=1.1;mp=1",
        ),
    ],
)
def test_what_another_system_forwards_to_mailboxes_is_a_message(
    switch: Switch, tmp_path: Path, number: str, fields: str
) -> None:  # FWD-10, VM-7
    (tmp_path / "said").write_bytes(MU_LAW.payload_of(known_sound(1.2, seed=5)))
    before = messages(switch)
    scenario = diverted(fields, f'rtp_stream="{tmp_path}/said,1,0"', 1.2)
    scenario = scenario.replace("[media_port]", "[rtpstream_audio_port]")
    with Sipp(scenario, switch, "pbx", tmp_path, calls=number, address=CARRIER) as system:
        system.play()
        system.finish()
    told = left(switch, before)
    assert told["from"] == "600100100"
    assert told["name"] == "Jan"
    assert told["called"] == number
    assert (told["reason"], told["diverted by"]) == ("busy", "105")
    assert told["call began"].endswith("UTC")
    assert (told["codec"], told["loss"]) == ("PCMU", "0.0 %")
    assert f"Jan -> {number} (busy) -> voicemail 105" in switch.log()


@pytest.mark.skipif(os.geteuid() != 0, reason="SIPp plays captures through a raw socket: root only")
def test_how_much_of_a_message_was_lost_is_kept_with_it(
    switch: Switch, tmp_path: Path
) -> None:  # VM-7
    sound = MU_LAW.payload_of(known_sound(1.6, seed=6))
    packets = [
        (number * 0.02, Packet(0, False, number, number * FRAME, 7, sound[start : start + FRAME]))
        for number, start in enumerate(range(0, len(sound), FRAME))
        if number not in (20, 41, 42, 60)
    ]
    capture = write_capture(tmp_path / "said.pcap", packets)
    before = messages(switch)
    scenario = diverted(
        "Diversion: <sip:105@pbx>;reason=no-answer", f'play_pcap_audio="{capture}"', 1.6
    )
    with Sipp(scenario, switch, "pbx", tmp_path, calls="*98", address=CARRIER) as system:
        system.play()
        system.finish()
    told = left(switch, before)
    assert told["reason"] == "no answer"
    assert told["loss"] == "5.0 %"
