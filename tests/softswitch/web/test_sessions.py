"""Who is logged in."""

from itertools import count

from softswitch.web.sessions import IDLE, LONGEST, MOST, MOST_EACH, Sessions, digest


def sessions() -> Sessions:
    words = count()
    return Sessions(lambda: f"word{next(words)}")


def test_a_browser_that_logged_in_is_known_by_its_word_alone() -> None:
    known = sessions()
    word = known.begin("101", 0.0)
    session = known.find(word, 1.0)
    assert session is not None
    assert session.user == "101"
    assert known.find("word", 1.0) is None
    assert known.find(digest(word), 1.0) is None  # what is in memory opens no door
    assert known.find("", 1.0) is None


def test_every_log_in_has_another_word() -> None:
    known = sessions()
    assert known.begin("101", 0.0) != known.begin("101", 0.0)


def test_a_session_that_is_idle_ends() -> None:
    known = sessions()
    word = known.begin("101", 0.0)
    assert known.find(word, IDLE - 1) is not None
    assert known.find(word, 2 * IDLE - 2) is not None
    assert known.find(word, 3 * IDLE) is None
    assert known.find(word, 3 * IDLE) is None
    assert len(known) == 0


def test_a_session_ends_after_a_day_of_work_however_busy_it_is() -> None:
    known = sessions()
    word = known.begin("101", 0.0)
    at = 0.0
    while known.find(word, at) is not None:
        at += IDLE / 2
    assert LONGEST < at <= LONGEST + IDLE


def test_who_logs_out_is_not_known_any_more() -> None:
    known = sessions()
    word = known.begin("101", 0.0)
    known.end(word)
    known.end(word)
    assert known.find(word, 0.0) is None


def test_another_password_ends_the_sessions_of_its_user_alone() -> None:
    known = sessions()
    anna, again, jan = (known.begin(user, 0.0) for user in ("101", "101", "102"))
    known.end_all("101")
    assert known.find(anna, 0.0) is known.find(again, 0.0) is None
    assert known.find(jan, 0.0) is not None


def test_a_user_has_so_many_sessions_and_the_idle_ones_go() -> None:
    known = sessions()
    first, *others = [known.begin("101", float(at)) for at in range(MOST_EACH)]
    assert known.find(first, 50.0) is not None  # and so it is not the idle one
    known.begin("101", 51.0)
    assert known.find(first, 52.0) is not None
    assert known.find(others[0], 52.0) is None
    assert len(known) == MOST_EACH


def test_there_are_so_many_sessions_in_all() -> None:
    known = sessions()
    first = known.begin("first", 0.0)
    for number in range(MOST):
        known.begin(f"u{number}", 1.0)
    assert len(known) == MOST
    assert known.find(first, 2.0) is None


def test_sessions_that_are_over_make_room() -> None:
    known = sessions()
    known.begin("101", 0.0)
    known.begin("102", IDLE + 1)
    assert len(known) == 1


def test_a_form_has_to_bring_the_word_of_its_session() -> None:
    known = sessions()
    session = known.find(known.begin("101", 0.0), 0.0)
    assert session is not None
    assert session.accepts(session.csrf)
    assert not session.accepts("")
    assert not session.accepts(session.csrf + "ä")
    assert not session.accepts(session.csrf + "\ud800")  # not even Unicode


def test_a_word_that_is_no_unicode_opens_no_door() -> None:
    known = sessions()
    word = known.begin("101", 0.0)
    assert known.find(word + "\udcff", 0.0) is None
    known.end("\udcff")
    assert known.find(word, 0.0) is not None
