"""A playlist, frame by frame."""

from softswitch.media.player import Player, Track

SILENCE = b"\xff" * 4


def player(*tracks: Track | None, repeat: bool = False) -> Player:
    it = Player(len(tracks), SILENCE, octets=True, repeat=repeat)
    for turn, track in enumerate(tracks):
        it.supply(turn, track)
    return it


def frames(it: Player, count: int) -> list[bytes | None]:
    return [it.frame() for _ in range(count)]


def test_a_track_is_cut_into_frames_and_its_end_filled_with_silence() -> None:
    it = player(Track(b"abcdefghij"))
    assert frames(it, 5) == [b"abcd", b"efgh", b"ij\xff\xff", None, None]


def test_tracks_follow_each_other_without_a_gap() -> None:
    it = player(Track(b"abcdef"), Track(b"g"), None, Track(), Track(b"hijk"), Track(b"l"))
    assert frames(it, 4) == [b"abcd", b"efgh", b"ijkl", None]


def test_repetition_has_no_seam() -> None:
    it = player(Track(b"abcde"), Track(b"f"), repeat=True)
    played = b"".join(frame or b"" for frame in frames(it, 60))
    assert played == b"abcdef" * 40


def test_until_a_track_is_there_it_is_silent() -> None:
    it = Player(2, SILENCE, octets=True, repeat=False)
    assert it.frame() == SILENCE
    it.supply(0, Track(b"abcdef"))
    assert frames(it, 3) == [b"abcd", b"ef\xff\xff", SILENCE]
    it.supply(1, Track(b"ghij"))
    assert frames(it, 2) == [b"ghij", None]


def test_what_cannot_be_played_is_left_out() -> None:
    it = Player(2, SILENCE, octets=True, repeat=True)
    it.supply(0, None)
    assert it.frame() == SILENCE
    it.supply(1, Track(b"abcdef"))
    assert frames(it, 3) == [b"abcd", b"efab", b"cdef"]


def test_a_list_of_nothing_ends_even_when_it_is_repeated() -> None:
    for it in (player(None, None, repeat=True), player(Track(), repeat=True), player()):
        assert frames(it, 2) == [None, None]


def test_packets_are_played_as_they_are() -> None:
    it = Player(3, b"s", octets=False, repeat=False)
    it.supply(0, Track(packets=(b"one", b"two")))
    assert frames(it, 3) == [b"one", b"two", b"s"]
    it.supply(1, None)
    it.supply(2, Track(packets=(b"three",)))
    assert frames(it, 3) == [b"three", None, None]


def test_packets_are_repeated() -> None:
    it = Player(1, b"s", octets=False, repeat=True)
    assert it.frame() == b"s"
    it.supply(0, Track(packets=(b"one", b"two")))
    assert frames(it, 5) == [b"one", b"two", b"one", b"two", b"one"]


def test_another_format_goes_on_where_the_first_stood() -> None:
    first = player(Track(b"abcdef"), Track(b"ghijklmnopqr"))
    frames(first, 3)
    assert first.position == (1, 1)
    other = Player(2, b"\xd5" * 2, octets=True, repeat=False)
    other.go_to(first.position)
    assert frames(other, 2) == [b"\xd5\xd5", b"\xd5\xd5"]
    other.supply(0, Track(b"1122"))
    other.supply(1, Track(b"334455"))
    assert frames(other, 3) == [b"44", b"55", None]


def test_the_end_is_the_end_in_another_format_too() -> None:
    first = player(Track(b"abcd"))
    frames(first, 2)
    other = player(Track(b"efgh"))
    other.go_to(first.position)
    assert other.frame() is None


def test_a_track_takes_memory() -> None:
    assert Track(b"abcd").size == 4
    assert Track(packets=(b"ab", b"c")).size == 123
