"""Packets cannot wait until other programs have had their turn.

A program that is busy for itself keeps its core for some 4 ms at a time, also when somebody else
has work again; a packet that came just then is that late. So a media worker asks to be scheduled
before all ordinary programs, as far as the machine lets it (CAP_SYS_NICE, or a limit for real-time
priorities). The kernel still leaves the others a twentieth of each core.

Whatever the worker starts, threads that work on files, is scheduled as everybody is.
"""

import os

PRIORITY = 1
"""The lowest that real-time programs can have."""


def take_precedence() -> bool:
    """Go before other programs from now on; False when that is not granted, or there is one core
    only, which signalling needs as well."""
    if len(os.sched_getaffinity(0)) < 2:
        return False
    policy = os.SCHED_RR | os.SCHED_RESET_ON_FORK
    try:
        os.sched_setscheduler(0, policy, os.sched_param(PRIORITY))
    except OSError:
        return False
    return True
