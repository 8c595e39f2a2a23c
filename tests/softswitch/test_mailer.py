"""Messages become mails: to whom, when again, and what becomes of the message; no network."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from softswitch.bus import (
    BackupFailed,
    Bus,
    CallEnded,
    MailboxChanged,
    MailboxFilling,
    MailboxLocked,
)
from softswitch.config import Config, User, load
from softswitch.config.configuration import Log, Network
from softswitch.config.messaging import Mail, Template, Voicemail
from softswitch.jobs.client import JobFailed
from softswitch.mailbox.boxes import Boxes
from softswitch.mailbox.keeping import Told
from softswitch.mailbox.messages import DELETED, NEW, Box, Message
from softswitch.mailer import Mailer, open_mailer
from softswitch.media.blobs import FolderBlobs
from softswitch.outbox import GIVEN_UP, SENT, WAITING
from softswitch.records import CallOutcome, CallRecord
from softswitch.routing.calendar import NO_CALENDARS
from softswitch.smtp import Outcome, ServerFailed
from softswitch.store.store import Committed, OutboxRow, Store
from softswitch.voicemail import rules
from tests.support.virtual_time import run

NOON = 1_344_277_103.0
SETTINGS = Mail("vm@example.com", "smtp.example.com", 587)
ANNA, JAN = "anna@example.com", "jan@example.com"


@pytest.fixture(autouse=True)
def _threads_take_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Virtual time would jump while a thread works."""

    async def at_once(job: Callable[..., Any], *args: object) -> Any:
        return job(*args)

    monkeypatch.setattr(asyncio, "to_thread", at_once)


class Done:
    """A write that is committed at once."""

    def add_done_callback(self, fn: Callable[[Any], object], /) -> None:
        fn(self)

    def exception(self) -> None:
        return None


class Shelf:
    """A store that forgets nothing."""

    def __init__(self) -> None:
        self.rows: dict[str, OutboxRow] = {}
        self.dropped: list[str] = []

    def put_messages(self, put: Sequence[Message], drop: Sequence[str]) -> Done:
        return Done()

    def put_box(self, box: Box) -> Done:
        return Done()

    def put_outbox(self, put: Sequence[OutboxRow], drop: Sequence[str] = ()) -> Committed:
        self.rows.update((row.message_id, row) for row in put)
        self.dropped += drop
        return cast(Committed, Done())

    async def outbox(self) -> list[OutboxRow]:
        return list(self.rows.values())


class Office:
    """Two mailboxes, a mail server that a test tells what to say, and time that jumps."""

    def __init__(self, folder: Path, on_message: str = "both", attach: str = "mp3") -> None:
        self.folder = folder
        self.shelf = Shelf()
        self.attach = attach
        self.mails: list[tuple[float, EmailMessage, list[str]]] = []
        self.attempts = 0
        self.failure = ""
        self.poison: set[str] = set()
        """Messages, by id, that make the server hang up."""
        self.refused: dict[str, str] = {}
        self.no_encoder = ""
        self.settings = SETTINGS
        self.alerted: tuple[str, ...] = ()
        self.calendars = NO_CALENDARS
        self.first_pins: dict[str, str] = {}
        self.open: Mailer | None = None
        self._ids = iter(f"m{number}" for number in range(1, 1000))
        voicemail = Voicemail(on_message=on_message, attach=attach)
        self.users = {
            "100": User("100", voicemail=voicemail),
            "101": User("101", voicemail=voicemail, email=(ANNA, JAN), language="es"),
            "102": User("102", voicemail=Voicemail(on_message="store"), email=(JAN,)),
        }
        self.bus = Bus()
        self.boxes = self.new_boxes()

    def new_boxes(self) -> Boxes:
        return Boxes(
            self.shelf,
            FolderBlobs(self.folder),
            aside=lambda job, done: done(job()),
            new_id=lambda: next(self._ids),
            wall=self.wall,
            told=Told(
                lambda *change: self.bus.publish(MailboxChanged(*change)),
                lambda mailbox, percent: self.bus.publish(MailboxFilling(mailbox, percent)),
                lambda *change: self.bus.publish(MailboxLocked(*change)),
            ),
            rules=rules(self.users),
        )

    def wall(self) -> float:
        return NOON + asyncio.get_running_loop().time()

    def leave(self, mailbox: str = "101") -> Message:
        """A message comes."""
        now = self.wall()
        draft = Message("", mailbox, "100", "", mailbox, "busy", now - 10, now, 8.0)
        message = self.boxes.begin(draft)
        self.hold(message)
        self.boxes.keep(message)
        return message

    def hold(self, message: Message, sound: bytes | None = b"RIFF") -> None:
        """Its file holds this; None: there is none."""
        file = Path(self.boxes.path(message))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        if sound is not None:
            file.write_bytes(sound)

    async def mp3(self, path: str, kilobits: int) -> bytes:
        assert kilobits == 16
        if self.no_encoder:
            raise JobFailed(self.no_encoder)
        return b"MP3 of " + path.rpartition("/")[2].encode()

    async def deliver(
        self, settings: Mail, mail: EmailMessage, recipients: Sequence[str]
    ) -> Outcome:
        self.attempts += 1
        if self.failure or any(f"<{one}." in str(mail["Message-ID"]) for one in self.poison):
            raise ServerFailed(self.failure or "it hung up")
        taken = [one for one in recipients if one not in self.refused]
        if taken:
            self.mails.append((self.wall() - NOON, mail, taken))
        return Outcome("250", {one: self.refused[one] for one in recipients if one not in taken})

    async def mailer(self, settings: Mail | None) -> Mailer | None:
        config = Config(
            self.folder,
            Network(),
            self.folder,
            self.users,
            Log(),
            mail=settings,
            timezone="UTC",
            alerted=self.alerted,
            calendars=self.calendars,
        )
        store = cast(Store, self.shelf)
        made = self.first_pins
        mailer = await open_mailer(config, store, self.boxes, self.bus, self.wall, self, made)
        self.open = mailer
        if mailer is not None:
            mailer._deliver = self.deliver
        return mailer

    def runs(self, scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """The scenario beside a mailer."""

        async def main() -> None:
            mailer = await self.mailer(self.settings)
            assert mailer is not None
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(mailer.run())
                await asyncio.sleep(0)
                await scenario()
                running.cancel()

        run(main())

    def states(self) -> list[str]:
        return [row.state for row in self.shelf.rows.values()]


def untagged(data: bytes) -> bytes:
    """Without what is said of an MP3."""
    if not data.startswith(b"ID3"):
        return data
    size = 0
    for octet in data[6:10]:
        size = size << 7 | octet
    return data[10 + size :]


def attachments(mail: EmailMessage) -> list[tuple[str | None, bytes]]:
    sounds = [(one.get_filename(), one.get_content()) for one in mail.iter_attachments()]
    return [(name, untagged(data)) for name, data in sounds]


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR]


def test_a_message_is_mailed_to_all_addresses_and_stays(tmp_path: Path) -> None:  # S4-11, ML-7
    office = Office(tmp_path)

    async def scenario() -> None:
        message = office.leave()
        await asyncio.sleep(0.1)
        ((at, mail, recipients),) = office.mails
        assert (at, recipients) == (0.0, [ANNA, JAN])
        assert mail["To"] == f"{ANNA}, {JAN}"
        assert mail["Subject"].startswith("Mensaje de voz recibido de 100")
        assert attachments(mail) == [("1344277093_100.mp3", b"MP3 of m1.wav")]
        assert [one.id for one in office.boxes.messages("101")] == [message.id]
        office.boxes.mark(message.id, "old")
        office.boxes.mark(message.id, NEW)
        await asyncio.sleep(1e6)

    office.runs(scenario)
    assert len(office.mails) == 1
    assert office.states() == [SENT]


def test_an_address_gets_mails_at_its_times_only(tmp_path: Path) -> None:  # ML-7
    office = Office(tmp_path)
    hours = tmp_path / "hours.yaml"
    hours.write_text(
        "timezone: UTC\ncalendars: {office: {open: mon-fri 09:00-17:00}}\nusers: {100: Anna}\n"
    )
    office.calendars = load(hours, environment={}).calendars
    office.users["101"] = replace(office.users["101"], mail_when={JAN: "closed"})

    async def scenario() -> None:
        office.leave()  # on a Monday at 18:18
        await asyncio.sleep(18 * 3600)
        office.leave()
        await asyncio.sleep(1)
        office.users["101"] = replace(office.users["101"], mail_when=dict.fromkeys(both, "closed"))
        office.leave()  # for nobody
        await asyncio.sleep(6 * 3600)
        office.leave()  # and so it stays when the office is closed
        await asyncio.sleep(1)

    both = (ANNA, JAN)
    office.runs(scenario)
    assert [recipients for _, _, recipients in office.mails] == [[ANNA, JAN], [ANNA], [ANNA, JAN]]


def test_who_wants_no_mail_gets_none(tmp_path: Path) -> None:  # S0-3
    office = Office(tmp_path)

    async def scenario() -> None:
        office.leave("100")  # no address
        office.leave("102")  # on_message: store
        office.bus.publish(MailboxChanged("199", 1, 0))
        await asyncio.sleep(100)

    office.runs(scenario)
    assert office.mails == []
    assert office.shelf.rows == {}


def test_who_gives_an_address_gets_mails_of_what_comes_later(tmp_path: Path) -> None:  # S0-4
    office = Office(tmp_path)

    async def scenario() -> None:
        office.leave("100")
        office.users["100"] = replace(office.users["100"], email=(ANNA,))
        office.leave("100")
        await asyncio.sleep(100)

    office.runs(scenario)
    assert [recipients for _, _, recipients in office.mails] == [[ANNA]]


def test_what_needs_no_mail_is_remembered_only_as_long_as_it_is_there(tmp_path: Path) -> None:
    office = Office(tmp_path)

    async def scenario() -> None:
        assert office.open is not None
        for _ in range(3):
            office.boxes.forget(office.leave("102").mailbox)
        office.leave("102")
        assert len(office.open._before["102"]) == 1

    office.runs(scenario)
    assert office.mails == []


@pytest.mark.parametrize(
    ("attach", "sounds"),
    [("wav", [("1344277093_100.wav", b"RIFF")]), ("none", [])],
)
def test_something_else_can_be_attached(
    tmp_path: Path, attach: str, sounds: list[tuple[str, bytes]]
) -> None:
    office = Office(tmp_path, attach=attach)

    async def scenario() -> None:
        office.leave()
        await asyncio.sleep(1)

    office.runs(scenario)
    assert attachments(office.mails[0][1]) == sounds


def test_without_an_encoder_the_sound_is_wav(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:  # ML-4
    office = Office(tmp_path)
    office.no_encoder = "the process is gone"

    async def scenario() -> None:
        for _ in range(3):
            office.leave()
            await asyncio.sleep(1)
        office.no_encoder = ""
        office.leave()
        await asyncio.sleep(1)

    office.runs(scenario)
    names = [attachments(mail)[0][0] for _, mail, _ in office.mails]
    assert [str(name)[-3:] for name in names] == ["wav", "wav", "wav", "mp3"]
    assert errors(caplog) == ["mail: MP3: the process is gone; WAV is sent instead"]


def test_a_server_that_takes_nothing_is_one_line_and_asked_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:  # ML-2
    caplog.set_level(logging.INFO)
    office = Office(tmp_path, on_message="email")
    office.failure = "smtp.example.com port 587: 451 later"

    async def scenario() -> None:
        for _ in range(5):
            office.leave()
        await asyncio.sleep(400)
        assert office.states() == [WAITING] * 5
        assert len(office.boxes.messages("101")) == 5
        assert office.attempts == 3
        office.failure = ""
        await asyncio.sleep(2000)

    office.runs(scenario)
    assert errors(caplog) == ["mail: the mail server: smtp.example.com port 587: 451 later"]
    assert caplog.text.count("mail: the mail server: works again") == 1
    assert len(office.mails) == 5
    assert office.states() == [SENT] * 5
    assert office.boxes.messages("101") == []
    assert [one.state for one in office.boxes.deleted("101")] == [DELETED] * 5


def test_a_message_that_cannot_be_mailed_is_told_of_once(tmp_path: Path) -> None:  # ML-3
    office = Office(tmp_path, on_message="email")
    office.failure = "451"
    told: list[MailboxChanged] = []

    async def scenario() -> None:
        office.bus.subscribe(MailboxChanged, told.append)
        message = office.leave()
        assert office.open is not None
        assert not office.open.is_stuck(message)
        await asyncio.sleep(1)
        assert office.open.is_stuck(message)
        await asyncio.sleep(400)
        assert told == [MailboxChanged("101", 1, 0)] * 2
        office.failure = ""
        await asyncio.sleep(2000)
        assert not office.open.is_stuck(message)
        assert told[2:] == [MailboxChanged("101", 0, 0)]

    office.runs(scenario)


def test_after_two_days_nobody_tries_any_more_and_the_message_stays(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    office = Office(tmp_path, on_message="email")
    office.failure = "451"

    async def scenario() -> None:
        office.leave()
        await asyncio.sleep(4 * 86400)

    office.runs(scenario)
    assert office.states() == [GIVEN_UP]
    assert errors(caplog)[1:] == ["mailbox 101: a message could not be mailed: 451"]
    assert len(office.boxes.messages("101")) == 1


def test_a_mail_that_the_server_hangs_up_on_is_in_nobodys_way(tmp_path: Path) -> None:  # ML-2
    office = Office(tmp_path)
    office.poison = {"m1"}

    async def scenario() -> None:
        for _ in range(4):
            office.leave()
        await asyncio.sleep(61)
        assert office.states() == [WAITING, SENT, SENT, SENT]
        office.leave()
        await asyncio.sleep(1)
        assert office.states()[4:] == [SENT]

    office.runs(scenario)


def test_a_server_that_never_works_ends_the_mails_that_wait_behind_as_well(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    office = Office(tmp_path)
    office.failure = "451"

    async def scenario() -> None:
        await asyncio.sleep(1)
        for _ in range(30):
            office.leave()
        await asyncio.sleep(51 * 3600)

    office.runs(scenario)
    assert office.states() == [GIVEN_UP] * 30
    assert errors(caplog)[1:] == ["mailbox 101: a message could not be mailed: 451"] * 30


def test_a_mail_that_had_no_turn_in_two_days_still_gets_its_own(tmp_path: Path) -> None:  # ML-2
    office = Office(tmp_path)
    office.failure = "451"

    async def scenario() -> None:
        for _ in range(60):
            office.leave()
        await asyncio.sleep(47 * 3600)
        office.failure = ""
        office.poison = {"m1"}
        await asyncio.sleep(9 * 3600)

    office.runs(scenario)
    assert office.states() == [GIVEN_UP] + [SENT] * 59


def test_only_who_was_refused_is_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:  # ML-3: of all recipients
    office = Office(tmp_path, on_message="email")
    office.refused = {JAN: "550 nobody"}

    async def scenario() -> None:
        office.leave()
        office.leave()
        await asyncio.sleep(70)
        assert len(office.boxes.messages("101")) == 2
        office.refused = {}
        await asyncio.sleep(400)
        assert office.boxes.messages("101") == []

    office.runs(scenario)
    assert [recipients for _, _, recipients in office.mails] == [[ANNA], [ANNA], [JAN], [JAN]]
    assert errors(caplog) == [f"mail: {JAN}: 550 nobody"]


def test_a_sound_that_cannot_be_read_is_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    office = Office(tmp_path, attach="wav")

    async def scenario() -> None:
        message = office.leave()
        office.hold(message, None)
        await asyncio.sleep(1)
        office.hold(message, b"again")
        await asyncio.sleep(100)

    office.runs(scenario)
    assert errors(caplog) == ["mail: m1: the sound of a message: No such file or directory"]
    assert attachments(office.mails[0][1])[0][1] == b"again"


def test_a_message_that_is_gone_is_not_mailed(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.failure = "451"

    async def scenario() -> None:
        message = office.leave()
        await asyncio.sleep(1)
        office.boxes.discard(message)
        office.failure = ""
        await asyncio.sleep(1000)

    office.runs(scenario)
    assert office.mails == []
    assert office.states() == [GIVEN_UP]


def test_a_restart_forgets_no_mail_and_sends_none_twice(tmp_path: Path) -> None:
    office = Office(tmp_path)

    async def first() -> None:
        office.leave()
        await asyncio.sleep(10)
        office.failure = "451"
        office.leave()
        await asyncio.sleep(10)

    office.runs(first)
    assert office.states() == [SENT, WAITING]
    office.failure = ""
    office.bus = Bus()
    old = Message("m0", "101", "100", "", "101", "busy", NOON - 1e5, NOON - 1e5, 5.0)
    between = Message("m9", "101", "100", "", "101", "busy", NOON + 30, NOON + 35, 5.0)
    for message in (old, between):
        office.hold(message)
    office.boxes.load([old, between], [])

    async def second() -> None:
        await asyncio.sleep(200)
        office.boxes.delete("m0")

    office.runs(second)
    assert {name: row.state for name, row in office.shelf.rows.items()} == {
        "m1": SENT,
        "m2": SENT,
        "m9": SENT,
    }
    assert len(office.mails) == 3


def notices(office: Office) -> list[tuple[str, list[str]]]:
    """Subjects and recipients of what has been mailed."""
    return [(str(mail["Subject"]), recipients) for _, mail, recipients in office.mails]


def test_the_owner_is_told_when_a_mailbox_fills(tmp_path: Path) -> None:  # VM-8
    office = Office(tmp_path, on_message="store")
    office.users["101"] = replace(
        office.users["101"], voicemail=Voicemail(on_message="store", max_messages=10)
    )

    async def scenario() -> None:
        for _ in range(10):
            message = office.leave()
            await asyncio.sleep(1)
        office.boxes.delete(message.id)
        office.leave()
        office.bus.publish(MailboxFilling("100", 100))  # no address
        await asyncio.sleep(1)

    office.runs(scenario)
    assert notices(office) == [
        ("La casilla 101 está al 90 %", [ANNA, JAN]),
        ("La casilla 101 está llena", [ANNA, JAN]),
        ("La casilla 101 está llena", [ANNA, JAN]),
    ]
    assert office.states() == [SENT] * 3
    assert [row.notice != "" for row in office.shelf.rows.values()] == [True] * 3


def test_owner_and_administrators_are_told_of_a_lock(tmp_path: Path) -> None:  # VM-15
    office = Office(tmp_path)
    office.alerted = (JAN, "it@example.com")

    async def scenario() -> None:
        office.bus.publish(MailboxLocked("101", NOON + 3600))
        office.bus.publish(MailboxLocked("100", NOON + 3600))
        await asyncio.sleep(1)

    office.runs(scenario)
    assert notices(office) == [
        ("La casilla 101 está bloqueada", [ANNA, JAN, "it@example.com"]),
        ("Mailbox 100 is locked", [JAN, "it@example.com"]),
    ]


def test_administrators_are_told_that_there_is_no_backup(tmp_path: Path) -> None:  # features 4.4
    office = Office(tmp_path)

    async def scenario() -> None:
        office.bus.publish(BackupFailed("the disk is full", NOON))
        await asyncio.sleep(1)

    office.runs(scenario)
    assert notices(office) == []  # nobody is named
    office.alerted = ("it@example.com",)
    office.runs(scenario)
    assert notices(office) == [("There is no backup of the switch today", ["it@example.com"])]


def ended(office: Office, outcome: CallOutcome, **facts: Any) -> None:
    """A call is over."""
    record = CallRecord("c1", "100", "101", None, office.wall() - 30, None, None, office.wall(),
        outcome, 480, "", "caller")  # fmt: skip
    office.bus.publish(CallEnded(record._replace(**facts)))


@pytest.mark.parametrize(
    ("outcome", "facts", "told"),
    [
        ("no_answer", {}, True),
        ("busy", {}, True),
        ("cancelled", {}, True),
        ("voicemail", {"answered_by": "voicemail 101"}, True),
        ("no_answer", {"callee": "+48221112235"}, True),
        ("no_answer", {"callee": "48221112235"}, True),
        ("answered", {"answered_by": "101"}, False),
        ("failed", {}, False),
        ("no_answer", {"callee": "100"}, False),
        ("no_answer", {"callee": "*98"}, False),
        ("voicemail", {"caller": "101"}, False),
    ],
)
def test_a_call_that_nobody_took_is_mailed_to_who_wants_it(
    tmp_path: Path, outcome: CallOutcome, facts: dict[str, str], told: bool
) -> None:  # ML-8, VM-11
    office = Office(tmp_path)
    office.users["101"] = replace(
        office.users["101"],
        voicemail=Voicemail(on_message="store", missed_calls=True),
        number="+48221112235",
    )
    office.users["100"] = replace(office.users["100"], name="Anna Nowak")

    async def scenario() -> None:
        ended(office, outcome, **facts)
        await asyncio.sleep(10)

    office.runs(scenario)
    assert len(office.mails) == told
    if told:
        (at, mail, recipients) = office.mails[0]
        assert recipients == [ANNA, JAN]
        assert str(mail["Subject"]).startswith("Llamada perdida de 100 a las ")
        assert at >= 5.0
        page = mail.get_body(("plain",))
        assert page is not None
        assert "Anna Nowak ha llamado a 101" in page.get_content()


@pytest.mark.parametrize("deleted", [False, True])
def test_a_call_that_left_a_message_is_no_missed_one(tmp_path: Path, deleted: bool) -> None:  # ML-8
    office = Office(tmp_path)
    office.users["101"] = replace(
        office.users["101"], voicemail=Voicemail(on_message="store", missed_calls=True)
    )

    async def scenario() -> None:
        message = office.leave()
        office.boxes.undo(message.id)
        if deleted:
            office.boxes.delete(message.id)
        ended(office, "voicemail", arrived_at=message.began_at)
        await asyncio.sleep(10)

    office.runs(scenario)
    assert office.mails == []
    assert office.states() == [SENT]


def test_a_notice_of_another_version_is_dropped(tmp_path: Path) -> None:
    office = Office(tmp_path)
    row = OutboxRow("raffle-101", "101", NOON, 0, NOON, "", WAITING, "", '{"kind": "raffle"}')
    office.shelf.rows[row.message_id] = row

    async def scenario() -> None:
        await asyncio.sleep(1)

    office.runs(scenario)
    assert office.mails == []
    assert office.states() == [SENT]


def test_an_owner_can_ask_for_a_message(tmp_path: Path) -> None:  # §2.4: 8, 4
    office = Office(tmp_path, on_message="store")

    async def scenario() -> None:
        assert office.open is not None
        assert office.open.of("100") is None
        send = office.open.of("101")
        assert send is not None
        message = office.leave()
        send(message)
        await asyncio.sleep(1)
        send(message)
        await asyncio.sleep(1)
        office.failure = "451"
        send(message)
        await asyncio.sleep(1)
        office.boxes.discard(message)
        office.failure = ""
        await asyncio.sleep(100)

    office.runs(scenario)
    assert [attachments(mail) for _, mail, _ in office.mails] == [
        [("1344277093_100.mp3", b"MP3 of m1.wav")]
    ] * 2
    assert len({mail["Message-ID"] for _, mail, _ in office.mails}) == 2


def test_what_was_said_to_a_message_comes_along(tmp_path: Path) -> None:
    office = Office(tmp_path)

    async def scenario() -> None:
        message = office.leave("100")
        office.boxes.copy(message, "101", "100", lambda fine: None, office.boxes.path(message))
        await asyncio.sleep(1)

    office.runs(scenario)
    names = [name for name, _ in attachments(office.mails[0][1])]
    assert names == ["1344277093_100.mp3", "1344277093_100_introduction.mp3"]


def test_mails_have_a_logo_and_words_of_the_office(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:  # S0-18, ML-5
    logo = tmp_path / "logo.png"
    logo.write_bytes(b"PNG")
    office = Office(tmp_path)
    words = {"es": Template(subject="De {caller_number}")}
    office.settings = replace(SETTINGS, logo=logo, templates=words)

    async def scenario() -> None:
        office.leave()
        await asyncio.sleep(1)

    office.runs(scenario)
    logo.unlink()
    office.runs(scenario)
    first, second = (mail for _, mail, _ in office.mails)
    assert first["Subject"] == "De 100"
    assert "image/png" in [part.get_content_type() for part in first.walk()]
    assert "image/png" not in [part.get_content_type() for part in second.walk()]
    assert "mail.logo:" in caplog.text


def test_a_notice_is_forgotten_when_it_was_mailed_and_a_first_pin_is_not(tmp_path: Path) -> None:
    office = Office(tmp_path)

    async def scenario() -> None:
        office.bus.publish(MailboxLocked("101", NOON + 3600))
        await asyncio.sleep(1)

    office.first_pins = {"101": "835172"}
    office.runs(scenario)
    assert [subject for subject, _ in notices(office)] == [
        "La clave de la casilla 101",
        "La casilla 101 está bloqueada",
    ]
    office.bus = Bus()
    office.runs(scenario)
    assert len(office.mails) == 3
    assert [name for name in office.shelf.dropped if name.startswith("locked")] != []
    assert "first_pin-101" not in office.shelf.dropped


def test_a_link_is_mailed_to_the_first_address_and_kept_nowhere(tmp_path: Path) -> None:  # S0-20
    office = Office(tmp_path)

    async def scenario() -> None:
        assert office.open is not None
        office.open.tell_link("101", lambda: "https://pbx.example.com/link/secret")
        await asyncio.sleep(1)

    office.runs(scenario)
    ((_, mail, recipients),) = office.mails
    assert recipients == [ANNA]
    assert "https://pbx.example.com/link/secret" in str(mail)
    assert "secret" not in repr(office.shelf.rows)


def test_of_two_links_only_the_later_one_is_mailed(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.failure = "451 not now"

    async def scenario() -> None:
        assert office.open is not None
        for word in ("first", "second"):
            office.open.tell_link("101", partial(str, f"https://pbx.example.com/link/{word}"))
            await asyncio.sleep(1)
        office.failure = ""
        await asyncio.sleep(4000)

    office.runs(scenario)
    assert ["first" in str(mail) for _, mail, _ in office.mails] == [False]


def test_who_has_no_address_gets_no_link_and_none_is_made(tmp_path: Path) -> None:
    office = Office(tmp_path)

    async def scenario() -> None:
        assert office.open is not None
        office.open.tell_link("100", lambda: pytest.fail("made"))
        await asyncio.sleep(1)

    office.runs(scenario)
    assert office.mails == []


def test_without_a_mail_server_there_is_no_mailer(tmp_path: Path) -> None:
    async def main() -> None:
        assert await Office(tmp_path).mailer(None) is None

    run(main())
