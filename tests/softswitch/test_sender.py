"""What leaves, when, and who hears that it could not."""

import pytest

from softswitch.sender import Sender, Transaction
from softswitch.sip.flow import Address, Flow
from softswitch.sip.message import respond
from softswitch.sip.timers import TimerWheel
from softswitch.sip.transactions import TransactionLayer
from tests.support.sip_peers import TCP, UDP, Network, make_request, parse_request


class Addressing:
    def sip_address(self, flow: Flow) -> Address:
        return ("192.0.2.10", 5060)


class Scene:
    """A sender whose network can fail."""

    def __init__(self) -> None:
        self.network = Network()
        self.lost: list[Transaction] = []
        self.traced: list[tuple[bytes, Flow]] = []
        self.first: list[int] = []
        self.sender = Sender(
            transports=self.network,
            addressing=Addressing(),
            token=lambda: "token",
            record=self.record,
            wall=lambda: 0.0,
            lost=self.lost.append,
            first=self.come_first,
        )
        self.layer = TransactionLayer(TimerWheel(), lambda actions: None)

    def come_first(self) -> None:
        """What had left by then is noted."""
        self.first.append(len(self.network.take()))

    def record(
        self, sip_call_id: str, data: bytes, sent: bool, flow: Flow, now_wall: float
    ) -> None:
        assert sent
        self.traced.append((data, flow))

    def transaction(self, flow: Flow) -> Transaction:
        return self.layer.accept(parse_request(make_request()), flow, 0.0)


def test_between_bursts_messages_leave_at_once() -> None:
    scene = Scene()
    scene.sender.send(b"one", UDP, "call")
    assert scene.network.take() == [b"one"]


def test_messages_of_a_burst_leave_behind_it_in_their_order() -> None:
    scene = Scene()
    scene.sender.hold()
    scene.sender.send(b"one", UDP, "call")
    scene.sender.send(b"two", TCP, "call", scene.transaction(TCP))
    assert scene.network.take() == []
    scene.sender.release()
    assert scene.network.take() == [b"one", b"two"]
    scene.sender.release()
    scene.sender.send(b"three", UDP, "call")
    assert scene.network.take() == [b"three"]


def test_somebody_speaks_first_once_for_all_that_leave_together() -> None:
    scene = Scene()
    scene.sender.send(b"one", UDP, "call")
    assert scene.first == [0]
    assert scene.network.take() == [b"one"]
    scene.sender.hold()
    for data in (b"two", b"three"):
        scene.sender.send(data, UDP, "call")
    assert scene.first == [0]
    scene.sender.release()
    assert scene.first == [0, 0]
    assert scene.network.take() == [b"two", b"three"]


@pytest.mark.parametrize("held", [False, True])
def test_a_transaction_hears_that_its_message_is_lost(held: bool) -> None:
    scene = Scene()
    scene.network.closed.add(UDP)
    transaction = scene.transaction(UDP)
    if held:
        scene.sender.hold()
    scene.sender.send(b"stray", UDP, "call")
    scene.sender.send(b"one", UDP, "call", transaction)
    assert scene.lost == ([] if held else [transaction])
    scene.sender.release()
    assert scene.lost == [transaction]


def test_an_answer_finds_another_way_when_its_connection_is_gone() -> None:
    scene = Scene()
    scene.network.closed.add(TCP)
    transaction = scene.transaction(TCP)
    answer = respond(parse_request(make_request()), 200).serialize()
    scene.sender.hold()
    scene.sender.send(answer, TCP, "call", transaction)
    scene.sender.release()
    assert scene.lost == []
    assert transaction.flow in scene.network.opened
    assert scene.network.take() == [answer]
    assert scene.traced == [(answer, TCP), (answer, transaction.flow)]
