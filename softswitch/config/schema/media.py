"""`media:` how sound is carried."""

from typing import Annotated

from pydantic import ConfigDict, PlainValidator, with_config
from typing_extensions import TypedDict

from softswitch.config import units

Backend = Annotated[str, PlainValidator(units.one_of("auto", "io_uring", "epoll"))]


@with_config(ConfigDict(extra="forbid"))
class MediaSection(TypedDict, total=False):
    """What is written under `media`."""

    backend: Backend
