"""A headless baresip phone as a process of its own, led by JSON lines (worker_protocol.py).

baresip-python brings an asyncio interface to libre and baresip: a SIP stack that shares nothing
with pjsua2. The process keeps one phone's crash or memory from the next.
"""

import asyncio
import contextlib
import sys
import wave
from pathlib import Path

import numpy as np
from baresip import (
    Account,
    AudioNotActive,
    AudioRestarted,
    BaresipError,
    Config,
    Event,
    RegistrationError,
    Runtime,
    StackEvent,
    UserAgent,
)
from baresip import Call as NativeCall

from tests.support.worker_protocol import Channel

TICK = 0.02
"""Seconds between two looks at the audio: one packet."""
AHEAD = 0.2
"""Seconds of sound kept in the transmit buffer; the stack's own clock takes it out."""
READ = 1 << 16
FRAME_OCTETS = 2
JITTER_BUFFER = "jitter_buffer_type fixed\njitter_buffer_delay 5-10\naudio_buffer 20-500\n"
CODECS = {
    "PCMU": "pcmu",
    "PCMA": "pcma",
    "G722": "g722/16000/1",
    "OPUS": "opus/48000/2",
    "L16": "L16/16000/1",
}
ENCRYPTIONS: dict[str, tuple[str, ...]] = {
    "off": (),
    "wish": ("mediaenc=srtp",),
    "sdes": ("mediaenc=srtp-mand",),
    "dtls": ("mediaenc=dtls_srtp",),
}
SIMPLE_EVENTS = {
    Event.CALL_RINGING: "ringing",
    Event.CALL_PROGRESS: "progress",
    Event.CALL_ESTABLISHED: "answered",
    Event.CALL_HOLD: "held",
    Event.CALL_RESUME: "resumed",
}


class Call:
    """One call and its sound."""

    def __init__(self, channel: Channel, number: int, native: NativeCall) -> None:
        self.native = native
        self.number = number
        self._channel = channel
        self._unplayed = b""
        self._heard: list[bytes] = []
        self._rate = 8000
        self._channels = 1
        self._file_rate = 8000
        self._is_ready = True
        """What is to be played has the rate and channels of the stream."""
        self._recording: Path | None = None
        native.on_dtmf(lambda event: channel.event("digit", call=number, digit=event.digit))

    def happened(self, event: StackEvent) -> None:
        if event.event in SIMPLE_EVENTS:
            self._channel.event(SIMPLE_EVENTS[event.event], call=self.number)
        elif event.event is Event.CALL_CLOSED:
            self.stop_recording()
            status, _, reason = (event.text or "").partition(" ")
            code = int(status) if status.isdigit() else 0
            self._channel.event(
                "ended", call=self.number, status=code, reason=reason if code else event.text
            )

    def play(self, path: Path) -> None:
        with wave.open(str(path)) as sound:
            self._file_rate = sound.getframerate()
            self._unplayed = sound.readframes(sound.getnframes())
        self._is_ready = False

    def _fit(self, rate: int, channels: int) -> None:
        self._is_ready = True
        samples = np.frombuffer(self._unplayed, "<i2")
        if rate != self._file_rate:
            places = np.arange(len(samples) * rate // self._file_rate) * (self._file_rate / rate)
            samples = np.interp(places, np.arange(len(samples)), samples).astype("<i2")
        self._unplayed = np.repeat(samples, channels).tobytes()

    def record(self, path: Path) -> None:
        self._heard.clear()
        self._recording = path

    def stop_recording(self) -> None:
        path, self._recording = self._recording, None
        if path is not None:
            with wave.open(str(path), "wb") as sound:
                sound.setparams((1, FRAME_OCTETS, self._rate, 0, "NONE", ""))
                samples = np.frombuffer(b"".join(self._heard), "<i2")
                sound.writeframes(samples[:: self._channels].tobytes())

    def pump(self) -> None:
        """Feed the transmit buffer and empty the receive buffer; called every tick."""
        audio = self.native.audio
        with contextlib.suppress(AudioNotActive, AudioRestarted):
            info = audio.info()
            self._rate = info.rx_sample_rate or self._rate
            self._channels = info.rx_channels or self._channels
            second = info.tx_sample_rate * info.tx_channels * FRAME_OCTETS
            if self._unplayed and info.tx_buffered < AHEAD * second:
                if not self._is_ready:
                    self._fit(info.tx_sample_rate, info.tx_channels)
                taken = audio.write(self._unplayed[: second // 10])
                self._unplayed = self._unplayed[taken:]
            heard = audio.read(READ)
            if self._recording is not None:
                self._heard.append(heard)


class Phone:
    """One user agent; its public methods are the commands."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.calls: dict[int, Call] = {}
        self._runtime = Runtime()
        self._handles: dict[int, Call] = {}
        self._early: list[StackEvent] = []
        """Events of calls that `dial` has not told us about yet: a 180 can be that quick."""
        self._agent: UserAgent | None = None
        self._server = ""

    async def start(
        self,
        extension: str,
        password: str,
        server: str,
        transport: str = "udp",
        codec: str = "PCMU",
        encryption: str = "off",
        keys_by_info: bool = False,
    ) -> None:
        """Switch the phone on; it registers when it is told to.

        `keys_by_info`: its keys are INFO requests, not telephone events.
        """
        self._server = server
        host = server.rpartition(":")[0]
        await self._runtime.start(
            Config(
                net_interface=host,
                max_concurrent_calls=None,
                extra_config_text=f"sip_listen {host}:0\n{JITTER_BUFFER}",
            )
        )
        account = Account(
            user=extension,
            domain=server,
            password=password,
            registrar=f"{server};transport={transport}",
            reg_interval=300,
            transport="tcp" if transport == "tcp" else "udp",
            audio_codecs=(CODECS[codec],),
            extra_params=ENCRYPTIONS[encryption],
            dtmf_mode="info" if keys_by_info else "rtpevent",
        )
        self._agent = await UserAgent.create(self._runtime, account)
        self._agent.on_incoming(self._incoming)
        self._runtime.subscribe(self._happened)

    async def stop(self) -> None:
        await self._runtime.close()

    async def register(self) -> None:
        try:
            await self.agent.register()
        except RegistrationError as error:
            self.channel.event("refused", status=error.status or 0, reason=error.reason)
        else:
            self.channel.event("registered", status=200, reason="OK")

    async def unregister(self) -> None:
        await self.agent.unregister()
        self.channel.event("unregistered", status=200, reason="OK")

    async def dial(self, number: str) -> dict[str, int]:
        return {"call": self._adopt(await self.agent.dial(f"sip:{number}@{self._server}")).number}

    async def answer(self, call: int) -> None:
        await self.calls[call].native.answer()

    async def reject(self, call: int, status: int) -> None:
        assert status == 486, "baresip rejects with 486 only"
        await self.calls[call].native.reject()

    async def hangup(self, call: int) -> None:
        await self.calls[call].native.hangup()

    async def hold(self, call: int) -> None:
        await self.calls[call].native.hold()

    async def resume(self, call: int) -> None:
        await self.calls[call].native.resume()

    async def play(self, call: int, path: str) -> None:
        self.calls[call].play(Path(path))

    async def record(self, call: int, path: str) -> None:
        self.calls[call].record(Path(path))

    async def stop_recording(self, call: int) -> None:
        self.calls[call].stop_recording()

    async def send_digits(self, call: int, digits: str) -> None:
        await self.calls[call].native.send_dtmf(digits)

    async def pump(self) -> None:
        while True:
            for call in self.calls.values():
                call.pump()
            await asyncio.sleep(TICK)

    @property
    def agent(self) -> UserAgent:
        assert self._agent is not None, "start comes first"
        return self._agent

    def _incoming(self, native: NativeCall) -> None:
        call = self._adopt(native)
        self.channel.event("incoming", call=call.number, caller=native.peer or "", headers="")

    def _adopt(self, native: NativeCall) -> Call:
        call = Call(self.channel, len(self.calls) + 1, native)
        self.calls[call.number] = self._handles[native.handle] = call
        for event in self._early:
            if event.call == native.handle:
                call.happened(event)
        self._early.clear()
        return call

    def _happened(self, event: StackEvent) -> None:
        call = self._handles.get(event.call)
        if call is not None:
            call.happened(event)
        elif event.call and event.event is not Event.CALL_INCOMING:
            self._early.append(event)


async def serve() -> None:
    channel = Channel()
    phone = Phone(channel)
    arrived: asyncio.Queue[list[dict[str, str]] | None] = asyncio.Queue()
    asyncio.get_running_loop().add_reader(0, lambda: arrived.put_nowait(channel.commands()))
    async with asyncio.TaskGroup() as group:
        pump = group.create_task(phone.pump())
        stopped = False
        while not stopped:
            commands = await arrived.get()
            stopped = commands is None
            for command in commands or []:
                stopped = await _obey(phone, command) or stopped
        pump.cancel()


async def _obey(phone: Phone, command: dict[str, str]) -> bool:
    """Carry the command out. True: it was the last one."""
    name = command.pop("do")
    assert not name.startswith("_"), name
    try:
        phone.channel.reply(await getattr(phone, name)(**command))
    except (BaresipError, KeyError, AssertionError) as problem:
        phone.channel.error(problem)
    return name == "stop"


if __name__ == "__main__":
    sys.exit(asyncio.run(serve()))
