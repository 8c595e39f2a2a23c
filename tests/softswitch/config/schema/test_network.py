"""The network section: only what is written is in it."""

import pytest
from pydantic import TypeAdapter, ValidationError

from softswitch.config.schema.network import NetworkSection

NETWORK = TypeAdapter(NetworkSection)


def test_only_what_is_written_is_there() -> None:
    assert NETWORK.validate_python({"sip": None}) == {"sip": {}}
    assert NETWORK.validate_python({"rtp_timeout": "1d"}) == {"rtp_timeout": 86400.0}


@pytest.mark.parametrize("written", ["0s", "999ms", "25h"])
def test_the_rtp_timeout_has_bounds(written: str) -> None:
    with pytest.raises(ValidationError):
        NETWORK.validate_python({"rtp_timeout": written})
