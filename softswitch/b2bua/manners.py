"""How a phone wants to be called: by what it registered, and what it last offered itself.

A contact over a WebSocket is that of a browser (RFC 7118 §5), whichever way the REGISTER came here;
`+sip.ice` is said by whoever speaks ICE (RFC 5768). Both survive a restart with the registration.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from softswitch.media.negotiation import AS_BROWSER, UNSECURED, WITH_ICE, Manner

if TYPE_CHECKING:
    from softswitch.b2bua.switchboard import Switchboard
    from softswitch.location import Binding
    from softswitch.sip.flow import Address

_WEB_SOCKET = re.compile(r";transport=wss?(?![^;?>])", re.IGNORECASE)
_ICE = re.compile(r";\s*\+sip\.ice(?![^;=\s])", re.IGNORECASE)


def registered_manner(binding: Binding) -> Manner:
    """The manner that its contact tells of; UNSECURED when it tells nothing."""
    if _WEB_SOCKET.search(binding.contact):
        return AS_BROWSER
    return WITH_ICE if _ICE.search(binding.params) else UNSECURED


def last_manner(board: Switchboard, binding: Binding, address: Address) -> Manner:
    """That of the device, which is called at that address. A browser stays one, whatever another
    phone of the same user has offered from there: both may be behind the same proxy."""
    registered = registered_manner(binding)
    if registered is AS_BROWSER:
        return registered
    return board.manner(binding.user, address) or registered
