import json

from softswitch.records import CallRecord, LegRecord

RECORD = CallRecord(
    call_id="3f2a",
    caller="100",
    callee="101",
    answered_by="101",
    arrived_at=10.0,
    ringing_at=11.0,
    answered_at=12.0,
    ended_at=42.5,
    outcome="answered",
    status=200,
    reason="caller hung up",
    ended_by="caller",
    legs=(LegRecord("caller", "a@x", "sip:100@x", "answered", 50, 1, 0.002, 49),),
)


def test_talk_time_runs_from_answer_to_end() -> None:
    assert RECORD.talk_time == 30.5


def test_a_call_nobody_answered_has_no_talk_time() -> None:
    unanswered = CallRecord(
        "1", "100", "101", None, 1.0, None, None, 2.0, "busy", 486, "busy", "callee"
    )
    assert unanswered.talk_time == 0.0


def test_a_record_goes_through_json() -> None:
    read = json.loads(json.dumps(RECORD.as_dict()))
    assert read["legs"][0]["jitter"] == 0.002
    assert CallRecord(**{**read, "legs": (LegRecord(**read["legs"][0]),)}) == RECORD
