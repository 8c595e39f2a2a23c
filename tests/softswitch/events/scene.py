"""Subscribers and registered phones before a real user agent, on virtual time."""

import asyncio
from collections.abc import Callable, Coroutine

from softswitch.bus import Bus, MailboxChanged, Registered, Unregistered
from softswitch.events.lamps import Lamps
from softswitch.events.message_summary import MessageSummary
from softswitch.events.notifier import Notifier
from softswitch.location import Binding, Location
from softswitch.sip.flow import Address, Flow
from softswitch.sip.message import Request, Response
from softswitch.sip.parser import parse_datagram
from softswitch.user_agent import UserAgent
from tests.support import virtual_time
from tests.support.registering import NOW, PHONE
from tests.support.sip_peers import Network, answer, make_request

CONTACT = "<sip:100@192.0.2.1:5062>"
TICK = 0.05
MOST_STEPS = 100


class Scene:
    """The switch's lamps; phones answer each NOTIFY with `status`, or not at all when it is 0."""

    def __init__(self) -> None:
        self.network, self.location, self.bus = Network(), Location(), Bus()
        self.counts = {"100": (0, 0), "101": (0, 0), "600": (0, 0)}
        self.status = 200
        self.silent: set[Flow] = set()
        """Where nobody answers."""
        self.notified: list[tuple[Request, Flow]] = []
        self.seen: set[bytes] = set()
        self.responses: list[Response] = []
        self.words = self.sequence = 0
        self.agent = UserAgent(
            transports=self.network,
            addressing=self,
            clock=asyncio.get_running_loop().time,
            token=self.token,
        )
        self.agent.on_request = self.receive
        package = MessageSummary(
            {"100": ("100",), "101": ("101", "600")},
            self.counts.__getitem__,
            codes=("*98", "*97"),
            host="pbx.example",
            address=self.sip_address,
        )
        self.notifier = Notifier(agent=self.agent, addressing=self, packages=[package])
        self.lamps = Lamps(
            agent=self.agent,
            addressing=self,
            location=self.location,
            bus=self.bus,
            notifier=self.notifier,
            package=package,
            wall=lambda: NOW + self.agent.now(),
        )
        self.user = "100"

    def token(self) -> str:
        self.words += 1
        return f"word{self.words}"

    def sip_address(self, flow: Flow) -> Address:
        return ("192.0.2.10", 5060)

    def receive(self, request: Request, flow: Flow) -> None:
        self.notifier.receive(request, self.agent.accept(request, flow), flow, self.user)

    async def subscribe(
        self,
        uri: str = "sip:100@pbx.example",
        *,
        expires: int = 600,
        event: str = "message-summary",
        call_id: str = "subscription-1",
        to_tag: str = "",
        cseq: int = 0,
        contact: str = CONTACT,
        flow: Flow = PHONE,
        headers: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
    ) -> Response:
        """Send it, and let the phone answer what comes; the answer."""
        self.sequence += 1
        fields = [("Contact", contact), ("Event", event), ("Expires", str(expires)), *headers]
        data = make_request(
            "SUBSCRIBE",
            uri,
            branch=f"z9hG4bK-{self.sequence}",
            call_id=call_id,
            cseq=cseq or self.sequence,
            to_tag=to_tag,
            headers=fields,
            body=body,
        )
        self.agent.receive(data, flow)
        await self.live(TICK)
        return self.responses.pop()

    async def live(self, seconds: float) -> None:
        """Time passes, and phones answer."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        step = max(TICK, seconds / MOST_STEPS)
        while True:
            self._answer_all()
            if loop.time() >= end:
                return
            await asyncio.sleep(min(step, end - loop.time()))

    def _answer_all(self) -> None:
        while self.network.sent:
            data, flow = self.network.sent.pop(0)
            message = parse_datagram(data)
            if isinstance(message, Response):
                self.responses.append(message)
                continue
            if data not in self.seen:
                self.seen.add(data)
                self.notified.append((message, flow))
            if self.status and flow not in self.silent:
                self.agent.receive(answer(data, 100).serialize(), flow)
                self.agent.receive(answer(data, self.status).serialize(), flow)

    def take(self) -> list[Request]:
        """The notifications since the last time, without repetitions."""
        taken = [request for request, _ in self.notified]
        self.notified.clear()
        return taken

    def change(self, mailbox: str, new: int, old: int = 0) -> None:
        self.counts[mailbox] = (new, old)
        self.bus.publish(MailboxChanged(mailbox, new, old))

    def register(self, *bindings: Binding, refreshed: bool = False) -> None:
        self.location.replace(bindings[0].user, bindings)
        for each in bindings:
            self.bus.publish(Registered(each, refreshed))

    def unregister(self, binding: Binding) -> None:
        self.location.replace(binding.user, ())
        self.bus.publish(Unregistered(binding, "removed"))


def on_scene(story: Callable[[Scene], Coroutine[None, None, None]]) -> None:
    async def main() -> None:
        await story(Scene())

    virtual_time.run(main())


def state(request: Request) -> str:
    return request.headers.get("Subscription-State") or ""


def count(request: Request) -> str:
    """new/old."""
    return request.body.decode().partition("Voice-Message: ")[2].partition(" ")[0]
