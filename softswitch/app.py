"""Builds every part from a Config, joins them, runs them, and stops them in order.

    store ─► clock, bus, location ─► sockets ─► user agent ─► registrar, calls ─► UAS
                                      media engine ─┘                  └─► control socket

The only module that knows all the others. What keeps the switch from starting becomes one line of
`CannotRun`; whatever was started before it is stopped again.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import secrets
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from random import random
from typing import TYPE_CHECKING

from softswitch import premises
from softswitch.addressing import Addressing
from softswitch.auth import Authenticator
from softswitch.b2bua.calls import Calls
from softswitch.bans import Bans
from softswitch.bus import Bus
from softswitch.clock import Clock
from softswitch.config.boxes import people
from softswitch.config.conference import numbered
from softswitch.control import Handler
from softswitch.events.busy_lamps import BusyLamps, Look
from softswitch.events.code_lamps import CodeLamps
from softswitch.events.lamps import Lamps
from softswitch.events.message_summary import MessageSummary
from softswitch.events.notifier import Notifier
from softswitch.journal import Journal
from softswitch.keepalive import Keepalive
from softswitch.location import Location
from softswitch.mailroom import Mailroom, lamps, open_mailroom
from softswitch.message_commands import MessageCommands
from softswitch.premises import CannotRun
from softswitch.recordings import Recordings, open_recordings
from softswitch.registrar import Registrar
from softswitch.rooms.meeting import Meetings
from softswitch.routing.codes import Codes
from softswitch.settings.commands import Commands
from softswitch.settings.opening import desk, open_hours, open_settings
from softswitch.sip.flow import Flow
from softswitch.sip.transport import Transports
from softswitch.status import Status
from softswitch.store.store import Store, StoreError
from softswitch.tokens import Tokens
from softswitch.trace import Tracer
from softswitch.trunk_watch import TrunkWatch
from softswitch.trunks import Trunks
from softswitch.uas import Uas
from softswitch.upkeep import open_upkeep
from softswitch.user_agent import TRYING_AFTER, UserAgent
from softswitch.voicemail import Services
from softswitch.voices import Voices
from softswitch.web.opening import open_portal

if TYPE_CHECKING:
    from softswitch.config import Config
    from softswitch.media.engine.client import WorkerEngine
    from softswitch.settings.settings import Settings

log = logging.getLogger(__name__)

DRAIN_TIMEOUT = 5.0
"""Seconds that phones have to answer our BYEs after Ctrl-C: a person waits for the prompt."""
HELD_TIMEOUT = 300.0
"""Seconds without RTP that a held call may last (reliability: no media)."""
NONCE_KEY_OCTETS = 32
WAKE_SLACK = 0.001
"""Seconds. uvloop counts in whole milliseconds and wakes up to one too early; a timer would then be
looked for again and again until it is due."""
SWEEP = 3600.0
"""Seconds between looks for traces that are too old to keep."""
GARBAGE_THRESHOLDS = (150_000, 20, 100)
"""Calls make few cycles; the default of 700 would look for them some hundred times a second. What
3,000 calls leave behind for the half minute in which messages may be repeated takes 70 ms to look
through, 2 % of what they cost; at a steady rate it is gone before its turn comes."""


class App:
    """The switch of one configuration."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._clock = Clock()
        self._bus = Bus()
        self._location = Location()
        self._trunks = Trunks(config.trunks, self._bus, self._location.all)
        self._meetings = Meetings(config.conferences)

    async def run(self, ready: Callable[[Config, list[str]], None]) -> None:
        """Run until SIGINT or SIGTERM; `ready` hears where phones reach us. Raises CannotRun."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        failure = None
        async with AsyncExitStack() as stack:
            try:
                servers = await self._start(stack)
            except CannotRun as error:
                failure = error  # raised below: the task groups in the stack would wrap it
            else:
                gc.collect()
                gc.freeze()
                gc.set_threshold(*GARBAGE_THRESHOLDS)
                ready(self._config, servers)
                await stop.wait()
                log.info("stopping: new calls are refused, those that are up are ended")
        if failure is not None:
            raise failure

    async def _start(self, stack: AsyncExitStack) -> list[str]:
        """Start every part; the stack stops them in reverse order."""
        state, network = self._config.state, self._config.network
        premises.make_folder(state)
        # First of all: a second switch on the same state must not touch it.
        answers: dict[str, Handler] = {}
        await premises.control(state, answers, stack)
        store = await premises.store(state, stack)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        stack.callback(tasks.create_task(self._forget_old_traces(store)).cancel)
        addressing = await premises.addressing(network, self._clock.monotonic, stack, tasks)
        media = await premises.media_engine(
            network, self._config.media.backend, HELD_TIMEOUT, stack
        )
        journal = Journal(self._bus, store)
        stack.callback(journal.close)
        tracer = Tracer(journal.keep_trace)
        stack.callback(tracer.flush)
        transports = await stack.enter_async_context(Transports())
        agent = self._agent(transports, addressing, tracer, media)
        clock, config = self._clock, self._config
        settings = await open_settings(config, store, self._bus.publish, clock.wall)
        self._hours = hours = await open_hours(config, store, self._bus.publish, clock.wall)
        answers.update(hours.handlers())
        now = replace(config, users=settings.users, calendars=hours.calendars)
        room = await open_mailroom(now, store, self._bus, clock.wall, stack, tasks)
        boxes = room.boxes
        answers.update(MessageCommands(boxes, room.tenants).handlers())
        commands = Commands(config, settings, boxes.owners.box, store.settings_of)
        answers.update(commands.handlers())
        upkeep = await open_upkeep(config, store, boxes, self._bus, clock, stack, tasks)
        answers.update(upkeep.handlers())
        recorder = await open_recordings(config, store, clock.wall, stack, tasks)
        calls = self._calls(agent, media, addressing, tracer, room, settings, recorder)
        media.on_event = calls.media_event
        busy_lamps = self._busy_lamps(agent, calls, settings)
        notifier = self._notifier(agent, addressing, room, busy_lamps)
        uas, registrar = await self._uas(agent, calls, store, addressing, notifier)
        watch = TrunkWatch(self._trunks, agent=agent, addressing=addressing, random=random)
        stack.callback(tasks.create_task(watch.run()).cancel)
        answers["trunks"], answers["rooms"] = watch.rows, self._meetings.rows
        agent.on_request, agent.on_ack, agent.on_cancel = uas.receive, calls.ack, calls.cancel
        agent.on_flow_closed = _both(registrar.flow_closed, calls.flow_closed)
        transports.receive, transports.receive_burst = agent.receive, agent.receive_burst
        transports.on_closed = agent.flow_closed
        answers.update(Status(calls, self._location, tracer, self._clock).handlers())
        servers = await premises.listen(network, transports)
        await open_portal(config, store, room, settings, clock.wall, answers, stack, tasks)
        stack.push_async_callback(calls.drain, DRAIN_TIMEOUT)
        stack.callback(notifier.close)
        stack.callback(setattr, uas, "draining", True)
        return servers

    def _agent(
        self, transports: Transports, addressing: Addressing, tracer: Tracer, media: WorkerEngine
    ) -> UserAgent:
        return UserAgent(
            transports=transports,
            addressing=addressing,
            clock=asyncio.get_running_loop().time,
            token=Tokens(),
            trace=tracer,
            wall=self._clock.stamp,
            call_at=_wake,
            trying_after=TRYING_AFTER,
            first=media.flush,
        )

    def _calls(
        self,
        agent: UserAgent,
        media: WorkerEngine,
        addressing: Addressing,
        tracer: Tracer,
        room: Mailroom,
        settings: Settings,
        recorder: Recordings | None,
    ) -> Calls:
        voices = Voices(self._config)
        return Calls(
            agent=agent,
            location=self._location,
            directory=settings.users,
            media=media,
            addressing=addressing,
            bus=self._bus,
            tracer=tracer,
            clock=self._clock,
            sleep=asyncio.sleep,
            entropy=os.urandom,
            music=str(self._config.music or ""),
            untranslated=premises.untranslated(),
            codes=Codes(**self._config.feature_codes),
            applications=self._services(room, settings, voices),
            outside=self._config.outside,
            calendars=self._hours.calendars,
            trunks=self._trunks,
            speech=voices.speech,
            rooms=numbered(self._config.conferences),
            recorder=recorder,
            rtp_timeout=self._config.network.rtp_timeout,
            held_timeout=HELD_TIMEOUT,
        )

    def _services(self, room: Mailroom, settings: Settings, voices: Voices) -> Services:
        codes = desk(self._config, settings, self._hours)
        owners, rooms = room.tenants, self._meetings
        return Services(settings.users, room.boxes, voices, os.urandom, codes, owners, rooms)

    def _busy_lamps(self, agent: UserAgent, calls: Calls, settings: Settings) -> BusyLamps:
        """What phones may watch of colleagues and of service codes."""
        return BusyLamps(
            parties=calls.parties,
            directory=settings.users,
            codes=CodeLamps(
                Codes(**self._config.feature_codes), settings.users, self._hours.calendars
            ),
            bus=self._bus,
            later=agent.later,
            look=Look(
                dnd_is_busy=self._config.blf_dnd == "busy",
                dialling_is_talking=self._config.blf_dialling == "confirmed",
                says_with_whom=self._config.blf_details == "all",
            ),
        )

    def _notifier(
        self, agent: UserAgent, addressing: Addressing, room: Mailroom, busy: BusyLamps
    ) -> Notifier:
        """Who tells phones of messages that wait, and of what they watch."""
        domains = self._config.network.domains
        package = MessageSummary(
            lamps(self._config.users),
            room.summary,
            codes=self._config.feature_codes["voicemail"],
            host=domains[0] if domains else "",
            address=addressing.sip_address,
        )
        notifier = Notifier(agent=agent, addressing=addressing, packages=[package, busy])
        busy.tell = partial(notifier.changed, busy.name)
        Lamps(
            agent=agent,
            addressing=addressing,
            location=self._location,
            bus=self._bus,
            notifier=notifier,
            package=package,
            wall=self._clock.wall,
        )
        return notifier

    async def _uas(
        self,
        agent: UserAgent,
        calls: Calls,
        store: Store,
        addressing: Addressing,
        notifier: Notifier,
    ) -> tuple[Uas, Registrar]:
        """Who answers requests, with what they need: logins, bindings, keepalives."""
        users = people(self._config.users)
        authenticator = Authenticator(
            {extension: user.password for extension, user in users.items()},
            realm=self._config.realm,
            nonce_key=await store.secret("nonces", partial(secrets.token_bytes, NONCE_KEY_OCTETS)),
            wall=self._clock.wall,
            bans=Bans(self._clock.monotonic, addressing.is_local),
            is_ours=addressing.is_ours,
        )
        registrar = Registrar(
            agent=agent,
            location=self._location,
            store=store,
            bus=self._bus,
            addressing=addressing,
            wall=self._clock.wall,
            max_devices=lambda user: users[user].max_devices,
        )
        await registrar.load()
        self._clock.on_jump += [registrar.clock_moved, authenticator.clock_moved]
        Keepalive(
            agent=agent,
            location=self._location,
            bus=self._bus,
            addressing=addressing,
            random=random,
        ).start()
        uas = Uas(
            agent,
            authenticator,
            registrar,
            calls,
            notifier,
            addressing=addressing,
            domains=self._config.network.domains,
            trunks=self._trunks,
        )
        return uas, registrar

    async def _forget_old_traces(self, store: Store) -> None:
        while True:
            try:
                await store.drop_traces(self._clock.wall() - self._config.log.keep_traces)
            except StoreError as error:
                log.error("old traces are kept for longer: %s", error)
            await asyncio.sleep(SWEEP)


def _wake(when: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
    """The loop's call_at, but never early."""
    return asyncio.get_running_loop().call_at(when + WAKE_SLACK, callback)


def _both(one: Callable[[Flow], None], other: Callable[[Flow], None]) -> Callable[[Flow], None]:
    def tell(flow: Flow) -> None:
        one(flow)
        other(flow)

    return tell
