"""Who asks again and again, and never answers."""

from softswitch.silent_devices import ATTEMPTS, GAP, MAX_DEVICES, SilentDevices
from softswitch.sip.digest import MD5, SHA256
from tests.support.registering import NOW

PHONE = 7


def given_up(silent: SilentDevices) -> float:
    """The device asks until it seems to give up; when that is."""
    now = NOW
    while not silent.asks(PHONE, now):
        now += GAP
    return now


def test_a_device_seems_to_give_up_when_it_has_left_two_challenges_unanswered() -> None:
    assert given_up(SilentDevices()) == NOW + ATTEMPTS * GAP


def test_who_asks_without_a_pause_is_only_busy() -> None:
    silent = SilentDevices()
    assert not any(silent.asks(PHONE, NOW + step * (GAP - 0.1)) for step in range(100))


def test_a_device_that_answers_is_not_silent() -> None:
    silent = SilentDevices()
    silent.asks(PHONE, NOW)
    silent.answered(PHONE, MD5)
    assert len(silent) == 0
    silent.answered(PHONE, MD5)


def test_who_has_given_up_once_answers_md5_because_it_is_offered_nothing_else() -> None:
    silent = SilentDevices()
    now = given_up(silent)
    silent.answered(PHONE, MD5)
    assert silent.asks(PHONE, now + GAP)
    silent.answered(PHONE, SHA256)
    assert not silent.asks(PHONE, now + 2 * GAP)


def test_silent_devices_do_not_fill_memory() -> None:
    silent = SilentDevices()
    for device in range(3000):
        silent.asks(device, NOW)
    assert len(silent) == MAX_DEVICES
    silent.answered(2999, MD5)
    assert len(silent) == MAX_DEVICES - 1
