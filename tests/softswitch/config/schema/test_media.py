"""The media section."""

import pytest
from pydantic import TypeAdapter, ValidationError

from softswitch.config.schema.media import MediaSection

MEDIA = TypeAdapter(MediaSection)


@pytest.mark.parametrize("backend", ["auto", "io_uring", "epoll"])
def test_a_backend_by_its_name(backend: str) -> None:
    assert MEDIA.validate_python({"backend": backend}) == {"backend": backend}


@pytest.mark.parametrize("written", [{"backend": "uring"}, {"backend": ""}, {"workers": "2"}])
def test_anything_else_is_refused(written: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        MEDIA.validate_python(written)
