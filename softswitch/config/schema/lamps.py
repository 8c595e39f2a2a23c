"""`blf_dnd:`, `blf_dialling:` how the lamps of colleagues look where offices differ."""

from typing import Annotated

from pydantic import PlainValidator

from softswitch.config import units

Dnd = Annotated[str, PlainValidator(units.one_of("busy", "off"))]
Dialling = Annotated[str, PlainValidator(units.one_of("early", "confirmed"))]
