"""One side of a call: a dialog of our own, what was described in it, and a media port.

    caller ── INVITE ──► caller's leg   │   devices' legs ── INVITE ──► phone
              dialog as UAS, port       │      dialog as UAC, port   ──► phone

A leg says and hears; what that means for the call is decided by the verbs around it (hunt, ringing,
answering, midcall, ending).
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from softswitch.b2bua.login import ANSWERS, Login
from softswitch.b2bua.media_side import MediaSide
from softswitch.sip.dialog import Dialog
from softswitch.sip.flow import Flow, bracketed

if TYPE_CHECKING:
    from softswitch.b2bua.accepted import Accepted
    from softswitch.b2bua.call import Call
    from softswitch.b2bua.confirming import Confirmation
    from softswitch.b2bua.crossing import Fields
    from softswitch.b2bua.switchboard import DialogKey
    from softswitch.records import Side
    from softswitch.routing.outcomes import Outcome
    from softswitch.sip.client_transaction import ClientTransaction
    from softswitch.sip.message import Request, Response
    from softswitch.sip.server_transaction import ServerTransaction
    from softswitch.trunks import Trunk

MAX_DIALOGS = 10
"""Early dialogs of one device: a proxy that forks makes some. Whoever makes more gets no state."""


class State(enum.Enum):
    """Where the dialog of a leg is; RFC 5407 §2 draws the same from the side of a phone."""

    CALLING = enum.auto()
    """Our INVITE is out and nothing was heard."""
    PROCEEDING = enum.auto()
    """A first answer was heard; the caller's leg begins here."""
    RINGING = enum.auto()
    CANCELLED = enum.auto()
    """We gave it up. Its final response is still to come: a 2xx is acknowledged and hung up."""
    UP = enum.auto()
    """The INVITE was answered with 2xx."""
    ENDING = enum.auto()
    """BYE was said, or has to wait for the ACK."""
    OVER = enum.auto()


RINGABLE = (State.CALLING, State.PROCEEDING, State.RINGING)


class Leg(MediaSide):
    """One side of a call. `call` and the board behind it are all it knows of the others."""

    __slots__ = (
        "accepted",
        "account",
        "ack_body",
        "call",
        "client",
        "confirmation",
        "device",
        "dialog",
        "farewell",
        "flow",
        "invite",
        "invited_as",
        "keys",
        "local_tag",
        "login",
        "outcome",
        "party",
        "result",
        "server",
        "side",
        "sip_call_id",
        "state",
        "strays",
        "takes_info",
        "takes_update",
        "trunk",
        "user",
    )

    def __init__(
        self,
        call: Call,
        side: Side,
        flow: Flow,
        *,
        sip_call_id: str,
        account: str,
        user: str,
        device: str,
        party: str = "",
        trunk: Trunk | None = None,
    ) -> None:
        super().__init__()
        board = call.board
        self.call = call
        self.side: Side = side
        self.flow = flow
        self.sip_call_id = sip_call_id
        self.account = account
        """The user whose phone this is, or the account of the trunk."""
        self.party = party or account
        """Who speaks here: the user, or a number outside."""
        self.trunk = trunk
        """By which way the call comes from outside, or goes there."""
        self.user = user
        """Of our Contact: whom this peer believes to talk to."""
        self.device = device
        self.local_tag = board.agent.token()
        self.state = State.CALLING
        self.result = ""
        """For the record: what became of the leg, in a word."""
        self.outcome: Outcome | None = None
        """Of a device that was rung: its part in the user's outcome, once it is known."""
        self.invite: Request | None = None
        """The INVITE, theirs or ours, until it has its final answer."""
        self.invited_as = 1
        """CSeq number of our INVITE."""
        self.login: Login | None = None
        """What answers the challenges of a trunk; there once it was challenged."""
        self.server: ServerTransaction | None = None
        self.client: ClientTransaction | None = None
        self.dialog: Dialog | None = None
        self.keys: list[DialogKey] = []
        self.strays: dict[str, Dialog] | None = None
        """Dialogs of 2xx that nobody wanted, by their tag: acknowledged and hung up."""
        self.accepted: Accepted | None = None
        """Our 2xx, while its ACK is missing."""
        self.ack_body: bytes | None = None
        """Body of our ACK; None while it cannot be sent: the answer is still to come."""
        self.confirmation: Confirmation | None = None
        """Whoever answered has yet to press 1 (FWD-7)."""
        self.farewell: Fields | None = None
        """Header fields of a BYE that waits."""
        self.takes_info = self.takes_update = False
        """What the peer's Allow names."""
        call.unfinished += 1
        board.tracer.begin(call.id, sip_call_id)
        if flow.connection:
            self._join_connection()

    @property
    def other(self) -> Leg | None:
        """The leg that this one talks to; None while nobody has answered."""
        call = self.call
        return call.answerer if self is call.caller else call.caller

    @property
    def owner(self) -> str:
        """Whose the other end is, for a log."""
        return self.account if self.trunk is not None else f"{self.account}'s phone"

    # Dialog

    def see_allowed(self, methods: str) -> None:
        """The value of the peer's Allow."""
        self.takes_info, self.takes_update = "INFO" in methods, "UPDATE" in methods

    @property
    def contact(self) -> str:
        """The value of our Contact towards this peer."""
        host, port = self.call.board.addressing.sip_address(self.flow)
        protocol = self.flow.protocol
        transport = "" if protocol == "UDP" else f";transport={protocol.lower()}"
        return f"<sip:{self.user}@{bracketed(host)}:{port}{transport}>"

    def adopt(self, dialog: Dialog) -> None:
        """Requests of this dialog are for this leg from now on."""
        self.dialog = dialog
        key = dialog.key
        self.keys.append(key)
        self.call.board.legs[key] = self

    def dialog_by(self, response: Response) -> Dialog:
        """The dialog that a response to our INVITE makes."""
        assert self.invite is not None
        dialog = Dialog.as_uac(self.invite, response, self.flow)
        early = self.dialog
        if early is not None and early.remote_tag == dialog.remote_tag:
            # The 2xx says everything anew but the numbers that were used (§13.2.2.4).
            dialog.local_cseq, dialog.remote_cseq = early.local_cseq, early.remote_cseq
        return dialog

    def confirm(self, response: Response) -> None:
        """The device has answered: its early dialog is one now, or another begins."""
        early = self.dialog
        if early is not None and early.remote_tag == response.to_tag:
            early.confirm(response)
        else:
            self.adopt(self.dialog_by(response))

    def send(
        self,
        method: str,
        on_response: Callable[[Response], None],
        on_failure: Callable[[str], None],
        *,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        content_type: str = "application/sdp",
    ) -> ClientTransaction:
        """A request within the dialog. A trunk may ask for a password once more, but for a
        re-INVITE, which has to be cancelled as what it is."""
        message = (method, tuple(headers), body, content_type)
        if self.trunk is not None and method != "INVITE":
            again = partial(self._send, message, on_response, on_failure)
            return self._send(message, partial(self._answered, again, on_response), on_failure)
        return self._send(message, on_response, on_failure)

    def _send(
        self,
        message: tuple[str, tuple[tuple[str, str], ...], bytes, str],
        on_response: Callable[[Response], None],
        on_failure: Callable[[str], None],
    ) -> ClientTransaction:
        assert self.dialog is not None
        method, headers, body, content_type = message
        if self.login is not None:
            headers += tuple(self.login.fields(method, self.dialog.remote_target))
        request = self.dialog.request(method, headers=headers, body=body, content_type=content_type)
        return self.call.board.agent.request(request, self.flow, on_response, on_failure)

    def _answered(
        self,
        again: Callable[[], object],
        on_response: Callable[[Response], None],
        response: Response,
    ) -> None:
        """Of a trunk: a BYE that it does not take would leave the call up, and counted."""
        assert self.trunk is not None
        if response.status in ANSWERS:
            settings, token = self.trunk.settings, self.call.board.agent.token
            login = Login(settings.username, settings.password, token)
            if login.take(response):
                self.login = login
                again()
                return
        on_response(response)

    def acknowledge(self, dialog: Dialog, body: bytes) -> None:
        """ACK a 2xx to our INVITE, with the credentials that the INVITE had (§22.1)."""
        ack = dialog.ack(self.invited_as, body)
        if self.login is not None:
            for name, value in self.login.last:
                ack.headers.append(name, value)
        self.call.board.agent.send_ack(ack, self.flow)

    def close_port(self) -> None:
        """The leg has no part in the call any more: give its port back, and its channel."""
        super().close_port()
        if self.trunk is not None:
            self.trunk.leave(self)

    def move(self, flow: Flow) -> None:
        """The peer lives on another connection from now on."""
        assert self.dialog is not None
        self._leave_connection()
        self.flow = self.dialog.flow = flow
        self._join_connection()

    def bye_answered(self, response: Response) -> None:
        """Any final answer to our BYE will do, also 401: there is nothing left to end (§15.1.1)."""
        if response.status >= 200:
            self.over()

    def bye_failed(self, why: str) -> None:
        """The peer is gone, or its network: the dialog is over all the same."""
        self.over()

    def over(self) -> None:
        """Nothing more will be said or heard in the leg's dialogs."""
        if self.state is State.OVER:
            return
        self.state = State.OVER
        if self.accepted is not None:
            self.accepted.stop()
        board = self.call.board
        for key in self.keys:
            board.legs.pop(key, None)
        if self.flow.connection:
            self._leave_connection()
        self.invite = self.client = self.server = self.offer = None
        self.call.leg_is_over()

    def _join_connection(self) -> None:
        connection = self.flow.connection
        if connection:
            self.call.board.connections.setdefault(connection, set()).add(self)

    def _leave_connection(self) -> None:
        connection = self.flow.connection
        legs = self.call.board.connections.get(connection) if connection else None
        if legs is not None:
            legs.discard(self)
            if not legs:
                del self.call.board.connections[connection]
