"""What mails say that are not about a message, in each language."""

from collections.abc import Mapping
from typing import NamedTuple


class Words(NamedTuple):
    """Names in braces stand for what is put there."""

    subject: str
    text: str


ENGLISH = {
    "filling": Words(
        "Mailbox {mailbox} is {percent} % full",
        "Mailbox {mailbox} holds {count} messages and is {percent} % full.\n\n"
        "When it is full, callers cannot leave messages any more. Please delete some.",
    ),
    "full": Words(
        "Mailbox {mailbox} is full",
        "Mailbox {mailbox} holds {count} messages and is full.\n\n"
        "Callers cannot leave messages until some are deleted.",
    ),
    "locked": Words(
        "Mailbox {mailbox} is locked",
        "Somebody has typed too many wrong PINs for mailbox {mailbox}.\n\n"
        "Until {date}, {time}, it can only be heard from its own phone.",
    ),
    "missed": Words(
        "Missed call from {caller_number} at {time}",
        "{caller_name} has called {mailbox} on {date} at {time} and left no message.\n\n"
        "Phone number: {caller_number}",
    ),
    "first_pin": Words(
        "The PIN of mailbox {mailbox}",
        "The first PIN of mailbox {mailbox} is {pin}.\n\n"
        "Please call the mailbox from your phone and choose one of your own.",
    ),
    "link": Words(
        "Your link to the voicemail of extension {mailbox}",
        "With this link you choose a password for the page of extension {mailbox}:\n\n{link}\n\n"
        "It works once, for 30 minutes. If you have not asked for it, do nothing: nobody else"
        " gets in by that.",
    ),
    "backup": Words(
        "There is no backup of the switch today",
        "The copy of the database that is made each day could not be made on {date} at {time}.\n\n"
        "The log says why; perhaps the disk is full. It is tried again every hour.",
    ),
}

SPANISH = {
    "filling": Words(
        "La casilla {mailbox} está al {percent} %",
        "La casilla {mailbox} tiene {count} mensajes y está al {percent} % de su capacidad.\n\n"
        "Cuando esté llena no se podrán dejar más mensajes. Por favor, borre algunos.",
    ),
    "full": Words(
        "La casilla {mailbox} está llena",
        "La casilla {mailbox} tiene {count} mensajes y está llena.\n\n"
        "No se pueden dejar más mensajes hasta que se borren algunos.",
    ),
    "locked": Words(
        "La casilla {mailbox} está bloqueada",
        "Alguien ha marcado demasiadas claves incorrectas para la casilla {mailbox}.\n\n"
        "Hasta el {date}, {time}, solo se puede escuchar desde su propio teléfono.",
    ),
    "missed": Words(
        "Llamada perdida de {caller_number} a las {time}",
        "{caller_name} ha llamado a {mailbox} el {date} a las {time} y no ha dejado mensaje.\n\n"
        "Número de teléfono: {caller_number}",
    ),
    "first_pin": Words(
        "La clave de la casilla {mailbox}",
        "La primera clave de la casilla {mailbox} es {pin}.\n\n"
        "Por favor, llame a la casilla desde su teléfono y elija una propia.",
    ),
    "link": Words(
        "Su enlace a la casilla de mensajes del interno {mailbox}",
        "Con este enlace elige una contraseña para la página del interno {mailbox}:\n\n{link}\n\n"
        "Sirve una sola vez, durante 30 minutos. Si no lo ha pedido, no haga nada: nadie más entra"
        " por eso.",
    ),
    "backup": Words(
        "Hoy no hay copia de seguridad de la central",
        "La copia diaria de la base de datos no se pudo hacer el {date} a las {time}.\n\n"
        "El registro dice por qué; quizás el disco esté lleno. Se intenta de nuevo cada hora.",
    ),
}

POLISH = {
    "filling": Words(
        "Skrzynka {mailbox} jest zapełniona w {percent} %",
        "Liczba wiadomości w skrzynce {mailbox}: {count}. Jest ona zapełniona w {percent} %.\n\n"
        "Gdy będzie pełna, nie będzie można zostawiać wiadomości. Proszę usunąć niepotrzebne.",
    ),
    "full": Words(
        "Skrzynka {mailbox} jest pełna",
        "Liczba wiadomości w skrzynce {mailbox}: {count}. Jest ona pełna.\n\n"
        "Nie można zostawiać wiadomości, dopóki część z nich nie zostanie usunięta.",
    ),
    "locked": Words(
        "Skrzynka {mailbox} jest zablokowana",
        "Ktoś podał zbyt wiele błędnych kodów PIN do skrzynki {mailbox}.\n\n"
        "Do {date}, {time}, można jej słuchać tylko z własnego telefonu.",
    ),
    "missed": Words(
        "Nieodebrane połączenie od {caller_number} o {time}",
        "Połączenie od {caller_name} do {mailbox}: {date} o {time}, bez wiadomości.\n\n"
        "Numer telefonu: {caller_number}",
    ),
    "first_pin": Words(
        "Kod PIN skrzynki {mailbox}",
        "Pierwszy kod PIN skrzynki {mailbox} to {pin}.\n\n"
        "Proszę zadzwonić do skrzynki ze swojego telefonu i wybrać własny.",
    ),
    "link": Words(
        "Odnośnik do poczty głosowej numeru {mailbox}",
        "Dzięki temu odnośnikowi wybierzesz hasło do strony numeru {mailbox}:\n\n{link}\n\n"
        "Działa jeden raz, przez 30 minut. Jeśli nikt o niego nie prosił, nic nie trzeba robić:"
        " nikt inny się przez to nie zaloguje.",
    ),
    "backup": Words(
        "Dzisiaj nie ma kopii zapasowej centrali",
        "Codzienna kopia bazy danych nie powstała ({date}, {time}).\n\n"
        "Przyczyna jest w dzienniku; być może dysk jest pełny. Próby powtarzają się co godzinę.",
    ),
}

NOTICES: Mapping[str, Mapping[str, Words]] = {"en": ENGLISH, "es": SPANISH, "pl": POLISH}
