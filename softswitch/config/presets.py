"""What is dialled for each function unless the file says otherwise (features 2.1).

Three families: what users of open PBXs know, what fixed lines in Europe and South America have had
for decades (ETSI; 3GPP TS 22.030 for mobiles), and hosted PBXs. Where the first two would collide
once a phone has kept the final `#` for itself, the second one has the code.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

Dialled = Mapping[str, tuple[str, ...]]
"""Function → its codes."""

ALWAYS: Dialled = {
    "voicemail": ("*98", "*97"),
    "leave_message": ("*99",),
    "echo_test": ("*600",),
    "clock": ("*60",),
    "my_number": ("*65",),
    "calendar": ("*28",),
}
"""Whatever the presets are."""

FREEPBX: Dialled = {
    "forward_always_on": ("*72",),
    "forward_always_off": ("*73",),
    "forward_busy_on": ("*90",),
    "forward_busy_off": ("*91",),
    "forward_no_answer_on": ("*92",),
    "forward_no_answer_off": ("*93",),
    "forward_unavailable_on": ("*94",),
    "forward_unavailable_off": ("*95",),
    "forward_unanswered_on": ("*52",),
    "forward_unanswered_off": ("*53",),
    "dnd_on": ("*78",),
    "dnd_off": ("*79",),
    "dnd_toggle": ("*76",),
    "call_waiting_on": ("*70",),
    "call_waiting_off": ("*71",),
}

ETSI: Dialled = {
    "forward_always_on": ("*21*",),
    "forward_always_off": ("#21#",),
    "forward_always_ask": ("*#21#",),
    "forward_busy_on": ("*67*",),
    "forward_busy_off": ("#67#",),
    "forward_busy_ask": ("*#67#",),
    "forward_no_answer_on": ("*61*",),
    "forward_no_answer_off": ("#61#",),
    "forward_no_answer_ask": ("*#61#",),
    "forward_unavailable_on": ("*62*",),
    "forward_unavailable_off": ("#62#",),
    "forward_unavailable_ask": ("*#62#",),
    "forward_off": ("##002#",),
    "forward_conditional_off": ("##004#",),
    "ring_time": ("*19*",),
    "dnd_on": ("*26#",),
    "dnd_off": ("#26#",),
    "dnd_ask": ("*#26#",),
    "call_waiting_on": ("*43#",),
    "call_waiting_off": ("#43#",),
    "call_waiting_ask": ("*#43#",),
    "hide_number_on": ("*31#",),
    "hide_number_off": ("#31#",),
    "hide_number_ask": ("*#31#",),
}

BROADWORKS: Dialled = {
    "voicemail": ("*86", "*62"),
    "leave_message": ("*55",),
    "forward_always_on": ("*72",),
    "forward_always_off": ("*73",),
    "forward_always_ask": ("*21*",),
    "forward_busy_on": ("*90",),
    "forward_busy_off": ("*91",),
    "forward_no_answer_on": ("*92",),
    "forward_no_answer_off": ("*93",),
    "forward_unavailable_on": ("*94",),
    "forward_unavailable_off": ("*95",),
    "dnd_on": ("*78",),
    "dnd_off": ("*79",),
    "call_waiting_on": ("*43#",),
    "call_waiting_off": ("#43#",),
    "hide_number_on": ("*31#",),
    "hide_number_off": ("#31#",),
}
"""What hosted PBXs of that make have; their ring time is counted in rings and not here."""

PRESETS: Mapping[str, Dialled] = {"freepbx": FREEPBX, "etsi": ETSI, "broadworks": BROADWORKS}
DEFAULT_PRESETS = ("freepbx", "etsi")

FUNCTIONS = tuple(dict.fromkeys((*ALWAYS, *FREEPBX, *ETSI)))


def feature_codes(
    presets: Iterable[str] = DEFAULT_PRESETS, written: Dialled | None = None
) -> Dialled:
    """All codes: those of the presets together, but for functions of which some are written."""
    tables = (ALWAYS, *(PRESETS[name] for name in presets))
    codes = {
        name: tuple(dict.fromkeys(code for table in tables for code in table.get(name, ())))
        for name in FUNCTIONS
    }
    return MappingProxyType({**codes, **(written or {})})
