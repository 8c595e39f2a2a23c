"""SUBSCRIBE and NOTIFY: who is told, when, and when no more."""

import pytest

from softswitch.events.message_summary import MessageSummary
from softswitch.sip.flow import Flow
from tests.softswitch.events.scene import TICK, Scene, count, on_scene, state
from tests.support.registering import PHONE
from tests.support.sip_peers import make_request, parse_request

TIMER_F = 32.0
ELSEWHERE = PHONE._replace(remote=("192.0.2.77", 5062))


@pytest.mark.parametrize("number", ["100", "*97", "*98"])
def test_mwi_1_a_subscription_is_granted_and_the_state_follows_at_once(number: str) -> None:
    async def story(scene: Scene) -> None:
        scene.counts["100"] = (2, 5)
        response = await scene.subscribe(f"sip:{number}@pbx.example")
        assert response.status == 200
        assert response.headers.get("Expires") == "600"
        assert response.headers.get("Contact") == f"<sip:{number}@192.0.2.10:5060>"
        [request] = scene.take()
        assert (request.method, request.uri) == ("NOTIFY", "sip:100@192.0.2.1:5062")
        assert (request.call_id, request.from_tag) == ("subscription-1", response.to_tag)
        assert request.to_tag == "alice"
        assert request.headers.get("Contact") == f"<sip:{number}@192.0.2.10:5060>"
        assert request.headers.get("Event") == "message-summary"
        assert request.headers.get("Content-Type") == "application/simple-message-summary"
        assert (state(request), count(request)) == ("active;expires=600", "2/5")
        assert len(scene.notifier) == 1

    on_scene(story)


def test_mwi_2_every_change_is_told() -> None:
    async def story(scene: Scene) -> None:
        await scene.subscribe()
        scene.take()
        await scene.live(60 - TICK)
        scene.change("100", 1)
        await scene.live(1)
        scene.change("101", 7)  # somebody else's
        await scene.live(1)
        [request] = scene.take()
        assert (state(request), count(request)) == ("active;expires=540", "1/0")

    on_scene(story)


def test_mwi_2_a_refresh_is_answered_with_the_state_and_does_not_accumulate() -> None:
    async def story(scene: Scene) -> None:
        tag = (await scene.subscribe()).to_tag
        for _ in range(3):
            await scene.live(500)
            assert (await scene.subscribe(to_tag=tag)).status == 200
        assert [state(request) for request in scene.take()] == 4 * ["active;expires=600"]
        assert len(scene.notifier) == 1
        scene.change("100", 1)
        await scene.live(1)
        assert len(scene.take()) == 1
        await scene.live(600)
        [last] = scene.take()
        assert state(last) == "terminated;reason=timeout"

    on_scene(story)


def test_mwi_2_a_phone_that_has_forgotten_its_subscription_has_one_and_not_two() -> None:
    async def story(scene: Scene) -> None:
        for number in range(5):
            await scene.subscribe(call_id=f"after boot {number}".replace(" ", "-"))
        assert len(scene.notifier) == 1
        scene.take()
        scene.change("100", 1)
        await scene.live(1)
        [request] = scene.take()
        assert request.call_id == "after-boot-4"

    on_scene(story)


def test_two_devices_and_two_numbers_are_subscriptions_of_their_own() -> None:
    async def story(scene: Scene) -> None:
        await scene.subscribe()
        second = await scene.subscribe("sip:*98@pbx.example", call_id="b")
        await scene.subscribe(call_id="c", flow=ELSEWHERE)
        await scene.subscribe(call_id="d", contact="<sip:100@192.0.2.1:5064>")
        await scene.subscribe(call_id="e", event="message-summary;id=2")
        assert len(scene.notifier) == 5
        assert scene.take()[-1].headers.get("Event") == "message-summary;id=2"
        known = make_request("SUBSCRIBE", call_id="b", to_tag=second.to_tag)
        assert scene.notifier.knows(parse_request(known))
        assert not scene.notifier.knows(parse_request(known.replace(b"Call-ID: b", b"Call-ID: z")))

    on_scene(story)


def test_one_user_cannot_fill_the_memory() -> None:
    async def story(scene: Scene) -> None:
        for number in range(MessageSummary.most + 3):
            await scene.subscribe(
                call_id=f"flood-{number}", contact=f"<sip:100@192.0.2.1:{6000 + number}>"
            )
        assert len(scene.notifier) == MessageSummary.most
        ended = [request for request in scene.take() if "terminated" in state(request)]
        assert [request.call_id for request in ended] == ["flood-0", "flood-1", "flood-2"]
        assert state(ended[0]) == "terminated;reason=probation;retry-after=600"

    on_scene(story)


def test_a_subscription_ends_when_its_time_is_up() -> None:
    async def story(scene: Scene) -> None:
        await scene.subscribe(expires=60)
        scene.take()
        await scene.live(61)
        [request] = scene.take()
        assert state(request) == "terminated;reason=timeout"
        assert len(scene.notifier) == 0
        scene.change("100", 1)
        await scene.live(1)
        assert scene.take() == []

    on_scene(story)


def test_whoever_asks_once_is_told_once() -> None:
    async def story(scene: Scene) -> None:
        scene.counts["100"] = (1, 0)
        response = await scene.subscribe(expires=0)
        assert (response.status, response.headers.get("Expires")) == (200, "0")
        [request] = scene.take()
        assert (state(request), count(request)) == ("terminated;reason=timeout", "1/0")
        assert len(scene.notifier) == 0

    on_scene(story)


def test_unsubscribing_ends_it_with_a_last_word() -> None:
    async def story(scene: Scene) -> None:
        tag = (await scene.subscribe()).to_tag
        scene.take()
        assert (await scene.subscribe(to_tag=tag, expires=0)).status == 200
        [request] = scene.take()
        assert state(request) == "terminated;reason=timeout"
        assert len(scene.notifier) == 0
        await scene.live(700)
        assert scene.take() == []
        assert (await scene.subscribe(to_tag=tag)).status == 481

    on_scene(story)


def test_mwi_3_a_refresh_of_before_a_restart_is_answered_481() -> None:
    async def story(scene: Scene) -> None:
        assert (await scene.subscribe(to_tag="of-yesterday")).status == 481
        assert scene.take() == []

    on_scene(story)


@pytest.mark.parametrize("status", [481, 404, 500])
def test_a_notification_that_is_refused_ends_the_subscription(status: int) -> None:
    async def story(scene: Scene) -> None:
        scene.status = status
        await scene.subscribe()
        assert len(scene.notifier) == 0
        assert len(scene.take()) == 1
        await scene.live(700)
        assert scene.take() == []

    on_scene(story)


def test_a_notification_without_answer_ends_the_subscription() -> None:
    async def story(scene: Scene) -> None:
        scene.status = 0
        await scene.subscribe()
        await scene.live(TIMER_F - 1)
        assert len(scene.notifier) == 1
        await scene.live(2)
        assert len(scene.notifier) == 0

    on_scene(story)


def test_what_changes_while_a_phone_is_slow_is_told_once_it_has_answered() -> None:
    async def story(scene: Scene) -> None:
        scene.status = 0
        await scene.subscribe()
        for new in range(1, 50):
            scene.change("100", new)
        await scene.live(0.2)
        assert len(scene.take()) == 1
        scene.status = 200
        await scene.live(5)
        assert [count(request) for request in scene.take()] == ["49/0"]

    on_scene(story)


def test_a_phone_that_has_moved_is_told_there_and_the_old_way_does_not_count() -> None:
    async def story(scene: Scene) -> None:
        scene.silent.add(PHONE)
        tag = (await scene.subscribe()).to_tag
        await scene.live(TIMER_F - 5)
        contact = "<sip:100@192.0.2.77:5062>"
        await scene.subscribe(to_tag=tag, flow=ELSEWHERE, contact=contact)
        request, flow = scene.notified[-1]
        assert (request.uri, flow) == ("sip:100@192.0.2.77:5062", ELSEWHERE)
        await scene.live(TIMER_F)  # the first NOTIFY times out
        assert len(scene.notifier) == 1

    on_scene(story)


def test_refusals_leave_nothing_behind() -> None:
    async def story(scene: Scene) -> None:
        unknown = await scene.subscribe(event="dialog")
        assert unknown.status == 489
        assert unknown.headers.get("Allow-Events") == scene.notifier.allow_events
        brief = await scene.subscribe(expires=59)
        assert (brief.status, brief.headers.get("Min-Expires")) == (423, "60")
        assert (await scene.subscribe("sip:101@pbx.example")).status == 403
        plain = await scene.subscribe(headers=(("Accept", "text/plain"),))
        assert plain.status == 406
        assert plain.headers.get("Accept") == "application/simple-message-summary"
        assert all(refusal.to_tag for refusal in (unknown, brief, plain))
        assert (len(scene.notifier), scene.take()) == (0, [])

    on_scene(story)


def test_refusals_within_a_subscription_leave_it_as_it_is() -> None:
    async def story(scene: Scene) -> None:
        tag = (await scene.subscribe()).to_tag
        scene.take()
        assert (await scene.subscribe(to_tag=tag, expires=5)).status == 423
        assert (await scene.subscribe(to_tag=tag, event="message-summary;id=9")).status == 481
        assert (await scene.subscribe(to_tag=tag, cseq=1)).status == 500
        scene.user = "101"
        assert (await scene.subscribe(to_tag=tag)).status == 403
        assert (len(scene.notifier), scene.take()) == (1, [])

    on_scene(story)


def test_over_tcp_we_are_reached_over_tcp_and_a_broken_connection_ends_it() -> None:
    flow = Flow("TCP", PHONE.local, ("192.0.2.1", 40000), 7)

    async def story(scene: Scene) -> None:
        response = await scene.subscribe(flow=flow)
        assert response.headers.get("Contact") == "<sip:100@192.0.2.10:5060;transport=tcp>"
        scene.network.closed.add(flow)
        scene.change("100", 1)
        await scene.live(1)
        assert len(scene.notifier) == 0

    on_scene(story)


def test_notifications_go_through_the_proxies_that_the_subscription_came_through() -> None:
    async def story(scene: Scene) -> None:
        route = "<sip:edge.example;lr>"
        response = await scene.subscribe(headers=(("Record-Route", route),))
        assert response.headers.all("Record-Route") == [route]
        [request] = scene.take()
        assert request.headers.all("Route") == [route]

    on_scene(story)
