"""A call of an `Endpoint`, message by message, with the dialog's books kept (RFC 3261 §12)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from tests.support.endpoint import Endpoint, Fields, Message, media_address, tag_of, uri_of
from tests.support.rtp_socket import PATIENCE, Address


class ScriptedCall:
    """One side of a dialog: who we are in it, who they are, and where they want to be reached."""

    def __init__(
        self, endpoint: Endpoint, *, call_id: str, local: str, remote: str, target: str
    ) -> None:
        self.endpoint = endpoint
        self.call_id = call_id
        self.local = local
        self.remote = remote
        self.target = target
        self.routes: list[str] = []
        """Proxies between us and them (§12.1); the first is ours."""
        self.media: Address | None = None
        """Where the switch wants our RTP."""
        self.invite: Message | None = None
        """The last INVITE of either side: what an ACK, a CANCEL or an answer belongs to."""

    @classmethod
    def dial(
        cls, endpoint: Endpoint, number: str, body: bytes | None = None, fields: Fields = ()
    ) -> ScriptedCall:
        """Send an INVITE and log in; what comes next is for the test to expect."""
        uri = f"sip:{number}@{endpoint.server}"
        call = cls(
            endpoint,
            call_id=f"{secrets.token_hex(6)}@{endpoint.address.host}",
            local=f"<{endpoint.aor}>;tag={secrets.token_hex(4)}",
            remote=f"<{uri}>",
            target=uri,
        )
        body = endpoint.sdp() if body is None else body
        call.request("INVITE", body, fields)
        challenge = endpoint.expect(401)
        call.ack_failure(challenge)
        call.request("INVITE", body, [*fields, endpoint.credentials(challenge, "INVITE", uri)])
        return call

    @classmethod
    def incoming(cls, endpoint: Endpoint, timeout: float = PATIENCE) -> ScriptedCall:
        """The call that rings here now."""
        invite = endpoint.expect("INVITE", timeout)
        call = cls(
            endpoint,
            call_id=invite.get("Call-ID"),
            local=f"{invite.get('To')};tag={secrets.token_hex(4)}",
            remote=invite.get("From"),
            target=uri_of(invite.get("Contact")),
        )
        call.learn(invite)
        return call

    def request(
        self, method: str, body: bytes = b"", fields: Fields = (), *, sequence: int = 0
    ) -> Message:
        """Send a request in the dialog, or the one that makes it."""
        own = [("From", self.local), ("To", self.remote), ("Call-ID", self.call_id)]
        own += [("Route", route) for route in self.routes]
        if method in ("INVITE", "UPDATE"):
            own.append(("Contact", self.endpoint.contact))
        if body:
            own.append(("Content-Type", "application/sdp"))
        message = self.endpoint.request(
            method, self.target, [*own, *fields], body, sequence=sequence
        )
        self.endpoint.send(message)
        if method == "INVITE":
            self.invite = message
        return message

    def expect(self, what: int | str, timeout: float = PATIENCE) -> Message:
        """The next message; a response or an INVITE teaches us tag, target and media."""
        message = self.endpoint.expect(what, timeout)
        self.learn(message)
        return message

    def reply(self, status: int, body: bytes = b"", fields: Fields = ()) -> None:
        """Answer the INVITE that rang here, or the last one that `expect` has seen."""
        assert self.invite is not None
        own = [("Contact", self.endpoint.contact)] if status < 300 else []
        self.endpoint.reply(self.invite, status, [*own, *fields], body, tag_of(self.local))

    def answer(self) -> None:
        """Ring, pick up, and hear the ACK."""
        self.reply(180)
        self.reply(200, self.endpoint.sdp())
        self.expect("ACK")

    def ack(self, body: bytes = b"") -> None:
        """Acknowledge the 2xx of our last INVITE (§13.2.2.4): a transaction of its own."""
        assert self.invite is not None
        number = int(self.invite.get("CSeq").split()[0])
        after = self.endpoint.sequence
        self.request("ACK", body, sequence=number)
        self.endpoint.sequence = after

    def ack_failure(self, response: Message) -> None:
        """Acknowledge a final answer that is no 2xx (§17.1.1.3): the INVITE's own branch."""
        assert self.invite is not None
        self.endpoint.send(self._hop_by_hop("ACK", response.get("To")))

    def cancel(self) -> None:
        """CANCEL our INVITE (§9.1)."""
        assert self.invite is not None
        self.endpoint.send(self._hop_by_hop("CANCEL", self.invite.get("To")))

    def hangup(self) -> None:
        self.request("BYE")
        self.expect(200)

    def hung_up(self, timeout: float = PATIENCE) -> Message:
        """The other side's BYE, answered."""
        bye = self.expect("BYE", timeout)
        self.endpoint.reply(bye, 200)
        return bye

    def _hop_by_hop(self, method: str, to: str) -> Message:
        invite = self.invite
        assert invite is not None
        fields: Iterable[tuple[str, str]] = [
            ("Via", invite.get("Via")),
            ("Max-Forwards", "70"),
            ("From", invite.get("From")),
            ("To", to),
            ("Call-ID", self.call_id),
            ("CSeq", f"{invite.get('CSeq').split()[0]} {method}"),
        ]
        return Message(f"{method} {invite.first.split(' ')[1]} SIP/2.0", fields)

    def learn(self, message: Message) -> None:
        if message.method == "INVITE" and not message.status:
            self.invite = message
        if message.status > 100 and tag_of(message.get("To")) and message.method == "INVITE":
            self.remote = message.get("To")
        if message.method == "INVITE" and message.all("Record-Route"):
            routes = message.all("Record-Route")
            self.routes = routes[::-1] if message.status else routes
        if message.get("Contact") and message.status < 300:
            self.target = uri_of(message.get("Contact"))
        if message.get("Content-Type") == "application/sdp":
            self.media = media_address(message.body)


def connect(
    caller: Endpoint, callee: Endpoint, number: str = ""
) -> tuple[ScriptedCall, ScriptedCall]:
    """A call between two endpoints, up and with media on both sides."""
    outgoing = ScriptedCall.dial(caller, number or callee.extension)
    incoming = ScriptedCall.incoming(callee)
    incoming.reply(180)
    outgoing.expect(180)
    incoming.reply(200, callee.sdp())
    outgoing.expect(200)
    outgoing.ack()
    incoming.expect("ACK")
    return outgoing, incoming
