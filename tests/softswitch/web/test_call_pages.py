"""Where calls go, chosen in a browser over real TLS (features 4.4; FWD-14, FWD-8, DND-1, CW-1)."""

import re
from pathlib import Path

import pytest

from softswitch.config.configuration import Forward
from tests.softswitch.web.office import Answer, Web

pytestmark = pytest.mark.process

CONFIG = """\
country: PL
network: {{web: "127.0.0.1:{port}", domains: [pbx.example.com]}}
users:
  100: {{name: Bob, voicemail: off, calls: internal}}
  101:
    name: Anna
    ring_time: 25s
    forward:
      no_answer: voicemail
      busy: {{to: 100, callers: external}}
      dnd: !fixed 100
  102: {{name: Jan, language: pl, editable: off}}
"""


@pytest.fixture
def web(tmp_path: Path) -> Web:
    return Web(tmp_path, CONFIG)


def chosen(page: Answer) -> dict[str, str]:
    """What a browser would send back of the form: choices and numbers that are not locked."""
    text = re.sub(r"<fieldset disabled>.*?</fieldset>", "", page.text, flags=re.DOTALL)
    found = {}
    for attributes, options in re.findall(r"<select([^>]*)>(.*?)</select>", text, re.DOTALL):
        if "disabled" not in attributes:
            (name,) = re.findall(r'name="([^"]*)"', attributes)
            (found[name],) = re.findall(r'value="([^"]*)" selected', options)
    for one in re.findall(r'<input ([^>]*type="text"[^>]*)>', text):
        if "disabled" not in one:
            found[re.findall(r'name="([^"]*)"', one)[0]] = re.findall(r'value="([^"]*)"', one)[0]
    return found


def test_what_holds_is_shown_and_saving_it_changes_nothing(web: Web) -> None:
    async def scenario() -> None:
        await web.log_in()
        page = await web.ask("GET", "/calls")
        assert "<h1>Calls</h1>" in page.text
        assert "100 (external)" in page.text
        fields = chosen(page)
        assert fields["ring_time"] == "25"
        assert (fields["dnd"], fields["call_waiting"]) == ("off", "on")
        assert fields["forward.no_answer"] == "voicemail"
        assert fields["forward.busy"] == "as_it_is"
        assert fields["forward.always"] == "off"
        assert "forward.dnd" not in fields, "what is fixed cannot be changed"
        assert (await web.post("/calls", "/calls", **fields)).status == 303

    web.runs(scenario)
    assert web.kept == []


def test_what_is_saved_holds_at_once_and_says_who_chose_it(web: Web) -> None:
    async def scenario() -> None:
        await web.log_in()
        fields = chosen(await web.ask("GET", "/calls"))
        fields |= {"dnd": "on", "call_waiting": "off", "ring_time": "40", "hide_number": "on"}
        fields |= {"forward.no_answer": "number", "forward.no_answer.number": " 100 "}
        fields |= {"forward.busy": "voicemail", "forward.always": "off"}
        saved = await web.post("/calls", "/calls", **fields)
        assert (saved.status, saved.field("Location")) == (303, "/calls")
        page = await web.ask("GET", "/calls")
        assert "Saved. It holds from now on." in page.text
        again = chosen(page)
        assert (again["forward.no_answer"], again["forward.no_answer.number"]) == ("number", "100")
        assert (again["forward.busy"], again["dnd"], again["ring_time"]) == (
            "voicemail",
            "on",
            "40",
        )

    web.runs(scenario)
    anna = web.settings.users["101"]
    assert (anna.dnd, anna.call_waiting, anna.ring_time) == (True, False, 40.0)
    assert anna.hide_number
    assert anna.forward.rules["no_answer"] == Forward("100")
    assert anna.forward.rules["busy"].to == "voicemail"
    assert "always" not in anna.forward.rules
    assert {row.source for row in web.kept} == {"portal by 101"}
    assert len(web.kept) == 6, "what stays as it was is no change"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"forward.busy": "number", "forward.busy.number": "555"}, "sent there: 555"),
        ({"forward.busy": "number", "forward.busy.number": " "}, "Calls cannot be sent there: "),
        ({"forward.busy": "number", "forward.busy.number": "101"}, "sent there: 101"),
        ({"forward.busy": "number", "forward.busy.number": "<b>"}, "sent there: &lt;b&gt;"),
        ({"forward.busy": "number", "forward.busy.number": "1" * 900}, "sent there: 1111"),
        ({"forward.busy": "sip:thief@example.com"}, "Calls cannot be sent there: "),
        ({"ring_time": "3"}, "for 5 to 600 seconds"),
        ({"ring_time": "long"}, "for 5 to 600 seconds"),
        ({"ring_time": ""}, "for 5 to 600 seconds"),
        ({"dnd": "perhaps"}, "could not be saved"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_of_the_form_holds(
    web: Web, fields: dict[str, str], said: str
) -> None:
    async def scenario() -> None:
        await web.log_in()
        refused = await web.post("/calls", "/calls", **{"call_waiting": "off", **fields})
        assert refused.status == 422
        assert said in refused.text
        assert 'value="off" selected' in refused.text, "what else was chosen is still there"

    web.runs(scenario)
    assert web.settings.users == web.config.users
    assert web.kept == []


def test_fwd_8_calls_go_only_where_the_owner_may_call(web: Web) -> None:
    async def scenario() -> None:
        await web.log_in("100")
        fields = {"forward.always": "number", "forward.always.number": "+48600100100"}
        assert (await web.post("/calls", "/calls", **fields)).status == 422
        fields = {"forward.always": "voicemail"}  # he has none, and it is not offered
        assert (await web.post("/calls", "/calls", **fields)).status == 422
        assert "to your mailbox" not in (await web.ask("GET", "/calls")).text

    web.runs(scenario)
    assert web.kept == []


def test_who_may_change_nothing_sees_how_it_is(web: Web) -> None:
    async def scenario() -> None:
        await web.log_in("102")
        page = await web.ask("GET", "/calls")
        assert "<h1>Połączenia</h1>" in page.text
        assert chosen(page) == {}
        assert "O tym decyduje" in page.text
        assert "<button>Zapisz" not in page.text
        await web.post("/calls", "/calls", dnd="on", ring_time="60")

    web.runs(scenario)
    assert web.settings.users == web.config.users


def test_a_store_that_takes_nothing_is_told(web: Web) -> None:
    async def scenario() -> None:
        await web.log_in()
        web.is_full = True
        refused = await web.post("/calls", "/calls", dnd="on")
        assert "could not be saved" in refused.text

    web.runs(scenario)
    assert not web.settings.users["101"].dnd


def test_strangers_and_other_pages_change_nothing(web: Web) -> None:
    async def scenario() -> None:
        for method in ("GET", "POST"):
            stranger = await web.ask(method, "/calls", {"dnd": "on"} if method == "POST" else None)
            assert (stranger.status, stranger.field("Location")) == (303, "/login")
        await web.log_in()
        forged = await web.ask("POST", "/calls", {"csrf": "guessed", "dnd": "on"})
        assert forged.status == 403

    web.runs(scenario)
    assert web.kept == []
