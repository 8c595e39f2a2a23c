"""How a phone that has not offered anything yet wants to be called, by what it registered.

A contact over a WebSocket is that of a browser (RFC 7118 §5), whichever way the REGISTER came here;
`+sip.ice` is said by whoever speaks ICE (RFC 5768). Both survive a restart with the registration.
"""

import re

from softswitch.location import Binding
from softswitch.media.negotiation import AS_BROWSER, UNSECURED, WITH_ICE, Manner

_WEB_SOCKET = re.compile(r";transport=wss?(?![^;?>])", re.IGNORECASE)
_ICE = re.compile(r";\s*\+sip\.ice(?![^;=\s])", re.IGNORECASE)


def registered_manner(binding: Binding) -> Manner:
    """The manner that its contact tells of; UNSECURED when it tells nothing."""
    if _WEB_SOCKET.search(binding.contact):
        return AS_BROWSER
    return WITH_ICE if _ICE.search(binding.params) else UNSECURED
