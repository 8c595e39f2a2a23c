"""The way of a call in words (features FWD-16)."""

from softswitch.b2bua.path import Path
from softswitch.routing.decision import Dial, Echo, Hop, Retrieve, Ring, Voicemail
from softswitch.routing.plan import MAX_SHOWN
from tests.softswitch.b2bua.carriers import ANNA, MOBILE, Office
from tests.softswitch.b2bua.flows import finish

OUT = Hop("101", "no_answer", "600 100 100", "")
BACK = Hop("101", "return", "voicemail:101", "")


def ring(user: str, *hops: Hop) -> Ring:
    return Ring(user, 30.0, 4.0, "", hops)


def dial(*hops: Hop) -> Dial:
    return Dial(MOBILE, ("carrier",), "101", 30.0, False, "", hops)


def test_a_call_that_only_rang_who_was_dialled_has_no_path() -> None:  # FWD-16
    path = Path("101")
    path.follow(ring("101"))
    path.note("busy")
    assert path.is_straight


def test_each_one_who_was_tried_is_told_with_what_became_of_it() -> None:  # FWD-16
    path = Path("101")
    path.follow(ring("101"))
    path.note("no_answer", 30.2)
    path.follow(dial(OUT))
    path.note("no_answer", 29.8)
    path.follow(Voicemail("101", "no_answer", "", (OUT, BACK)))
    assert path.told("Anna") == (
        f"Anna -> 101 (no answer 30 s) -> {MOBILE} (no answer 30 s) -> voicemail 101"
    )


def test_users_who_were_passed_over_are_told_with_the_reason() -> None:
    path = Path("101")
    path.follow(ring("103", Hop("101", "always", "102", ""), Hop("102", "dnd", "103", "")))
    assert path.told("Anna") == "Anna -> 101 (always) -> 102 (dnd) -> 103"


def test_a_number_of_ours_leads_to_a_user_and_a_finger_to_a_number() -> None:
    path = Path(ANNA)
    path.follow(ring("101"))
    assert path.told(MOBILE) == f"{MOBILE} -> {ANNA} -> 101"
    path = Path("600100100")
    path.follow(dial())
    assert path.is_straight
    assert path.told("Anna") == f"Anna -> {MOBILE}"


def test_a_mailbox_without_a_forward_is_told_with_the_reason() -> None:
    path = Path("101")
    path.follow(Voicemail("101", "unavailable", ""))
    assert path.told("Anna") == "Anna -> 101 (unavailable) -> voicemail 101"


def test_what_the_switch_itself_was_asked_is_no_way() -> None:
    path = Path("*600")
    path.follow(Echo(""))
    assert path.is_straight
    path = Path("*98")
    path.follow(Retrieve(None, ""))
    assert path.told("Anna") == "Anna -> *98 -> voicemail"


def test_a_dialled_text_is_cut_and_breaks_no_line() -> None:
    assert len(Path("1" * 1000).told("")) == MAX_SHOWN + len(" -> ")
    assert "\n" not in Path("1\n2").told("Anna")


def test_the_record_of_a_call_tells_its_way() -> None:  # FWD-16
    office = Office()
    office.forward("101", no_answer="600100100", return_after=20.0, return_to="102")
    office.alice.invites("101")
    office.world.run()
    office.bob.rings()
    office.world.run(31.0)
    office.carrier.rings()
    office.world.run(21.0)
    finish(office.world)
    assert office.world.record.path == (
        f"User 100 -> 101 (no answer 30 s) -> {MOBILE} (no answer 20 s) -> 102"
    )
