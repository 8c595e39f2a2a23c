from softswitch.routing.decision import Reject


def test_a_rejection_knows_its_reason_header() -> None:
    reject = Reject(404, 1, "not_found", "no user has the number 999")
    assert reject.reason == 'Q.850;cause=1;text="Unallocated number"'
