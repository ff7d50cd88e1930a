import html
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from campaigns.measuring import funnels
from campaigns.planning import campaigns
from campaigns.world import World
from tests.attacks.reading import dangers
from tests.clock import HandClock
from tests.makers.capturing import lead_of
from tests.makers.naughty import LISTED
from tests.makers.publishing import Place, make_place, make_tweet
from tests.makers.reports import asked
from tests.makers.tracking import make_lead, make_person, make_touch
from tests.web.doors import csrf

Staff = Callable[..., FlaskClient]
NOBODY = "0193a1b2-0000-7000-8000-00000000000a"


def listed(page: str) -> list[str]:
    """What the rows of the table are called."""
    return [html.unescape(name) for name in re.findall(r'<a class="q who clip" href="[^"]+">([^<]*)</a>', page)]


def tabs(page: str) -> dict[str, str]:
    """The saved views and their counts."""
    return dict(re.findall(r'<a href="[^"]*"[^>]*>([^<]+) <span class="count">([^<]*)</span></a>', page))


def make(world: World, place: Place, email: str, **more: object) -> str:
    return make_lead(world, place, make_person(world, email), search=email, **more)


def change(client: FlaskClient, ids: list[str], state: str, address: str = "/leads") -> tuple[int, str]:
    answer = client.post(address, data={"csrf_token": csrf(client), "lead": ids, "state": state})
    return answer.status_code, answer.headers.get("Location", answer.text)


def test_the_desk_shows_each_lead_with_its_tweet_and_evidence(staff: Staff, world: World) -> None:
    place = make_place(world)
    tweet = make_tweet(world, place, "Six vendredis {link}").tweet
    person = make_person(world, "zoe@ecole.example")
    make_touch(world, person, tweet.id)
    answers = [{"name": "name", "label": "You", "kind": "name", "value": "Zoé Riou"}]
    lead_id = make_lead(world, place, person, answers=answers)
    page = staff("sales").get("/leads").text
    assert listed(page) == ["Zoé Riou"]
    assert f'href="/leads/{lead_id}"' in page
    assert "Six vendredis" in page
    assert '<span class="ev-one ev-a" title="link+x">A</span>' in page


def test_saved_views_are_states_with_their_counts(staff: Staff, world: World) -> None:
    place, other = make_place(world), make_place(world)
    for number, state in enumerate(("new", "new", "won", "lost")):
        make(world, place, f"{state}{number}@school.example", state=state)
    make(world, other, "elsewhere@school.example")
    client = staff("sales")
    page = client.get(f"/leads?campaign_id={place.campaign_id}&state=won").text
    states = {"All": "4", "New": "2", "Contacted": "0", "Qualified": "0", "Won": "1", "Lost": "1"}
    assert tabs(page) == states | {"Not counted": "0"}
    assert listed(page) == ["won2@school.example"]
    assert f"/leads?campaign_id={place.campaign_id}&amp;state=new" in page


@pytest.mark.parametrize(
    "query,names",
    [
        ("q=B@school", "b"),
        ("q=%25", ""),
        ("since=2026-11-03", "cd"),
        ("until=2026-11-02", "ab"),
        ("since=2026-11-03&until=2026-11-03", "c"),
    ],
)
def test_days_are_whole_ones_where_the_viewer_is(
    staff: Staff, world: World, clock: HandClock, query: str, names: str
) -> None:
    place, start = make_place(world), clock.now().replace(hour=22, minute=59)
    # midnight in Paris is 23:00 UTC
    for name, hours in (("a", 0), ("b", 0), ("c", 0.5), ("d", 24.5)):
        clock.set(start)
        clock.advance(hours=hours)
        make(world, place, f"{name}@school.example")
    assert "".join(name[0] for name in sorted(listed(staff("sales").get(f"/leads?{query}").text))) == names


@pytest.mark.both_databases
@pytest.mark.parametrize("rehearsal,numbers", [("true", [4, 3, 1]), ("false", [3, 2, 1])])
def test_behind_a_number_of_the_ledger_stand_its_leads(
    staff: Staff, world: World, rehearsal: str, numbers: list[int]
) -> None:
    place = make_place(world)
    tweet = make_tweet(world, place).tweet
    for n in range(4):
        person = make_person(world, f"{n}@school.example")
        make_touch(world, person, tweet.id if n else None, evidence="link" if n else "utm")
        make_lead(world, place, person, rehearsed=n == 3)
    client = staff("marketer")
    ledger = client.get(f"/campaigns/{place.campaign_id}?rehearsal={rehearsal}").text
    found = re.findall(r'<a href="(/leads\?[^"]+)">([0-9]+)</a>', ledger)
    assert [int(number) for _, number in found] == [numbers[0], *numbers, numbers[0]]  # in tile, funnel and ledger
    with world.db.read() as session:
        campaign = campaigns.find(session, place.campaign_id)
        report = funnels.report(session, campaign, asked(lookback_days=90, rehearsal=rehearsal == "true"))
    assert [report.totals.leads, report.rows[0].figures.leads, report.unattributed.leads] == numbers
    for address, number in found:
        assert len(listed(client.get(html.unescape(address)).text)) == int(number)


def test_show_more_goes_on_where_the_page_ends_and_keeps_the_filter(
    staff: Staff, world: World, clock: HandClock
) -> None:
    place = make_place(world)
    for number in range(53):
        make(world, place, f"n{number:02}@school.example", state="won")
        clock.advance(seconds=1)
    client = staff("sales")
    first = client.get("/leads?state=won").text
    found = re.search(r'href="(/leads\?[^"]*cursor=[^"]*)"', first)
    assert found
    rest = client.get(html.unescape(found[1])).text
    assert [*listed(first), *listed(rest)] == [f"n{number:02}@school.example" for number in range(52, -1, -1)]
    assert "cursor=" not in re.sub(r"Back to the first.*", "", rest.partition('class="pager"')[0])


@pytest.mark.both_databases
def test_ticked_leads_change_together_and_the_view_stays(staff: Staff, world: World) -> None:
    place = make_place(world)
    ids = [make(world, place, f"{n}@school.example") for n in range(3)]
    client = staff("sales")
    status, where = change(client, ids[:2], "contacted", "/leads?state=new&q=school")
    assert (status, where) == (303, "/leads?q=school&state=new&done=saved")
    assert [lead_of(world, each).state for each in ids] == ["contacted", "contacted", "new"]


def test_nothing_ticked_says_so_and_shows_the_list_again(staff: Staff, world: World) -> None:
    lead_id = make(world, make_place(world), "zoe@school.example")
    client = staff("sales")
    for ids, state, told in (([], "won", "Tick one lead or more"), ([NOBODY], "won", "There is no such lead"),
                             ([lead_id], "x", "There is no such state")):  # fmt: skip
        status, page = change(client, ids, state)
        assert (status, listed(page)) == (422, ["zoe@school.example"])
        assert told in page


@pytest.mark.both_databases
@pytest.mark.parametrize("query", ["since=yesterday", "campaign_id=x", "tweet_id=x", "q=%00", "state=x", "cursor=x"])
def test_a_view_that_cannot_be_says_why(staff: Staff, query: str) -> None:
    answer = staff("sales").get(f"/leads?{query}")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_without_leads_the_page_says_what_will_stand_there(staff: Staff, world: World) -> None:
    client = staff("sales")
    assert "No lead yet" in client.get("/leads").text
    make(world, make_place(world), "zoe@school.example")
    page = client.get("/leads?state=won").text
    assert "No lead in this view" in page
    assert 'href="/leads"' in page


def test_a_marketer_reads_and_changes_nothing(staff: Staff, world: World) -> None:
    lead_id = make(world, make_place(world), "zoe@school.example")
    client = staff("marketer")
    page = client.get("/leads").text
    assert listed(page) == ["zoe@school.example"]
    assert 'type="checkbox"' not in page
    assert "/leads/download" not in page
    for address in ("/leads", f"/leads/{lead_id}/state", f"/leads/{lead_id}/sale", "/leads/download"):
        answer = client.post(address, data={"csrf_token": csrf(client), "lead": lead_id, "state": "won", "amount": "1"})
        assert answer.status_code == 403
    assert client.get("/leads/download").status_code == 403
    assert lead_of(world, lead_id).state == "new"


def test_what_visitors_wrote_is_text_and_never_markup(staff: Staff, world: World) -> None:
    place = make_place(world)
    attacks = [text for text in LISTED if "<" in text][:120]
    for number, text in enumerate(attacks):
        answers = [
            {"name": "name", "label": text, "kind": "name", "value": text},
            {"name": "school", "label": "School", "kind": "company", "value": text},
        ]
        person = make_person(world)
        make_touch(world, person, None, evidence="utm", utm={"utm_source": text}, referrer=text)
        last = make_lead(world, place, person, answers=answers)
        if number % 20 == 0:
            page = staff("sales", email=f"t{number}@feuillet.example").get(f"/leads/{last}").text
            assert html.escape(text.strip(), quote=False).split("\n")[0][:20].replace("'", "&#39;") in page.replace(
                "&#34;", '"'
            )
    page = staff("admin").get("/leads").text
    for found in (page, staff("marketer").get(f"/leads?q={'x' * 200}").text):
        assert dangers(found) == []
