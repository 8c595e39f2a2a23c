"""What may become of a call that is forwarded, for whoever goes through all (features 2.2)."""

SITUATIONS = ("always", "busy", "no_answer", "unavailable", "rejected")
WHAT_HAPPENS = ("answers", "rings out", "is busy", "fails")
"""Where it goes."""
OUTCOME = {"rings out": "no_answer", "is busy": "busy", "fails": "unavailable"}
REJECTED = {"is busy": 486, "fails": 503}
"""What the phone says where it goes."""
FINAL = {
    "busy": (486, 17),
    "no_answer": (480, 19),
    "unavailable": (480, 20),
    "rejected": (603, 21),
}
"""What a caller inside hears when nothing takes the call, and the cause (features 2.0)."""


def words(ring_time: float, return_after: float) -> dict[str, str]:
    """Why a call went on, as its path says it; both in seconds."""
    return {
        "always": "always",
        "busy": "busy",
        "no_answer": f"no answer {ring_time:g} s",
        "unavailable": "unavailable",
        "rejected": "rejected",
        "rings out": f"no answer {return_after:g} s",
        "is busy": "busy",
        "fails": "unavailable",
    }
