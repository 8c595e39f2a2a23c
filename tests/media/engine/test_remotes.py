"""Which addresses of a stranger's text we send to."""

import pytest

from softswitch.media.engine.interface import Remote
from softswitch.media.engine.remotes import canonical, learnable


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("0.0.0.0", None),
        ("::", None),
        ("224.0.0.1", None),
        ("255.255.255.255", None),
        ("ff02::1", None),
        ("name.example", None),
        ("192.0.2.1.", None),
        ("010.0.0.1", None),
        ("", None),
    ],
)
def test_only_addresses_where_somebody_can_be(text: str, address: str | None) -> None:
    assert canonical(text) == address


def remote(address: str, signalling: str, *, nat: bool) -> Remote:
    return Remote(address, 4000, 4001, (0,), signalling, nat, None)


def test_behind_a_nat_the_signalling_address_may_be_learned_too() -> None:
    assert learnable(remote("10.0.0.1", "192.0.2.9", nat=False)) == {"10.0.0.1"}
    assert learnable(remote("10.0.0.1", "192.0.2.9", nat=True)) == {"10.0.0.1", "192.0.2.9"}
    assert learnable(remote("0.0.0.0", "name.example", nat=True)) == frozenset()
