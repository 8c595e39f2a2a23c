"""The sixteen keys: their characters, their event codes (RFC 4733 §3.2) and their tones (Q.23)."""

DIGITS = "0123456789*#ABCD"
"""In the order of the event codes 0 … 15."""
FLASH = "!"
"""The hook flash, event 16: not a key, and only heard where somebody asked for it."""
FLASH_CODE = len(DIGITS)

CODES = {digit: code for code, digit in enumerate(DIGITS + FLASH)}
"""Event code by character."""

ROWS = (697, 770, 852, 941)
"""Hz of the low group, from the top of a keypad to its bottom."""
COLUMNS = (1209, 1336, 1477, 1633)
"""Hz of the high group, from the left of a keypad to its right."""
KEYPAD = "123A456B789C*0#D"
"""Row by row: the key at row r and column c is KEYPAD[4 * r + c]."""

TONES = {key: (ROWS[place // 4], COLUMNS[place % 4]) for place, key in enumerate(KEYPAD)}
"""The two frequencies of a key, low and high."""

MAX_DIGITS = 64
"""Of one order to send: no number, PIN or menu path is longer."""


def only_digits(text: str) -> str:
    """What of the text are keys, letters in capitals; at most `MAX_DIGITS` of them."""
    return "".join(key for key in text.upper() if key in TONES)[:MAX_DIGITS]
