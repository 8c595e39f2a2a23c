"""Scripted phones: SIP user agents of the simplest kind, played by a test.

    call = alice.invites("101")      bob.rings()      bob.answers()      alice.hangs_up()

Each verb sends one message; what follows from it is reflex. Verbs are about the last call of the
phone unless told of another.
"""

from __future__ import annotations

from softswitch.sip.message import Response
from tests.softswitch.b2bua.dialogs import PhoneCall
from tests.softswitch.b2bua.reflexes import Reflexes


class Phone(Reflexes):
    """A user agent that does what it is told."""

    def invites(
        self,
        number: str,
        *lines: str,
        offer: bytes | None = None,
        hops: int = 70,
        contact: str = "",
    ) -> PhoneCall:
        """Call a number. `offer` b"" is a late offer."""
        name = self.word()
        call = PhoneCall(
            self,
            call_id=f"{name}@{self.host}",
            local_tag=f"t{name}",
            local=f'"Mr {self.extension}" <sip:{self.extension}@192.0.2.1>',
            remote=f"<sip:{number}@192.0.2.1>",
            target=f"sip:{number}@192.0.2.1",
        )
        call.branch = f"z9hG4bK{name}"
        body = self.sdp() if offer is None else offer
        call.late = not body
        self.remember(call)
        data = call.request("INVITE", 1, call.branch, f"Allow: {self.allow}", *lines, body=body)
        if hops != 70:
            data = data.replace(b"Max-Forwards: 70", b"Max-Forwards: %d" % hops)
        self._ask(data, call.branch, "INVITE", lambda response: self._invited(call, response, 1))
        return call

    def cancels(self, *lines: str, call: PhoneCall | None = None) -> None:
        """Give up an INVITE that is not answered."""
        call = call or self.call
        data = call.request("CANCEL", 1, call.branch, *lines)
        data = b"\r\n".join(
            line.partition(b";tag=")[0] if line.startswith(b"To: ") else line
            for line in data.split(b"\r\n")
        )
        self._ask(
            data, call.branch, "CANCEL", lambda response: call.answers.append(response.status)
        )

    def rings(
        self,
        status: int = 180,
        *lines: str,
        body: bytes = b"",
        tag: str = "",
        call: PhoneCall | None = None,
    ) -> None:
        self._answer(call or self.call, status, *lines, body=body, tag=tag)

    def answers(
        self,
        *lines: str,
        body: bytes | None = None,
        tag: str = "",
        call: PhoneCall | None = None,
    ) -> PhoneCall:
        """Pick up."""
        call = call or self.call
        call.state = "up"
        self._answer(
            call, 200, *lines, body=self.answer_to(call) if body is None else body, tag=tag
        )
        return call

    def rejects(self, status: int = 486, *lines: str, call: PhoneCall | None = None) -> None:
        call = call or self.call
        call.over()
        self._answer(call, status, *lines)

    def hangs_up(self, *lines: str, call: PhoneCall | None = None) -> None:
        call = call or self.call
        call.byes_sent += 1
        call.over()
        self.asks("BYE", *lines, call=call)

    def holds(self, direction: str = "sendonly", **changes: str) -> None:
        self.reinvites(self.sdp(direction=direction, **changes))

    def changes(self, payloads: str = "0 101") -> None:
        """Offer other codecs: what the other side has to know of."""
        self.reinvites(self.sdp(payloads=payloads))

    def resumes(self) -> None:
        self.reinvites(self.sdp())

    def reinvites(self, body: bytes, *lines: str, call: PhoneCall | None = None) -> None:
        call = call or self.call
        call.late = not body
        call.cseq += 1
        cseq = call.cseq
        branch = f"z9hG4bK{self.word()}"
        call.branch = branch
        data = call.request("INVITE", cseq, branch, *lines, body=body)
        self._ask(data, branch, "INVITE", lambda response: self._reinvited(call, response, cseq))

    def cancels_reinvite(self) -> None:
        call = self.call
        data = call.request("CANCEL", call.cseq, call.branch)
        self._ask(data, call.branch, "CANCEL", lambda response: None)

    def asks(
        self, method: str, *lines: str, body: bytes = b"", call: PhoneCall | None = None
    ) -> None:
        """Any other request within the call."""
        call = call or self.call
        call.cseq += 1
        branch = f"z9hG4bK{self.word()}"
        data = call.request(method, call.cseq, branch, *lines, body=body)

        def heard(response: Response) -> None:
            call.answers.append(response.status)
            call.responses.append(response)
            if response.body:
                call.bodies.append(response.body)

        self._ask(data, branch, method, heard)

    def disconnects(self) -> None:
        self.world.network.closed.add(self.connection)
        self.world.agent.flow_closed(self.flow)
