"""What a mail about a message says, and how it writes dates: in each language, by own tables.

What the operating system knows of languages differs from machine to machine, so nobody asks it.
"""

from __future__ import annotations

from typing import NamedTuple


class Texts(NamedTuple):
    """One language. In the texts, names in braces stand for what is put there."""

    subject: str
    hidden: str
    """Who called when no number came, as it stands in the subject."""
    heading: str
    number: str
    name: str
    date: str
    duration: str
    new: str
    listen: str
    """What leads to the messages in the portal."""
    forwarded: str
    """What is said of a message that somebody has sent on."""
    day: str
    """The date alone."""
    moment: str
    """Date and time."""
    weekdays: tuple[str, ...]
    """Short, from Monday."""
    months: tuple[str, ...]


ENGLISH = Texts(
    subject="Voice message from {caller_number} at {time}",
    hidden="a withheld number",
    heading="VOICEMAIL - New message",
    number="Phone number",
    name="Name",
    date="Date",
    duration="Duration",
    new="New messages in mailbox {mailbox}: {new_count}",
    listen="Hear it in the browser",
    forwarded="Forwarded by",
    day="{weekday} {day} {month} {year}",
    moment="{date} at {time}",
    weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    months=(
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
)  # fmt: skip

SPANISH = Texts(
    subject="Mensaje de voz recibido de {caller_number} a las {time}",
    hidden="un número oculto",
    heading="VOICEMAIL - Mensaje Nuevo Recibido",
    number="Numero de Telefono",
    name="Nombre",
    date="Fecha",
    duration="Duración",
    new="Mensajes nuevos en la casilla {mailbox}: {new_count}",
    listen="Escucharlo en el navegador",
    forwarded="Reenviado por",
    day="{weekday} {day} de {month} {year}",
    moment="{date} a las {time}",
    weekdays=("Lun", "Mar", "Mié", "Jue", "Vie", "Sáb", "Dom"),
    months=(
        "Enero", "Febrero", "Marzo", "Abril", "Mayo", "Junio",
        "Julio", "Agosto", "Septiembre", "Octubre", "Noviembre", "Diciembre",
    ),
)  # fmt: skip

POLISH = Texts(
    subject="Wiadomość głosowa od {caller_number} o {time}",
    hidden="numeru zastrzeżonego",
    heading="POCZTA GŁOSOWA - Nowa wiadomość",
    number="Numer telefonu",
    name="Nazwa",
    date="Data",
    duration="Czas trwania",
    new="Nowe wiadomości w skrzynce {mailbox}: {new_count}",
    listen="Odsłuchaj w przeglądarce",
    forwarded="Przekazane przez",
    day="{weekday} {day} {month} {year}",
    moment="{date} o {time}",
    weekdays=("pon.", "wt.", "śr.", "czw.", "pt.", "sob.", "niedz."),
    months=(
        "stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca",
        "lipca", "sierpnia", "września", "października", "listopada", "grudnia",
    ),
)  # fmt: skip

TEXTS = {"en": ENGLISH, "es": SPANISH, "pl": POLISH}
