"""Reading what SIPp writes, and writing what it reads."""

from bench.sipp import Side, phones_csv, side_of, times_in


def test_the_last_line_of_the_statistics_counts() -> None:
    statistics = (
        "StartTime;SuccessfulCall(P);SuccessfulCall(C);FailedCall(C);Retransmissions(C);\n"
        "x;1;1;0;0;\n"
        "x;2;3;1;4;\n"
    )
    assert side_of(statistics, (1.0,)) == Side(3, 1, 4, (1.0,))


def test_a_sipp_that_wrote_nothing_has_seen_nothing() -> None:
    assert side_of("", ()) == Side(0, 0, 0, ())


def test_response_times_stand_behind_the_date() -> None:
    text = "Date_ms;response_time_ms;rtd_no\n1000.5;4.25;1\n1001.5;8;1\n"
    assert times_in(text) == [4.25, 8.0]


def test_a_phone_is_a_line_with_its_login_and_whom_it_calls() -> None:
    assert phones_csv([(1000, "1001"), (1002, "")]) == (
        "SEQUENTIAL\n"
        "1000;[authentication username=1000 password=pw1000];1001\n"
        "1002;[authentication username=1002 password=pw1002];\n"
    )
