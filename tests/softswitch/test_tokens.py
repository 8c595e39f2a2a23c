import os

from softswitch.tokens import OCTETS, STOCK, Tokens


def test_words_are_16_digits_and_never_the_same() -> None:
    token = Tokens()
    words = [token() for _ in range(3 * STOCK)]
    assert len(set(words)) == len(words)
    assert all(len(word) == 16 and set(word) <= set("0123456789abcdef") for word in words)


def test_the_kernel_is_asked_once_for_many_and_each_octet_is_used_once() -> None:
    asked: list[bytes] = []

    def random(size: int) -> bytes:
        asked.append(os.urandom(size))
        return asked[-1]

    token = Tokens(random)
    words = [token() for _ in range(STOCK)]
    [given] = asked
    assert sorted(words) == sorted(given[i : i + OCTETS].hex() for i in range(0, 1024, OCTETS))
    assert token() not in words
    assert len(asked) == 2
