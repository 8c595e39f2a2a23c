import pytest

from softswitch.b2bua.manners import last_manner, registered_manner
from softswitch.location import Binding
from softswitch.media.negotiation import AS_BROWSER, UNSECURED, WITH_ICE, Manner
from softswitch.sip.flow import Flow
from tests.softswitch.b2bua.network import World

SDES = Manner("sdes", "RTP/SAVP")
FLOW = Flow("UDP", ("192.0.2.10", 5060), ("192.0.2.1", 5060))


def binding(contact: str, params: str = "") -> Binding:
    return Binding(
        1, "101", contact, FLOW, (), "c", 1, 1.0, 1e9, "", "", 0, 0.0, 0.0, params=params
    )


@pytest.mark.parametrize(
    ("contact", "params", "manner"),
    [
        ("sip:101@192.0.2.1:5060", "", UNSECURED),
        ("sip:101@192.0.2.1;transport=tcp", ";q=1", UNSECURED),
        ("sip:k3f@9d2.invalid;transport=ws", ";+sip.ice", AS_BROWSER),
        ("sip:k3f@9d2.invalid;Transport=WSS;ob", "", AS_BROWSER),
        ("sip:k3f@9d2.invalid;transport=wsx", "", UNSECURED),
        ("sip:101@192.0.2.1", ";+sip.ice", WITH_ICE),
        ("sip:101@192.0.2.1", ';+sip.instance="<urn:x>"; +SIP.ICE;reg-id=1', WITH_ICE),
        ("sip:101@192.0.2.1", ";+sip.icecream", UNSECURED),
    ],
)
def test_a_registration_tells_browsers_from_desk_phones(  # RTP-9, WEB-1
    contact: str, params: str, manner: Manner
) -> None:
    assert registered_manner(binding(contact, params)) is manner


def test_what_a_phone_has_offered_counts_more_than_what_it_registered_but_for_browsers() -> None:
    board = World().calls._board
    desk = binding("sip:101@192.0.2.1", ";+sip.ice")
    browser = binding("sip:k3f@9d2.invalid;transport=ws")
    assert last_manner(board, desk, FLOW.remote) is WITH_ICE
    board.remember_manner("101", FLOW.remote, SDES)
    assert last_manner(board, desk, FLOW.remote) is SDES
    assert last_manner(board, browser, FLOW.remote) is AS_BROWSER
