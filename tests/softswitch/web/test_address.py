"""By which address browsers come."""

import pytest

from softswitch.config.configuration import AUTO, ListenAddress, Network
from softswitch.web.address import address, names


@pytest.mark.parametrize(
    ("network", "base"),
    [
        (Network(web=(ListenAddress("192.0.2.1", 443),)), "https://192.0.2.1"),
        (Network(web=(ListenAddress("::1", 8443),)), "https://[::1]:8443"),
        (
            Network(web=(ListenAddress("0.0.0.0", 443),), domains=("pbx.example.com", "b")),
            "https://pbx.example.com",
        ),
        (
            Network(web=(ListenAddress("0.0.0.0", 8443),), external="203.0.113.7"),
            "https://203.0.113.7:8443",
        ),
    ],
)
def test_links_have_the_name_that_is_configured(network: Network, base: str) -> None:
    assert address(network) == base


def test_without_a_name_links_have_the_machine_s_own_address() -> None:
    network = Network(web=(ListenAddress("0.0.0.0", 443),), external=AUTO)
    assert names(network) == []
    assert address(network).startswith("https://")
    assert "0.0.0.0" not in address(network) or address(network) == "https://0.0.0.0"
