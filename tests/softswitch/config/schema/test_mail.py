"""`mail:` and addresses."""

import pytest

from softswitch.config.messaging import Mail
from softswitch.config.problems import Wrong
from softswitch.config.schema.document import ADAPTER
from softswitch.config.schema.mail import address, mail, sender, server


@pytest.mark.parametrize("word", ["anna@example.com", "a.b+c@[192.0.2.1]", "o'neil@x.ie"])
def test_an_address_is_a_name_and_a_host(word: str) -> None:
    assert address(word).partition("@")[0] == word.partition("@")[0]


@pytest.mark.parametrize(
    "word",
    [
        "anna",
        "@example.com",
        "an na@example.com",
        "a@b, c@d",
        "<a@b>",
        "ü@example.com",
        "a@",
        "a@-",
    ],
)
def test_what_is_no_address_is_refused(word: str) -> None:
    with pytest.raises(Wrong):
        address(word)


def test_a_sender_may_have_a_name() -> None:
    assert sender("vm@example.com") == ("vm@example.com", "")
    assert sender("Example, Ltd <vm@example.com>") == ("vm@example.com", "Example, Ltd")
    assert sender('"Żółć" <vm@example.com>') == ("vm@example.com", "Żółć")
    with pytest.raises(Wrong):
        sender("Example <vm>")


@pytest.mark.parametrize(
    ("word", "host", "port"),
    [
        ("smtp.example.com", "smtp.example.com", 0),
        ("smtp.example.com:2525", "smtp.example.com", 2525),
        ("192.0.2.1:25", "192.0.2.1", 25),
        ("::1", "::1", 0),
        ("[::1]", "::1", 0),
        ("[::1]:25", "::1", 25),
    ],
)
def test_a_server_may_have_a_port(word: str, host: str, port: int) -> None:
    assert server(word) == (host, port)


@pytest.mark.parametrize("word", ["", "smtp:", "smtp:0", "smtp example", "[::1"])
def test_what_is_no_server_is_refused(word: str) -> None:
    with pytest.raises(Wrong):
        server(word)


@pytest.mark.parametrize(("tls", "port"), [(None, 587), ("tls", 465), ("none", 25)])
def test_the_port_follows_the_encryption(tls: str | None, port: int) -> None:
    written = {"from": "vm@x.pl", "server": "smtp.x.pl", **({"tls": tls} if tls else {})}
    assert mail(ADAPTER.validate_python({"mail": written})["mail"]) == Mail(
        "vm@x.pl", "smtp.x.pl", port, tls=tls or "starttls"
    )


def test_without_a_section_there_is_no_mail() -> None:
    assert mail(None) is None
