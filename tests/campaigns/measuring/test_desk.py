from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from campaigns.capturing.leads import LeadFilter
from campaigns.kernel.errors import Problem
from campaigns.measuring import desk, funnels
from campaigns.measuring.desk import View
from campaigns.planning import campaigns
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import Place, make_place, make_tweet
from tests.makers.reports import asked
from tests.makers.tracking import make_lead, make_person, make_touch

DAYS = 90


@contextmanager
def counted(world: World) -> Iterator[list[str]]:
    said: list[str] = []

    def note(*args: object) -> None:
        said.append(str(args[2]))

    event.listen(world.db.engine, "before_cursor_execute", note)
    yield said
    event.remove(world.db.engine, "before_cursor_execute", note)


def ids(world: World, view: View, days: int = DAYS) -> list[str]:
    """The leads of a view, page by page."""
    found: list[str] = []
    cursor = None
    while True:
        with world.db.read() as session:
            page = desk.list_page(session, view, lookback_days=days, before=cursor, limit=2)
        found += [row.lead.id for row in page.items]
        cursor = page.next
        if cursor is None:
            return found


def make(world: World, place: Place, *touches: tuple[str | None, str, float], **more: object) -> str:
    """A lead whose person was touched: (tweet, evidence, days before)."""
    person = make_person(world)
    for tweet_id, evidence, days in touches:
        make_touch(world, person, tweet_id, evidence=evidence, at=world.clock.now() - timedelta(days=days))
    return make_lead(world, place, person, **more)


def crowd(world: World, place: Place, other: Place) -> tuple[str, str, str]:
    """Leads of every sort: whose tweet, whose evidence, when. The tweets."""
    ours, second = (make_tweet(world, place, f"Numéro {n} : {{link}}").tweet.id for n in (1, 2))
    theirs = make_tweet(world, other).tweet.id
    make(world, place, (ours, "link+x", 0))
    make(world, place, (ours, "link", 1), (second, "link+x", 0.5))
    make(world, place, (ours, "code", 90))
    make(world, place, (ours, "link+x", 91))
    make(world, place, (ours, "link+x", 3), (ours, "link+other", 2))
    make(world, place, (ours, "link+x", 3), (None, "utm", 2), (None, "direct", 1))
    make(world, place, (ours, "link+x", 3), (None, "direct", 1))
    make(world, place, (theirs, "link", 3))
    make(world, place, (None, "direct", 0))
    make(world, place)
    make(world, place, (second, "link+x", 0), rehearsed=True)
    make(world, other, (ours, "link+x", 0))
    return ours, second, theirs


@pytest.mark.parametrize("rehearsal", [True, False])
@pytest.mark.parametrize("days", [90, 2])
def test_behind_each_number_of_the_ledger_stand_as_many_leads(world: World, rehearsal: bool, days: int) -> None:
    place, other = make_place(world), make_place(world)
    crowd(world, place, other)
    with world.db.read() as session:
        campaign = campaigns.find(session, place.campaign_id)
        report = funnels.report(session, campaign, asked(lookback_days=days, rehearsal=rehearsal))
    behind = View(campaign_id=place.campaign_id, rehearsal=rehearsal)
    told = {row.tweet_id: row.figures.leads for row in report.rows} | {
        desk.NOBODY: report.unattributed.leads, None: report.totals.leads,
    }  # fmt: skip
    found = {
        tweet_id: ids(world, View(**(vars(behind) | {"tweet_id": tweet_id})), days) for tweet_id in told
    }  # fmt: skip
    assert {tweet_id: len(leads) for tweet_id, leads in found.items()} == told
    whole = found.pop(None)
    assert sorted(whole) == sorted(lead for leads in found.values() for lead in leads)
    assert told[None] == (11 if rehearsal else 10)


def test_a_row_says_what_the_view_for_bi_tools_says(world: World) -> None:
    place, other = make_place(world), make_place(world)
    crowd(world, place, other)
    with world.db.read() as session:
        rows = desk.list_page(session, View(), lookback_days=DAYS).items
        said = session.execute(text("SELECT id, email, campaign_id, tweet_id, evidence, state FROM v_leads")).all()
    told = [
        (row.lead.id, row.email, row.lead.campaign_id, row.credit.tweet_id, row.credit.evidence, row.lead.state)
        for row in rows
    ]
    assert sorted(told) == sorted((str(i), e, str(c), str(t) if t else None, v, s) for i, e, c, t, v, s in said)
    assert len(told) == 12
    assert {row.tweet.id for row in rows if row.tweet} == {row.credit.tweet_id for row in rows if row.credit.tweet_id}


def test_a_page_takes_four_queries_however_many_rows(world: World) -> None:
    place, other = make_place(world), make_place(world)
    crowd(world, place, other)
    with counted(world) as said, world.db.read() as session:
        found = desk.list_page(session, View(), lookback_days=DAYS, limit=10)
    assert len(found.items) == 10
    assert len([each for each in said if each.startswith("SELECT")]) == 4


def test_pages_go_on_where_they_stopped_though_leads_come_in(world: World, clock: HandClock) -> None:
    place = make_place(world)
    made = []
    for _ in range(5):
        clock.advance(minutes=1)
        made.append(make(world, place))
    with world.db.read() as session:
        first = desk.list_page(session, View(), lookback_days=DAYS, limit=3)
    clock.advance(minutes=1)
    make(world, place)
    with world.db.read() as session:
        rest = desk.list_page(session, View(), lookback_days=DAYS, before=first.next, limit=3)
    assert [row.lead.id for row in [*first.items, *rest.items]] == made[::-1]
    assert rest.next is None


def test_each_state_is_counted_within_the_rest_of_the_view(world: World) -> None:
    place, other = make_place(world), make_place(world)
    for state in ("new", "new", "won", "lost"):
        make(world, place, state=state)
    make(world, other, state="won")
    with world.db.read() as session:
        counts = desk.count_states(session, View(campaign_id=place.campaign_id, state="won"), lookback_days=DAYS)
    assert counts == {"": 4, "new": 2, "contacted": 0, "qualified": 0, "won": 1, "lost": 1}


def test_counting_stops_where_nobody_needs_to_know(world: World) -> None:
    place = make_place(world)
    for _ in range(4):
        make(world, place)
    with world.db.read() as session:
        assert desk.count(session, View(), lookback_days=DAYS, most=3) == 4
        assert desk.count(session, View(), lookback_days=DAYS, most=2) == 3


@pytest.mark.parametrize(
    "typed,fits", [("100%", True), ("100", True), ("1%0", False), ("a_b", False), ("\\", True), ("ÉCOLE 100", True)]
)
def test_what_is_searched_for_is_words_and_no_pattern(world: World, typed: str, fits: bool) -> None:
    lead_id = make(world, make_place(world), search="zoe@ecole.fr école 100% axb c\\d")
    assert ids(world, View(text=typed)) == ([lead_id] if fits else [])


@pytest.mark.parametrize(
    "view,code",
    [
        (View(tweet_id="x"), "tweet_missing"),
        (View(campaign_id="'; --"), "campaign_missing"),
        (View(state="gone"), "lead_state_unknown"),
        (View(text="a\x00b"), "control_characters"),
    ],
)
def test_a_view_that_cannot_be_is_refused(world: World, view: LeadFilter, code: str) -> None:
    assert isinstance(view, View)
    with world.db.read() as session, pytest.raises(Problem) as refused:
        desk.list_page(session, view, lookback_days=DAYS)
    assert [fault.code for fault in refused.value.faults] == [code]


def test_a_lead_is_called_by_its_name_and_told_by_its_school(world: World) -> None:
    answers = [
        {"name": "school", "label": "School", "kind": "company", "value": "École Diwan"},
        {"name": "who", "label": "You", "kind": "name", "value": "Zoé Riou"},
    ]
    place = make_place(world)
    named, bare = make(world, place, answers=answers), make(world, place)
    with world.db.read() as session:
        row = desk.find(session, named, lookback_days=DAYS)
        other = desk.find(session, bare, lookback_days=DAYS)
    assert (row.title, row.subtitle) == ("Zoé Riou", "École Diwan")
    assert (other.title, other.subtitle) == (other.email, "")
    with world.db.read() as session, pytest.raises(Problem) as refused:
        desk.find(session, "x", lookback_days=DAYS)
    assert refused.value.kind == "missing"
