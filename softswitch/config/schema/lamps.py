"""`blf_dnd:`, `blf_dialling:`, `blf_details:` how busy lamps look where offices differ."""

from typing import Annotated

from pydantic import PlainValidator

from softswitch.config import units

Dnd = Annotated[str, PlainValidator(units.one_of("busy", "off"))]
Details = Annotated[str, PlainValidator(units.one_of("all", "none"))]
Dialling = Annotated[str, PlainValidator(units.one_of("early", "confirmed"))]
