"""Hours of a week."""

from softswitch.routing.hours import DAY, EVERY_DAY, Hours, Span, overlap, weekday

HOUR = 3600
MONDAY, FRIDAY, SUNDAY = 1, 1 << 4, 1 << 6


def test_days_are_counted_from_a_monday() -> None:
    assert [weekday(day) for day in (1, 7, 8)] == [0, 6, 0]


def test_an_end_is_no_part_of_the_hours() -> None:  # CAL-2
    hours = Hours("open", (Span(FRIDAY, 8 * HOUR, 18 * HOUR),))
    times = (8 * HOUR - 1, 8 * HOUR, 18 * HOUR - 1, 18 * HOUR)
    assert [hours.today(4, second) for second in times] == [False, True, True, False]
    assert not hours.today(5, 9 * HOUR)


def test_hours_may_go_over_midnight() -> None:  # CAL-2
    hours = Hours("night", (Span(FRIDAY, 22 * HOUR, DAY + 6 * HOUR),))
    assert hours.today(4, 23 * HOUR)
    assert hours.since_yesterday(5, 6 * HOUR - 1)
    assert not hours.since_yesterday(5, 6 * HOUR)
    assert not hours.since_yesterday(4, 1 * HOUR)


def test_hours_that_overlap_are_found_over_the_end_of_the_week_as_well() -> None:
    morning, noon = Span(EVERY_DAY, 8 * HOUR, 12 * HOUR), Span(MONDAY, 11 * HOUR, 13 * HOUR)
    night, early = Span(SUNDAY, 22 * HOUR, DAY + 2 * HOUR), Span(MONDAY, HOUR, 3 * HOUR)
    assert overlap([morning, noon]) == (morning, noon)
    assert overlap([night, early]) == (night, early)
    assert overlap([early, night]) == (early, night)
    assert overlap([morning, Span(MONDAY, 12 * HOUR, 13 * HOUR)]) is None
