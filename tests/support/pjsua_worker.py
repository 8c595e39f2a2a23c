"""A headless pjsua2 phone as a process of its own, led by JSON lines (worker_protocol.py).

Why a process: PJSIP allows one endpoint, four calls and eight accounts in each, ends the process
on a violated assertion, and takes calls only from a thread that it knows. So there is one thread
here, no callback ever runs beside it, and an abort fails one test with its exit code in hand.
"""

import ctypes
import select
import time
from typing import Any

import pjsua2 as pj

from tests.support.worker_protocol import Channel

POLL = 10
"""Milliseconds that PJSIP may wait for a packet; a command waits at most as long."""
GOODBYE = 1.5
"""Seconds for BYE and un-REGISTER when the phone is switched off."""
TRANSPORTS = {"udp": pj.PJSIP_TRANSPORT_UDP, "tcp": pj.PJSIP_TRANSPORT_TCP}
ENCRYPTIONS = {
    "off": pj.PJMEDIA_SRTP_DISABLED,
    "wish": pj.PJMEDIA_SRTP_OPTIONAL,
    "sdes": pj.PJMEDIA_SRTP_MANDATORY,
}
ACTIVE = (pj.PJSUA_CALL_MEDIA_ACTIVE, pj.PJSUA_CALL_MEDIA_REMOTE_HOLD)
CLOCK_RATE = 8000
"""The bridge runs at the rate of G.711, so that no sample is ever interpolated."""
JITTER_BUFFER = 100
"""Milliseconds, fixed: a buffer that adapts drops samples, and the tests compare every one."""
CLOSE_TICKS = 6
"""Rounds until the conference bridge has carried out what was queued (since PJSIP 2.15)."""


class Call(pj.Call):  # type: ignore[misc]
    """One call; `number` is ours, since PJSIP gives its own out again.

    PJSIP calls the methods named `on…`, in camel case.
    """

    def __init__(self, phone: "Phone", number: int, call_id: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(phone.account, call_id)
        self.phone = phone
        self.number = number
        self.player: Any = None
        self.recorder: Any = None
        self.held = False

    def audio(self) -> Any:
        """The audio stream that is up, or None."""
        info = self.getInfo()  # kept: its media vector dies with it
        for index, media in enumerate(info.media):
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status in ACTIVE:
                return pj.AudioMedia.typecastFromMedia(self.getMedia(index))
        return None

    def onCallState(self, prm: Any) -> None:
        info = self.getInfo()
        if info.state == pj.PJSIP_INV_STATE_EARLY:
            event = "ringing" if info.lastStatusCode == 180 else "progress"
            self.phone.channel.event(event, call=self.number)
        elif info.state == pj.PJSIP_INV_STATE_CONFIRMED:
            self.phone.channel.event("answered", call=self.number)
        elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.phone.channel.event(
                "ended", call=self.number, status=info.lastStatusCode, reason=info.lastReason
            )
            self.phone.ended.append(self.number)

    def onCallMediaState(self, prm: Any) -> None:
        info = self.getInfo()
        held = any(m.status == pj.PJSUA_CALL_MEDIA_REMOTE_HOLD for m in info.media)
        if held != self.held:
            self.held = held
            self.phone.channel.event("held" if held else "resumed", call=self.number)
        self.wire()

    def onDtmfDigit(self, prm: Any) -> None:
        self.phone.channel.event("digit", call=self.number, digit=prm.digit)

    def wire(self) -> None:
        """Join player and recorder to the stream; a re-INVITE brings a new one."""
        audio = self.audio()
        if audio is None:
            return
        if self.player is not None:
            self.player.startTransmit(audio)
        if self.recorder is not None:
            audio.startTransmit(self.recorder)


class Account(pj.Account):  # type: ignore[misc]
    """The extension that the phone is."""

    def __init__(self, phone: "Phone") -> None:
        super().__init__()
        self.phone = phone

    def onRegState(self, prm: Any) -> None:
        if prm.code // 100 != 2:
            name = "refused"
        else:
            name = "registered" if prm.expiration else "unregistered"
        self.phone.channel.event(name, status=prm.code, reason=prm.reason)

    def onMwiInfo(self, prm: Any) -> None:
        _, _, body = prm.rdata.wholeMsg.replace("\r\n", "\n").partition("\n\n")
        summary = dict(line.split(": ", 1) for line in body.splitlines() if ": " in line)
        if summary:  # it is called for the answers to SUBSCRIBE as well
            self.phone.channel.event(
                "lamp",
                lit=summary["Messages-Waiting"] == "yes",
                count=summary["Voice-Message"],
                account=summary["Message-Account"],
            )

    def onIncomingCall(self, prm: Any) -> None:
        call = self.phone.adopt(prm.callId)
        info = call.getInfo()
        self.phone.channel.event(
            "incoming", call=call.number, caller=info.remoteUri, headers=prm.rdata.wholeMsg
        )


class Phone:
    """One endpoint with one account; its public methods are the commands."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.calls: dict[int, Call] = {}
        self.ended: list[int] = []
        self.account: Any = None
        self._endpoint: Any = None
        self._numbers = 0
        self._server = ""

    def start(
        self,
        extension: str,
        password: str,
        server: str,
        transport: str = "udp",
        codec: str = "PCMU",
        encryption: str = "off",
        subscribes: bool = False,
        hushes: bool = False,
        proxy: str = "",
        address: str = "",
        port: int = 0,
    ) -> dict[str, Any]:
        """Switch the phone on; it registers when it is told to, and may subscribe to its lamp.

        `hushes`: it sends nothing while its user is silent. `proxy`: all that it sends goes there
        first. `address` and `port`: where it lives, if that matters.
        """
        self._server = server
        host = address or server.rpartition(":")[0]
        endpoint = self._endpoint = pj.Endpoint()
        endpoint.libCreate()
        endpoint.libInit(_endpoint_config(hushes))
        local = pj.TransportConfig()
        local.boundAddress = local.publicAddress = host
        local.port = port
        transport_id = endpoint.transportCreate(TRANSPORTS[transport], local)
        endpoint.libStart()
        endpoint.audDevManager().setNullDev()
        for known in endpoint.codecEnum2():
            wanted = known.codecId.startswith(f"{codec}/") and known.codecId.endswith("/1")
            endpoint.codecSetPriority(known.codecId, 254 if wanted else 0)
        suffix = "" if transport == "udp" else f";transport={transport}"
        config = pj.AccountConfig()
        config.idUri = f"sip:{extension}@{host}"
        config.regConfig.registrarUri = f"sip:{server}{suffix}"
        config.regConfig.registerOnAdd = False
        config.regConfig.timeoutSec = 300
        config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", extension, 0, password))
        config.sipConfig.proxies.append(f"sip:{proxy or server};lr{suffix}")
        config.sipConfig.transportId = transport_id if transport == "udp" else -1
        media = config.mediaConfig.transportConfig
        media.boundAddress = media.publicAddress = host
        config.mediaConfig.srtpUse = ENCRYPTIONS[encryption]
        config.mediaConfig.srtpSecureSignaling = 0
        config.mwiConfig.enabled = subscribes
        config.natConfig.contactRewriteUse = 0
        config.natConfig.sdpNatRewriteUse = 0
        self.account = Account(self)
        self.account.create(config)
        return {"library": endpoint.libVersion().full}

    def stop(self) -> None:
        """Switch the phone off in the only order that PJSIP survives."""
        if self._endpoint is None:
            return
        self._endpoint.hangupAllCalls()
        self._poll_until(lambda: not self.calls)
        for call in self.calls.values():
            call.player = call.recorder = None
        if self.account.getInfo().regIsActive:
            self.account.setRegistration(False)
            self._poll_until(lambda: not self.account.getInfo().regIsActive)
        self.account.shutdown()
        self.account = None
        self._endpoint.libDestroy()
        self._endpoint = None

    def poll(self) -> None:
        """Let PJSIP work, then drop the calls that ended: outside of their own callbacks."""
        if self._endpoint is None:
            return
        self._endpoint.libHandleEvents(POLL)
        while self.ended:
            call = self.calls.pop(self.ended.pop(), None)
            if call is not None:
                call.player = call.recorder = None

    def adopt(self, call_id: int = pj.PJSUA_INVALID_ID) -> Call:
        self._numbers += 1
        call = self.calls[self._numbers] = Call(self, self._numbers, call_id)
        return call

    def register(self) -> None:
        self.account.setRegistration(True)

    def unregister(self) -> None:
        self.account.setRegistration(False)

    def dial(self, number: str) -> dict[str, Any]:
        call = self.adopt()
        call.makeCall(f"sip:{number}@{self._server}", pj.CallOpParam(True))
        return {"call": call.number}

    def ring(self, call: int) -> None:
        self._answer(call, 180)

    def answer(self, call: int) -> None:
        self._answer(call, 200)

    def reject(self, call: int, status: int) -> None:
        self._answer(call, status)

    def hangup(self, call: int) -> None:
        self.calls[call].hangup(pj.CallOpParam())

    def hold(self, call: int) -> None:
        self.calls[call].setHold(pj.CallOpParam(True))

    def resume(self, call: int) -> None:
        parameters = pj.CallOpParam(True)
        parameters.opt.flag = pj.PJSUA_CALL_UNHOLD
        self.calls[call].reinvite(parameters)

    def play(self, call: int, path: str) -> None:
        """Play that WAV into the call, once."""
        player = pj.AudioMediaPlayer()
        player.createPlayer(path, pj.PJMEDIA_FILE_NO_LOOP)
        self.calls[call].player = player
        self.calls[call].wire()

    def record(self, call: int, path: str) -> None:
        """Write what is heard into that WAV until `stop_recording`."""
        recorder = pj.AudioMediaRecorder()
        recorder.createRecorder(path)
        self.calls[call].recorder = recorder
        self.calls[call].wire()

    def stop_recording(self, call: int) -> None:
        self.calls[call].recorder = None
        for _ in range(CLOSE_TICKS):
            self._endpoint.libHandleEvents(2 * POLL)

    def send_digits(self, call: int, digits: str) -> None:
        """RFC 4733 telephone-events of 100 ms."""
        parameters = pj.CallSendDtmfParam()
        parameters.method = pj.PJSUA_DTMF_METHOD_RFC2833
        parameters.duration, parameters.digits = 100, digits
        self.calls[call].sendDtmf(parameters)

    def packets_sent(self, call: int) -> dict[str, Any]:
        return {"packets": self.calls[call].getStreamStat(0).rtcp.txStat.pkt}

    def _answer(self, call: int, status: int) -> None:
        parameters = pj.CallOpParam(True)
        parameters.statusCode = status
        self.calls[call].answer(parameters)

    def _poll_until(self, done: Any) -> None:
        end = time.monotonic() + GOODBYE
        while not done() and time.monotonic() < end:
            self.poll()


def _endpoint_config(hushes: bool) -> Any:
    config = pj.EpConfig()
    config.logConfig.consoleLevel = 3
    config.logConfig.level = 3
    config.uaConfig.threadCnt = 0
    config.uaConfig.mainThreadOnly = True
    config.uaConfig.userAgent = "pjsua2"
    media = config.medConfig
    media.clockRate = CLOCK_RATE
    media.noVad = not hushes
    media.ecTailLen = 0
    media.sndAutoCloseTime = -1  # the clock of one call must not stop with the call before it
    never_discard = media.jbDiscardAlgo
    ctypes.c_int.from_address(int(never_discard)).value = 0  # an enum the binding cannot make
    media.jbDiscardAlgo = never_discard
    media.jbInit = media.jbMinPre = media.jbMaxPre = JITTER_BUFFER
    return config


def main() -> None:
    channel = Channel()
    phone = Phone(channel)
    while True:
        phone.poll()
        idle = 0.0 if phone.account is not None else None
        if not select.select([0], [], [], idle)[0]:
            continue
        commands = channel.commands()
        for command in commands or []:
            name = command.pop("do")
            assert not name.startswith("_"), name
            try:
                channel.reply(getattr(phone, name)(**command))
            except Exception as problem:
                channel.error(_plain(problem))
            if name == "stop":
                return
        if commands is None:
            phone.stop()
            return


def _plain(problem: Exception) -> Exception:
    """PJSIP's errors print as an address; their text is in `info()`."""
    return RuntimeError(problem.info()) if isinstance(problem, pj.Error) else problem


if __name__ == "__main__":
    main()
