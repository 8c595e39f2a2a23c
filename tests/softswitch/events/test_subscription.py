"""Which device a subscription is of."""

import pytest

from softswitch.events.subscription import place


@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        ("sip:100@192.0.2.1:5062", "100@192.0.2.1:5062"),
        ("sip:100@192.0.2.1:5062;ob;transport=udp", "100@192.0.2.1:5062"),
        ("sip:100@[2001:DB8::1]", "100@[2001:db8::1]:None"),
    ],
)
def test_a_device_is_named_by_user_host_and_port(contact: str, expected: str) -> None:
    assert place(contact) == expected
