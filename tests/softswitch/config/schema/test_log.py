"""The log section."""

import pytest
from pydantic import TypeAdapter, ValidationError

from softswitch.config.schema.log import LogSection

LOG = TypeAdapter(LogSection)


def test_a_level_and_a_time_to_keep() -> None:
    written = {"level": "debug", "keep_traces": "1d"}
    assert LOG.validate_python(written) == {"level": "debug", "keep_traces": 86400.0}


@pytest.mark.parametrize("written", [{"level": "trace"}, {"keep_traces": "0s"}, {"file": "x"}])
def test_anything_else_is_refused(written: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        LOG.validate_python(written)
