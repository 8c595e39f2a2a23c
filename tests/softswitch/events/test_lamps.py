"""Lamps of registered phones: told out of the blue, or in their subscription, never both."""

import pytest

from softswitch.bus import SettingChanged
from softswitch.events.lamps import SETTLE
from tests.softswitch.events.scene import TICK, Scene, count, on_scene, state
from tests.support.registering import NOW, PHONE, binding

SOON = SETTLE + 2 * TICK


def test_mwi_1_a_phone_that_does_not_subscribe_is_told_out_of_the_blue() -> None:
    async def story(scene: Scene) -> None:
        scene.register(binding(path=("<sip:edge.example;lr>",)))
        await scene.live(SOON)
        scene.change("100", 3, 1)
        await scene.live(1)
        first, second = scene.take()
        assert [count(first), count(second)] == ["0/0", "3/1"]
        assert (second.method, second.uri) == ("NOTIFY", "sip:100@192.0.2.1:5062")
        assert second.headers.get("Event") == "message-summary"
        assert state(second) == "active"
        assert second.headers.all("Route") == ["<sip:edge.example;lr>"]
        assert second.headers.get("Content-Type") == "application/simple-message-summary"
        assert str(second.to.uri) == "sip:100@pbx.example"
        assert (second.to_tag, str(second.from_.uri)) == ("", "sip:*98@pbx.example")
        assert second.headers.get("Contact") == "<sip:100@192.0.2.10:5060>"
        assert first.call_id != second.call_id

    on_scene(story)


def test_fc_6_a_forward_does_not_light_the_lamp_of_messages() -> None:
    async def story(scene: Scene) -> None:
        scene.register(binding())
        await scene.live(SOON)
        scene.take()
        for key in ("forward.always", "dnd"):
            scene.bus.publish(SettingChanged("100", key, "102", "phone *72 by 100", NOW))
        await scene.live(5)
        assert scene.take() == []

    on_scene(story)


def test_mwi_1_a_phone_that_has_subscribed_is_told_in_its_subscription_only() -> None:
    async def story(scene: Scene) -> None:
        scene.register(binding())
        response = await scene.subscribe()  # at once, as those do that subscribe
        await scene.live(SOON)
        scene.change("100", 1)
        await scene.live(1)
        requests = scene.take()
        assert {request.from_tag for request in requests} == {response.to_tag}
        assert [count(request) for request in requests] == ["0/0", "1/0"]

    on_scene(story)


def test_mwi_2_a_phone_that_has_subscribed_and_starts_anew_is_told_in_its_subscription() -> None:
    async def story(scene: Scene) -> None:
        scene.register(binding())
        tag = (await scene.subscribe()).to_tag
        await scene.live(SOON)
        scene.take()
        scene.register(binding(call_id="after-boot"), refreshed=True)
        await scene.live(SOON)
        assert [request.from_tag for request in scene.take()] == [tag]

    on_scene(story)


def test_mwi_1_a_phone_that_subscribes_late_is_not_told_twice() -> None:
    async def story(scene: Scene) -> None:
        scene.status = 0
        scene.register(binding())
        await scene.live(SOON)
        scene.change("100", 1)
        scene.status = 200
        tag = (await scene.subscribe()).to_tag
        scene.take()
        await scene.live(5)
        assert [request.from_tag for request in scene.take()] in ([], [tag])

    on_scene(story)


def test_mwi_1_of_two_phones_the_one_without_subscription_is_told_out_of_the_blue() -> None:
    async def story(scene: Scene) -> None:
        other = PHONE._replace(remote=("192.0.2.2", 5062))
        scene.register(binding(), binding(2, flow=other, contact="sip:100@192.0.2.1:5062"))
        await scene.subscribe()
        await scene.live(SOON)
        scene.notified.clear()
        scene.change("100", 1)
        await scene.live(1)
        ways = {(state(request).partition(";")[0], flow) for request, flow in scene.notified}
        assert ways == {("active", PHONE), ("active", other)}
        assert len(scene.notified) == 2

    on_scene(story)


@pytest.mark.parametrize(
    ("path", "told"), [((), 1), (("<sip:edge.example;lr>",), 2)], ids=["direct", "proxy"]
)
def test_a_device_is_known_by_its_way_unless_others_have_the_same(
    path: tuple[str, ...], told: int
) -> None:
    async def story(scene: Scene) -> None:
        scene.register(binding(contact="sip:100@10.0.0.9:5060;ob", path=path))
        await scene.subscribe()
        await scene.live(SOON)
        scene.take()
        scene.change("100", 1)
        await scene.live(1)
        assert len(scene.take()) == told

    on_scene(story)


def test_mwi_2_a_phone_that_has_started_anew_is_told_and_one_that_refreshes_is_not() -> None:
    async def story(scene: Scene) -> None:
        scene.counts["100"] = (1, 0)
        scene.register(binding())
        await scene.live(SOON)
        assert len(scene.take()) == 1
        scene.register(binding(cseq=2), refreshed=True)
        await scene.live(SOON)
        assert scene.take() == []
        scene.register(binding(call_id="after-boot"), refreshed=True)
        await scene.live(SOON)
        assert [count(request) for request in scene.take()] == ["1/0"]

    on_scene(story)


def test_mwi_3_after_a_restart_the_first_refresh_of_a_registration_is_answered_with_the_state() -> (
    None
):
    async def story(scene: Scene) -> None:
        scene.counts["100"] = (1, 0)
        scene.location.replace("100", (binding(),))  # taken up from the store: nobody is told
        scene.register(binding(cseq=2), refreshed=True)
        await scene.live(SOON)
        assert [count(request) for request in scene.take()] == ["1/0"]

    on_scene(story)


def test_mwi_5_a_shared_mailbox_lights_the_lamps_of_all_who_have_it() -> None:
    async def story(scene: Scene) -> None:
        scene.counts["101"] = (1, 1)
        scene.register(binding(user="101"))
        await scene.live(SOON)
        scene.take()
        scene.change("600", 2)
        await scene.live(1)
        assert [count(request) for request in scene.take()] == ["3/1"]

    on_scene(story)


def test_whoever_has_no_mailbox_hears_nothing() -> None:
    async def story(scene: Scene) -> None:
        scene.register(binding(user="102"))
        scene.change("102", 1)
        await scene.live(SOON)
        assert (scene.take(), len(scene.lamps)) == ([], 0)

    on_scene(story)


def test_a_phone_that_leaves_at_once_hears_nothing_and_leaves_nothing() -> None:
    async def story(scene: Scene) -> None:
        scene.register(binding())
        scene.unregister(binding())
        scene.change("100", 1)
        await scene.live(SOON)
        assert (scene.take(), len(scene.lamps)) == ([], 0)

    on_scene(story)


def test_a_registration_that_has_expired_hears_nothing() -> None:
    async def story(scene: Scene) -> None:
        scene.register(binding(expires_at=NOW + 1))
        await scene.live(2)
        scene.take()
        scene.change("100", 1)
        await scene.live(1)
        assert scene.take() == []

    on_scene(story)


@pytest.mark.parametrize("status", [200, 481, 501])
def test_whatever_a_phone_says_it_is_told_the_next_time(status: int) -> None:
    async def story(scene: Scene) -> None:
        scene.status = status
        scene.register(binding())
        await scene.live(SOON)
        scene.change("100", 1)
        await scene.live(1)
        assert [count(request) for request in scene.take()] == ["0/0", "1/0"]

    on_scene(story)


def test_a_silent_phone_is_told_one_thing_at_a_time_and_how_things_are_when_it_is_back() -> None:
    async def story(scene: Scene) -> None:
        scene.status = 0
        scene.register(binding())
        await scene.live(SOON)
        for new in range(1, 50):
            scene.change("100", new)
        await scene.live(40)
        assert [count(request) for request in scene.take()] == ["0/0"]
        scene.status = 200
        scene.register(binding(cseq=2), refreshed=True)  # it is there again
        await scene.live(SOON)
        assert [count(request) for request in scene.take()] == ["49/0"]

    on_scene(story)


def test_a_phone_that_is_gone_when_its_answer_comes_is_forgotten() -> None:
    async def story(scene: Scene) -> None:
        scene.status = 0
        scene.register(binding())
        await scene.live(SOON)
        scene.change("100", 1)
        scene.unregister(binding())
        scene.take()
        await scene.live(40)
        assert {count(request) for request in scene.take()} <= {"0/0"}
        assert len(scene.lamps) == 0

    on_scene(story)


def test_a_phone_that_has_lost_its_subscription_is_told_out_of_the_blue() -> None:
    async def story(scene: Scene) -> None:
        await scene.subscribe()
        other = PHONE._replace(remote=("192.0.2.2", 5062))
        scene.location.replace("100", (binding(), binding(2, flow=other)))
        scene.take()
        scene.status = 481
        scene.change("100", 1)
        await scene.live(1)
        tags = [bool(request.to_tag) for request in scene.take()]
        assert sorted(tags) == [False, False, True]
        assert len(scene.notifier) == 0

    on_scene(story)
