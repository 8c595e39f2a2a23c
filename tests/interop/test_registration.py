"""Real phones register, over UDP and TCP, and are turned away without the right password."""

import pytest

from tests.support.endpoint import Endpoint
from tests.support.phones import Phone, PhoneError
from tests.support.switch import Switch

STACKS = ("pjsua2", "baresip")
TRANSPORTS = ("udp", "tcp")


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("stack", STACKS)
def test_a_phone_registers_and_signs_off(switch: Switch, stack: str, transport: str) -> None:
    with Phone(stack, switch.sip, "100", switch.password("100"), transport=transport) as phone:
        phone.register()
        assert "100" in switch.command("show", "registrations")
        phone.unregister()
        assert "100" not in switch.command("show", "registrations")


@pytest.mark.parametrize("stack", STACKS)
def test_a_wrong_password_is_refused(switch: Switch, stack: str) -> None:
    with Phone(stack, switch.sip, "101", "wrong") as phone:
        assert phone.refused() in (401, 403)  # PJSIP tells its user 403 after a second 401
    assert "101" not in switch.command("show", "registrations")


def test_an_unknown_extension_is_refused_like_a_wrong_password(switch: Switch) -> None:
    with Phone("baresip", switch.sip, "999", "anything") as phone:
        assert phone.refused() == 401


def test_a_phone_that_was_refused_may_try_again_with_the_right_password(switch: Switch) -> None:
    with Phone("pjsua2", switch.sip, "102", "wrong") as phone, pytest.raises(PhoneError):
        phone.register()
    with Phone("pjsua2", switch.sip, "102", switch.password("102")) as phone:
        phone.register()


def test_every_device_of_a_user_is_listed_in_the_200(switch: Switch) -> None:
    password = switch.password("103")
    with (
        Endpoint("103", password, switch.address) as desk,
        Endpoint("103", password, switch.address, transport="TCP") as mobile,
    ):
        assert len(desk.register().all("Contact")) == 1
        listed = ", ".join(mobile.register().all("Contact"))
        assert str(desk.address) in listed
        assert str(mobile.address) in listed
