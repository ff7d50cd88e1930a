"""Leagues and whys: only what the numbers carry, and every figure's rows."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from campaigns.crediting.models import Lens
from campaigns.measuring import funnels, leagues, profiles, whys
from campaigns.measuring.funnels import Report
from campaigns.measuring.questions import Asked
from campaigns.planning import campaigns
from campaigns.publishing.tweets import Tweet
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import Place, make_place, make_tweet
from tests.makers.reports import asked
from tests.makers.tracking import follow, make_lead, make_person, make_sale, make_touch


def report(world: World, place: Place, **more: Any) -> Report:
    with world.db.read() as session:
        return funnels.report(session, campaigns.find(session, place.campaign_id), asked(**more))


@pytest.fixture
def place(world: World, clock: HandClock) -> Place:
    """Two tweets, people who touched one, the other or both, leads and sales, one with nothing before it."""
    place = make_place(world)
    first, second = (make_tweet(world, place, f"Le {n} : {{link}}").tweet.id for n in ("un", "deux"))
    for n in range(12):
        person = make_person(world)
        for tweet in (first, second)[: 1 + n % 2]:
            make_touch(world, person, tweet, at=clock.now() - timedelta(hours=3 - (tweet == second)))
        make_lead(world, place, person)
        if n % 4 == 0:
            make_sale(world, place, person, 1_001)
    make_lead(world, place, make_person(world))
    return place


@pytest.mark.parametrize("model", profiles.SHOWN)
@pytest.mark.parametrize("group", ["tweet", "channel", "weekday"])
@pytest.mark.parametrize("kind", ["lead", "sale"])
def test_the_rows_behind_a_figure_are_as_many_as_it_says(
    world: World, place: Place, model: Any, group: Any, kind: Any
) -> None:
    lens = Lens(model)
    whole = report(world, place, lens=lens, group=group)
    told = {row.key: row.figures for row in whole.rows} | {whys.NOBODY: whole.unattributed, None: whole.totals}
    question = asked(lens=lens, group=group)
    for key, figures in told.items():
        with world.db.read() as session:
            found = whys.behind(session, question, [place.campaign_id], key, kind)
        assert found.sum == pytest.approx({"lead": figures.leads, "sale": figures.sales}[kind])
        assert sum(row.share for row in found.rows) == pytest.approx(found.sum)
        if kind == "sale":
            assert sum(row.money.amount for row in found.rows if row.money) == sum(
                money.amount for money in figures.net_revenue
            )


def test_a_page_of_rows_holds_fifty_and_the_newest_come_first(world: World, clock: HandClock) -> None:
    place = make_place(world)
    for _ in range(53):
        make_lead(world, place, make_person(world))
        clock.advance(minutes=1)
    with world.db.read() as session:
        pages = [whys.behind(session, asked(), [place.campaign_id], None, "lead", page) for page in (0, 1, 2)]
    assert [(len(page.rows), page.more, page.count) for page in pages] == [
        (50, True, 53),
        (3, False, 53),
        (0, False, 53),
    ]
    at = [row.conversion.at for page in pages for row in page.rows]
    assert at == sorted(at, reverse=True)


def test_why_a_conversion_is_whose(world: World, place: Place, clock: HandClock) -> None:
    person = make_person(world)
    old = make_touch(world, person, None, evidence="referrer", at=clock.now() - timedelta(days=100))
    tweet = make_tweet(world, place, "Le trois : {link}").tweet.id
    first = make_touch(world, person, tweet, at=clock.now() - timedelta(minutes=20))
    again = make_touch(world, person, tweet, at=clock.now() - timedelta(minutes=10))
    direct = make_touch(world, person, None, evidence="direct", at=clock.now() - timedelta(minutes=5))
    later = make_touch(world, person, None, evidence="utm", at=clock.now() + timedelta(minutes=5))
    make_sale(world, place, person, 999)
    with world.db.read() as session:
        [row] = [
            each for each in whys.behind(session, asked(), [place.campaign_id], tweet, "sale").rows
            if each.conversion.person_id == person
        ]  # fmt: skip
        why = whys.why(session, row.conversion.id, Lens("linear"))
    told = {step.touch.id: (step.weight, step.cents, step.why_not) for step in why.steps}
    assert told == {
        old: (0, 0, "too_old"), first: (1, 999, None), again: (0, 0, "repeated"), direct: (0, 0, "direct"),
        later: (0, 0, "after"),
    }  # fmt: skip
    assert not why.unattributed


def test_each_model_gives_a_tweet_what_the_report_under_it_says(world: World, place: Place, clock: HandClock) -> None:
    for row in report(world, place).rows:
        question: Asked = asked()
        with world.db.read() as session:
            profile = profiles.of_tweet(session, place.campaign_id, row.key, question, clock.now())
        for model, shares in profile.by_model.items():
            [same] = [each for each in report(world, place, lens=Lens(model)).rows if each.key == row.key]
            assert shares.of("lead") == pytest.approx(same.figures.leads)
            assert shares.money == same.figures.net_revenue


def test_three_hits_make_no_winner(world: World) -> None:
    place = make_place(world)
    made = [make_tweet(world, place, f"Le {n} : {{link}}") for n in range(2)]
    for tweet in made:
        for n in range(3):
            follow(world, tweet.link.code, address=f"192.0.2.{n}")
    person = make_person(world)
    make_touch(world, person, made[0].tweet.id)
    make_lead(world, place, person)
    league = leagues.league(report(world, place).rows)
    assert [(each.leads, each.clicks, each.p) for each in league.standings] == [(1, 3, None), (0, 3, None)]
    assert league.duel is None
    assert league.standings[0].shrunk < 1 / 3


def test_the_hours_after_a_tweet_went_out_hold_its_clicks_and_its_leads(world: World, clock: HandClock) -> None:
    place = make_place(world)
    made = make_tweet(world, place)
    with world.db.write() as session:
        session.execute(update(Tweet).where(Tweet.id == made.tweet.id).values(sent_at=clock.now(), state="sent"))
    sent = clock.now()
    for hours, clicks in ((0, 2), (3, 1), (80, 4)):
        clock.set(sent + timedelta(hours=hours, minutes=10))
        for n in range(clicks):
            follow(world, made.link.code, address=f"192.0.2.{n}")
    person = make_person(world)
    make_touch(world, person, made.tweet.id, at=sent + timedelta(hours=3))
    clock.set(sent + timedelta(hours=4, minutes=5))
    make_lead(world, place, person)
    clock.set(sent + timedelta(hours=100))
    with world.db.read() as session:
        hours = profiles.of_tweet(session, place.campaign_id, made.tweet.id, asked(), clock.now()).hours
    assert len(hours) == 72
    assert [(n, hour.clicks, hour.leads) for n, hour in enumerate(hours) if hour.clicks or hour.leads] == [
        (0, 2, 0), (3, 1, 0), (4, 0, 1)
    ]  # fmt: skip


def test_delays_are_those_of_real_leads(world: World, clock: HandClock) -> None:
    place = make_place(world)
    tweet = make_tweet(world, place).tweet
    for n in range(3):
        person = make_person(world)
        make_touch(world, person, tweet.id, at=clock.now() - timedelta(minutes=10))
        make_lead(world, place, person, rehearsed=n == 0)
    with world.db.read() as session:
        for rehearsal, came in ((False, 2), (True, 3)):
            profile = profiles.of_tweet(session, place.campaign_id, tweet.id, asked(rehearsal=rehearsal), clock.now())
            assert profile.to_lead.total == came
