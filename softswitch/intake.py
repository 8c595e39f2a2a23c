"""The receiving half of the user agent: what comes out of a socket, before any transaction sees it.

datagram ──► keep-alive? ──► parse ──► source into the Via ──► transactions
                 │             │
       STUN answered, or      400 without state, a log line now and then
       dropped and counted
"""

from __future__ import annotations

import logging
from collections import Counter

from softswitch.sip import stun
from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow
from softswitch.sip.headers import split_commas
from softswitch.sip.message import Request, Response
from softswitch.sip.transport import Transport
from softswitch.sip.validation import check_fields

log = logging.getLogger(__name__)

COMPLAINT_SECONDS = 10.0
"""Between two log lines about malformed messages: a flood of them must not fill a disk."""


class Intake:
    """Counts what comes in, and sorts out what is no SIP."""

    def __init__(self, transports: Transport) -> None:
        self.counts: Counter[str] = Counter()
        """How often something noteworthy came in, by kind."""
        self._transports = transports
        self._may_complain_at = 0.0

    def without_keepalives(self, data: bytes, flow: Flow) -> bytes:
        """What is left of a datagram that does not begin like SIP.

        Line ends keep a NAT open, alone or before a message (§7.5); so does STUN, which wants an
        answer (REG-6). The rest is for other protocols, and dropped.
        """
        rest = data.lstrip(b"\r\n")
        if len(rest) < len(data) or not data:
            self.counts["keep-alive"] += not rest
            return rest
        answer = stun.answer(data, flow.remote) if not flow.reliable else None
        self.counts["STUN" if answer else "not SIP"] += 1
        if answer:
            self._transports.send(answer, flow)
        return b""

    def complain(self, flow: Flow, error: ParseError, now: float) -> None:
        """Somebody sent malformed SIP: count it, and say so if that was not done lately."""
        self.counts["malformed"] += 1
        if now >= self._may_complain_at:
            self._may_complain_at = now + COMPLAINT_SECONDS
            so_far = self.counts["malformed"]
            log.info("%s:%d sent malformed SIP (%d so far): %s", *flow.remote, so_far, error)


def check_response(response: Response) -> None:
    """Raises ParseError for a response that nobody can use."""
    check_fields(response, not 300 <= response.status < 400)
    headers = response.headers
    if len(headers.first) < len(headers.items) or "," in headers.first["Via"]:
        vias = headers.all("Via")
        if len(vias) > 1 or len(split_commas(vias[0])) > 1:
            raise ParseError("a response for another hop")  # for somebody behind us (§8.1.3.3)


def note_source(request: Request, flow: Flow) -> None:
    """Write into the topmost Via where the request really came from (§18.2.1, RFC 3581 §4).

    Also where `rport` was not asked for: the answer goes there in any case, and whoever reads the
    trace of a call behind a NAT wants to see it (REG-5). Raises ParseError.
    """
    host, port = flow.remote_host, str(flow.remote[1])
    if request.read_sender():
        line = f"{request.headers.first['Via']}={port};received={host}"  # just write on
    else:
        via = request.via
        line = request.headers.first["Via"]
        via.params.update(received=host, rport=port)
        others = split_commas(line)[1:] if "," in line else []
        line = ", ".join([str(via), *others])
    request.headers.replace_first("Via", line)
