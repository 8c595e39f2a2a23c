"""The keys, their codes and their tones."""

from softswitch.media.dtmf.digits import CODES, DIGITS, FLASH, MAX_DIGITS, TONES, only_digits


def test_the_codes_are_those_of_the_registry() -> None:
    assert [CODES[digit] for digit in "09*#AD" + FLASH] == [0, 9, 10, 11, 12, 15, 16]


def test_every_key_has_two_tones_of_its_own() -> None:
    assert set(TONES) == set(DIGITS)
    assert len(set(TONES.values())) == 16
    assert TONES["1"] == (697, 1209)
    assert TONES["0"] == (941, 1336)
    assert TONES["D"] == (941, 1633)


def test_only_keys_are_left_of_a_text() -> None:
    assert only_digits("+48 (22) 12a-#*") == "482212A#*"
    assert only_digits("ß²٣") == ""
    assert len(only_digits("9" * 500)) == MAX_DIGITS
