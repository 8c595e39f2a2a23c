"""How a mailbox is found by what its owner types, and with which PIN he gets in first."""

import pytest

from softswitch.config import User
from softswitch.config.messaging import Voicemail
from softswitch.tenants import Tenants, no_mail

USERS = {
    "101": User("101", number="+541153525352"),
    "102": User("102", voicemail=Voicemail(enabled=False), number="+541153525353"),
    "103": User("103", number="+5411222"),
    "104": User("104"),
    "290": User("290", kind="mailbox", lamp=("101",)),
}


@pytest.mark.parametrize(
    ("typed", "mailbox"),
    [
        ("101", "101"),
        ("1153525352", "101"),
        ("01153525352", "101"),
        ("541153525352", "101"),
        ("00541153525352", "101"),
        ("3525352", "101"),
        ("525352", None),
        ("1153525353", None),
        ("102", None),
        ("555", None),
        ("0000000000", None),
        ("", None),
        ("290", "290"),
    ],
)
def test_a_number_is_known_in_any_form(typed: str, mailbox: str | None) -> None:  # S0-10
    assert Tenants(USERS, {}).find(typed) == mailbox


def test_a_number_that_two_have_is_nobodys() -> None:
    users = {**USERS, "105": User("105", number="+541153525352")}
    assert Tenants(users, {}).find("1153525352") is None


def test_the_first_pin_is_the_end_of_the_number() -> None:  # S0-11
    tenants = Tenants(USERS, {"104": "835172"})
    assert tenants.first_pin("101") == "5352"
    assert tenants.first_pin("104") == "0104"
    assert tenants.first_pin("555") == "0555"
    assert tenants.number("101") == "+541153525352"
    assert tenants.number("104") == "104"


def test_a_shared_mailbox_belongs_to_the_phones_that_show_it() -> None:  # VM-9
    tenants = Tenants(USERS, {})
    assert tenants.is_own("290", "101")
    assert not tenants.is_own("290", "104")
    assert tenants.is_own("104", "104")
    assert not tenants.is_own(None, "104")
    assert not tenants.is_own("555", "555")


def test_who_has_no_mailbox_has_no_settings() -> None:  # S0-21
    tenants = Tenants(USERS, {})
    assert tenants.settings("102") is None
    assert tenants.settings("101") == Voicemail()
    assert no_mail("101") is None
