"""What the switch keeps for longer than it runs, by purpose.

Parts ask a Store; which database is behind it they do not know. Rows are plain values: the store
understands no SIP. Times are wall clock seconds.

Writes take effect in the order of the calls, whether their futures are awaited or not. A future
that fails has been logged; nobody has to look at it.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

Committed = asyncio.Future[None]
"""Done when a write would survive the death of the process; StoreError when it could not be."""


class StoreError(Exception):
    """The store cannot do it. The text is for the operator: what is wrong, and with which file."""


class BindingRow(NamedTuple):
    """One device of a user. See softswitch.location.Binding for what the fields mean."""

    id: int
    user: str
    contact: str
    display: str
    params: str
    protocol: str
    local_host: str
    local_port: int
    remote_host: str
    remote_port: int
    path: str
    """Routes joined by line feeds, which no header value contains."""
    call_id: str
    cseq: int
    q: float
    expires_at: float
    user_agent: str
    instance: str
    reg_id: int
    registered_at: float
    refreshed_at: float
    nat: int


class CallRow(NamedTuple):
    """One call that is over."""

    call_id: str
    caller: str
    callee: str
    answered_by: str | None
    arrived_at: float
    ringing_at: float | None
    answered_at: float | None
    ended_at: float
    outcome: str
    status: int
    reason: str
    ended_by: str
    because: str
    legs: str
    """JSON: a list of objects."""
    path: str = ""
    """Who was tried, one after the other, and what became of each; empty: nobody but who was
    dialled."""


class MessageRow(NamedTuple):
    """One voice message. See softswitch.mailbox.messages.Message for what the fields mean."""

    id: str
    mailbox: str
    caller: str
    caller_name: str
    called: str
    reason: str
    began_at: float
    ended_at: float
    seconds: float
    state: str
    deleted_at: float
    forwarded_by: str = ""
    introduction: bool = False
    diverted_by: str = ""
    codec: str = ""
    loss: float | None = None


class MailboxRow(NamedTuple):
    """What the owner of a mailbox has decided. See softswitch.mailbox.messages.Box."""

    mailbox: str
    pin: str
    """Hashed; empty while he has not chosen one."""
    pin_length: int
    pin_instead: str
    """Hashed: the PIN of the configuration that his own was chosen instead of."""
    failures: str
    """JSON: when wrong PINs were typed."""
    locked_until: float
    greetings: str
    """JSON: an object."""
    pin_at: float = 0.0
    """When the PIN was chosen."""


class OutboxRow(NamedTuple):
    """The mail for one message. See softswitch.outbox."""

    message_id: str
    mailbox: str
    since: float
    attempts: int
    next_at: float
    served: str
    """Addresses whose server has it, joined by line feeds."""
    state: str
    error: str
    """Why the last attempt failed; empty when none did."""
    notice: str = ""
    """JSON: what the mail is about; empty: about the message of this id."""


class SettingRow(NamedTuple):
    """What a user has set, in force or over. See softswitch.settings.overrides.Override."""

    id: str
    user: str
    key: str
    value: str
    instead: str
    """What the configuration said when it was set."""
    source: str
    changed_at: float
    ended_at: float
    """0: it is in force."""
    ended_by: str
    """In words, why it is over."""


class CalendarRow(NamedTuple):
    """What somebody has chosen for a calendar instead of its hours."""

    name: str
    state: str
    """Empty: its hours count."""
    until: float
    """0: until somebody chooses something else."""
    source: str
    changed_at: float


class OrphanRow(NamedTuple):
    """A user of whom something is kept, and who is in no configuration any more."""

    user: str
    since: float


class RecordingRow(NamedTuple):
    """A recorded call, or a part of one."""

    id: str
    call_id: str
    caller: str
    callee: str
    """Who answered."""
    began_at: float
    seconds: float
    file: str
    """Its name in the folder of recordings."""
    sha256: str
    """Of the file as it was when it was finished; empty: it could not be read."""
    problem: str
    """Why it is not whole; empty: it is."""


class PortalRow(NamedTuple):
    """How a user gets into the portal. See softswitch.web.accounts."""

    user: str
    password: str
    """Hashed; empty while there is none."""
    link: str
    """The digest of what stands in the last link that was mailed; empty: it was used."""
    link_until: float
    changed_at: float
    """When the password was chosen; 0: never."""


class Store(Protocol):
    """Everything that is kept. Methods raise StoreError; waiting for one never blocks the loop."""

    @property
    def epoch(self) -> int:
        """How often the store was opened by a running switch, this time included."""

    def put_bindings(self, put: Sequence[BindingRow], drop: Sequence[int] = ()) -> Committed:
        """Keep these rows and forget those ids, all or nothing; done when it is committed.

        Calls take effect in their order. An id that was dropped is not put again.
        """

    async def bindings(self) -> list[BindingRow]:
        """All that is kept, by id."""

    def add_call(self, call: CallRow) -> Committed:
        """Keep the record of a call; done when it is committed."""

    async def calls(self, limit: int, user: str | None = None) -> list[CallRow]:
        """The latest calls, newest first; only those the user took part in, when one is given."""

    async def call(self, prefix: str) -> CallRow | None:
        """The newest call whose id begins so."""

    def add_trace(self, call_id: str, data: bytes) -> Committed:
        """Keep the messages of a call; done when they are committed."""

    async def trace(self, call_id: str) -> bytes | None:
        """The messages of a call."""

    async def drop_traces(self, before: float) -> None:
        """Forget the messages of calls that ended before this time."""

    def put_messages(self, put: Sequence[MessageRow], drop: Sequence[str] = ()) -> Committed:
        """Keep these rows and forget those ids, all or nothing.

        Done when it is committed and would survive a power cut, too; a moment later where only
        recordings begin.
        """

    async def messages(self) -> list[MessageRow]:
        """All voice messages, the oldest first."""

    def put_mailbox(self, mailbox: MailboxRow) -> Committed:
        """Keep what an owner has decided; safe as messages are."""

    async def mailboxes(self) -> list[MailboxRow]:
        """All of them, by mailbox."""

    def put_outbox(self, put: Sequence[OutboxRow], drop: Sequence[str] = ()) -> Committed:
        """Keep these mails and forget those of these messages; safe as messages are."""

    async def outbox(self) -> list[OutboxRow]:
        """All mails, the oldest first."""

    def put_settings(self, put: Sequence[SettingRow]) -> Committed:
        """Keep these settings, all or nothing; safe as messages are."""

    async def settings(self) -> list[SettingRow]:
        """Those that are in force, the oldest first."""

    async def past_settings(self, user: str, limit: int) -> list[SettingRow]:
        """The last of a user's that are over, newest first."""

    async def settings_of(self, user: str) -> list[SettingRow]:
        """All of a user's, those too that are over."""

    async def drop_settings(self, before: float, most: int) -> None:
        """Forget those that were over before this time, and all but the last of a user's key."""

    def put_calendar(self, calendar: CalendarRow) -> Committed:
        """Keep what somebody has chosen; safe as messages are."""

    async def calendars(self) -> list[CalendarRow]:
        """What was chosen for each, by name."""

    async def owners(self) -> set[str]:
        """All users of whom messages, decisions or settings are kept."""

    def put_orphans(self, put: Sequence[OrphanRow], drop: Sequence[str] = ()) -> Committed:
        """Keep since when these are no users, and forget that of those."""

    async def orphans(self) -> list[OrphanRow]:
        """All of them, by user."""

    def forget_user(self, user: str) -> Committed:
        """Remove all that is kept of a user but the records of calls."""

    def put_recording(self, recording: RecordingRow) -> Committed:
        """Keep what is known of a recorded call."""

    async def recordings(self, limit: int) -> list[RecordingRow]:
        """The latest, newest first."""

    async def old_recordings(self, before: float) -> list[RecordingRow]:
        """Those that began before this time, the oldest first."""

    def drop_recordings(self, drop: Sequence[str]) -> Committed:
        """Forget those of these ids."""

    def put_portal(self, account: PortalRow) -> Committed:
        """Keep how a user gets into the portal; safe as messages are."""

    async def portal(self) -> list[PortalRow]:
        """All who ever asked to get in, by user."""

    async def secret(self, name: str, make: Callable[[], bytes]) -> bytes:
        """What is kept under this name; `make` is asked for it the first time."""

    async def close(self) -> None:
        """Commit what waits, and let go. Calls after it raise StoreError."""
