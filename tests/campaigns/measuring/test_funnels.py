from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import event, text

from campaigns.kernel.money import Money, total
from campaigns.measuring import curves, funnels, journeys
from campaigns.measuring.accounts import Unreconciled
from campaigns.measuring.figures import Figures
from campaigns.measuring.funnels import Report, Row
from campaigns.planning import campaigns
from campaigns.publishing.tweets import Tweet
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import Place, make_place, make_tweet
from tests.makers.reports import asked
from tests.makers.tracking import FIREFOX, follow, make_lead, make_person, make_sale, make_touch

EUR = "EUR"


def _report(world: World, place: Place, *, rehearsal: bool = True, lookback_days: int = 90) -> Report:
    with world.db.read() as session:
        campaign = campaigns.find(session, place.campaign_id)
        return funnels.report(session, campaign, asked(lookback_days=lookback_days, rehearsal=rehearsal))


def _row(report: Report, tweet_id: str) -> Row:
    return next(row for row in report.rows if row.tweet_id == tweet_id)


def _rehearse(world: World, tweet_id: str) -> None:
    with world.db.write() as session:
        tweet = session.get(Tweet, tweet_id)
        assert tweet
        tweet.rehearsed = True


def _view(world: World, name: str) -> list[dict[str, Any]]:
    with world.db.read() as session:
        return [dict(row) for row in session.execute(text(f"SELECT * FROM {name}")).mappings()]


@contextmanager
def _queries(world: World) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            seen.append(statement)

    event.listen(world.db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(world.db.engine, "before_cursor_execute", note)


def test_a_campaign_without_anything_reports_nothing(world: World) -> None:
    report = _report(world, make_place(world))
    assert (report.totals, report.unattributed, report.rows) == (Figures(), Figures(), [])


def test_a_tweet_gets_its_hits_clicks_leads_sales_and_money(world: World) -> None:
    place = make_place(world)
    made = make_tweet(world, place)
    follow(world, made.link.code)
    follow(world, made.link.code, agent="Twitterbot/1.0")
    person = make_person(world)
    make_touch(world, person, made.tweet.id)
    make_lead(world, place, person)
    make_sale(world, place, person, 12_000, tax=2_000, refunded=1_500)
    report = _report(world, place)
    assert _row(report, made.tweet.id).figures == Figures(2, 1, leads=1, sales=1, net_revenue=[Money(8_500, EUR)])
    assert report.totals == _row(report, made.tweet.id).figures
    assert report.unattributed == Figures()


def test_only_money_that_came_is_a_sale_and_one_given_back_whole_is_a_sale_of_nothing(world: World) -> None:
    place = make_place(world)
    made = make_tweet(world, place)
    person = make_person(world)
    make_touch(world, person, made.tweet.id)
    for state, refunded, disputed in (
        ("paid", 0, 0), ("refunded", 1_000, 0), ("partly_refunded", 300, 0), ("disputed", 0, 1_000),
        ("pending", 0, 0), ("failed", 0, 0), ("withdrawn", 0, 0),
    ):  # fmt: skip
        make_sale(world, place, person, 1_000, state=state, refunded=refunded, disputed=disputed)
    assert _report(world, place).totals == Figures(0, 0, leads=0, sales=4, net_revenue=[Money(1_700, EUR)])


def test_currencies_stand_side_by_side(world: World) -> None:
    place = make_place(world)
    made = make_tweet(world, place)
    person = make_person(world)
    make_touch(world, person, made.tweet.id)
    make_sale(world, place, person, 1_000)
    make_sale(world, place, person, 2_000, currency="USD")
    make_sale(world, place, None, 5, currency="JPY")
    report = _report(world, place)
    assert _row(report, made.tweet.id).figures.net_revenue == [Money(1_000, EUR), Money(2_000, "USD")]
    assert report.unattributed.net_revenue == [Money(5, "JPY")]
    assert report.totals.net_revenue == [Money(1_000, EUR), Money(5, "JPY"), Money(2_000, "USD")]


@pytest.mark.parametrize("evidence", ["link+other", "utm", "x_unknown", "referrer", "said", "direct"])
def test_what_isnt_proved_is_unattributed_under_its_evidence(world: World, evidence: str) -> None:
    place = make_place(world)
    made = make_tweet(world, place)
    person = make_person(world)
    make_touch(world, person, made.tweet.id if evidence == "link+other" else None, evidence=evidence)
    make_lead(world, place, person)
    make_sale(world, place, person, 900)
    report = _report(world, place)
    earned = Figures(leads=1, sales=1, net_revenue=[Money(900, EUR)])
    assert report.unattributed == earned
    assert report.by_evidence == {evidence: earned}
    assert _row(report, made.tweet.id).figures == Figures()
    assert _row(report, made.tweet.id).spillover == (earned if evidence == "link+other" else Figures())


def test_a_tweet_of_another_campaign_that_is_owed_something_has_its_row(world: World) -> None:
    place, other = make_place(world), make_place(world)
    ours, theirs = make_tweet(world, place), make_tweet(world, other)
    follow(world, theirs.link.code)
    person = make_person(world)
    make_touch(world, person, theirs.tweet.id)
    make_lead(world, place, person)
    report = _report(world, place)
    row = _row(report, theirs.tweet.id)
    assert (row.elsewhere, row.figures) == (True, Figures(leads=1))
    assert [each.tweet_id for each in report.rows] == [ours.tweet.id, theirs.tweet.id]
    assert _report(world, other).totals == Figures(hits=1, clicks=1)


def test_a_tweet_that_is_no_longer_there_keeps_its_credit(world: World) -> None:
    place = make_place(world)
    person, gone = make_person(world), "0199c2b0-0000-7000-8000-000000000001"
    make_touch(world, person, gone)
    make_lead(world, place, person)
    row = _row(_report(world, place), gone)
    assert (row.tweet, row.figures) == (None, Figures(leads=1))


def test_the_last_touch_that_isnt_direct_is_owed_the_conversion(world: World, clock: HandClock) -> None:
    place = make_place(world)
    first, last = make_tweet(world, place).tweet.id, make_tweet(world, place, "Encore : {link}").tweet.id
    person = make_person(world)
    for tweet_id, evidence in ((first, "link+x"), (last, "code"), (None, "direct")):
        make_touch(world, person, tweet_id, evidence=evidence)
        clock.advance(minutes=1)
    lead = make_lead(world, place, person)
    clock.advance(minutes=31)
    make_touch(world, person, first)  # after the lead, before the sale
    make_sale(world, place, person, 100)
    report = _report(world, place)
    assert (_row(report, last).figures.leads, _row(report, first).figures.sales) == (1, 1)
    with world.db.read() as session:
        credit = journeys.lead_credit(session, [lead], lookback_days=90)[lead]
        path = journeys.path(session, person)
    assert (credit.tweet_id, credit.evidence, credit.first_tweet_id) == (last, "code", first)
    assert [step.tweet.id if step.tweet else None for step in path] == [first, last, None, first]


@pytest.mark.parametrize("early_us,credited", [(0, True), (1, False), (-1, True)])
def test_the_lookback_is_closed_at_both_ends_to_the_microsecond(
    world: World, clock: HandClock, early_us: int, credited: bool
) -> None:
    place = make_place(world)
    made = make_tweet(world, place)
    moment = clock.set(datetime.fromisoformat("2026-11-02T08:59:59.999600+00:00"))
    for at in (moment - timedelta(days=90, microseconds=early_us), moment + timedelta(microseconds=max(early_us, 0))):
        person = make_person(world)
        make_touch(world, person, made.tweet.id, at=at)
        make_lead(world, place, person)
    assert _row(_report(world, place), made.tweet.id).figures.leads == (2 if credited else 0)
    assert sum(1 for row in _view(world, "v_leads") if row["tweet_id"]) == (2 if credited else 0)


def test_touches_of_one_moment_are_ordered_by_id(world: World) -> None:
    place = make_place(world)
    first, second = make_tweet(world, place).tweet.id, make_tweet(world, place, "Encore : {link}").tweet.id
    person = make_person(world)
    make_touch(world, person, first)
    make_touch(world, person, second)
    make_lead(world, place, person)
    assert _row(_report(world, place), second).figures.leads == 1


def test_what_was_rehearsed_is_left_out_unless_asked_for(world: World) -> None:
    place = make_place(world)
    real, rehearsed = make_tweet(world, place), make_tweet(world, place, "Répétition : {link}")
    _rehearse(world, rehearsed.tweet.id)
    for made, mark in ((real, False), (rehearsed, True)):
        follow(world, made.link.code)
        person = make_person(world)
        make_touch(world, person, made.tweet.id)
        make_lead(world, place, person, rehearsed=mark)
        make_sale(world, place, person, 100, rehearsed=mark)
    whole, without = _report(world, place), _report(world, place, rehearsal=False)
    assert whole.totals == Figures(2, 2, leads=2, sales=2, net_revenue=[Money(200, EUR)])
    assert without.totals == Figures(1, 1, leads=1, sales=1, net_revenue=[Money(100, EUR)])
    assert [row.tweet_id for row in without.rows] == [real.tweet.id]


def test_a_real_lead_owed_to_a_rehearsed_tweet_still_reconciles(world: World) -> None:
    place = make_place(world)
    made = make_tweet(world, place)
    _rehearse(world, made.tweet.id)
    follow(world, made.link.code)
    person = make_person(world)
    make_touch(world, person, made.tweet.id)
    make_lead(world, place, person, rehearsed=False)
    report = _report(world, place, rehearsal=False)
    assert report.totals == Figures(leads=1)
    assert _row(report, made.tweet.id).figures == Figures(leads=1)


def test_a_difference_is_raised_and_never_shown() -> None:
    row = Figures(1, 1, leads=1, sales=1, net_revenue=[Money(100, EUR)])
    funnels.reconcile(row, [row])
    for wrong in (Figures(leads=1), Figures(net_revenue=[Money(1, EUR)]), Figures(net_revenue=[Money(0, "USD")])):
        with pytest.raises(Unreconciled):
            funnels.reconcile(row, [row, wrong])


def _fill(world: World, clock: HandClock, random: Random, places: list[Place], count: int) -> None:
    """Persons with paths of every kind, their leads and their sales, in several campaigns and currencies."""
    made = [make_tweet(world, place, f"Numéro {n} : {{link}}") for n, place in enumerate(places * 3)]
    for number in range(count):
        person, place = make_person(world), random.choice(places)
        for _touch in range(random.randrange(4)):
            clock.advance(minutes=random.randrange(60 * 24 * 40))
            tweet = random.choice(made)
            evidence = random.choice(["link+x", "link", "link+other", "code", "utm", "referrer", "direct"])
            make_touch(
                world, person, tweet.tweet.id if evidence.startswith(("link", "code")) else None, evidence=evidence
            )
            follow(world, tweet.link.code, address=f"192.0.2.{number}", agent=random.choice([FIREFOX, "curl/8"]))
        clock.advance(minutes=random.randrange(60 * 24 * 40))
        make_lead(world, place, person)
        for _sale in range(random.randrange(3)):
            paid = random.randrange(10_000)
            make_sale(
                world, place, random.choice([person, person, None]), paid, tax=paid // 6,
                currency=random.choice([EUR, "USD"]), state=random.choice(["paid", "pending", "partly_refunded"]),
                refunded=random.choice([0, paid // 3]),
            )  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2])
def test_report_views_and_pure_credits_say_the_same(world: World, clock: HandClock, seed: int) -> None:
    places = [make_place(world), make_place(world)]
    _fill(world, clock, Random(seed), places, 20)
    leads, sales, links = (_view(world, name) for name in ("v_leads", "v_sales", "v_links"))
    for place in places:
        report = _report(world, place)
        assert sum((row.figures for row in report.rows), report.unattributed) == report.totals
        own_leads = [row for row in leads if str(row["campaign_id"]) == place.campaign_id]
        own_sales = [
            row
            for row in sales
            if str(row["campaign_id"]) == place.campaign_id and row["state"] in ("paid", "partly_refunded")
        ]
        for tweet_id, figures in [(None, report.unattributed), *((row.tweet_id, row.figures) for row in report.rows)]:
            mine = [row for row in own_sales if (str(row["tweet_id"]) if row["tweet_id"] else None) == tweet_id]
            assert figures.leads == sum(
                (str(row["tweet_id"]) if row["tweet_id"] else None) == tweet_id for row in own_leads
            )
            assert figures.sales == len(mine)
            assert figures.net_revenue == total(Money(row["net"], row["currency"]) for row in mine)
        for row in report.rows:
            if not row.elsewhere:
                [view] = [each for each in links if each["code"] == row.code]
                assert (int(view["hits"]), int(view["clicks"])) == (row.figures.hits, row.figures.clicks)
    with world.db.read() as session:
        told = journeys.lead_credit(session, [str(row["id"]) for row in leads], lookback_days=90)
    assert {str(row["id"]): (row["tweet_id"] and str(row["tweet_id"]), row["evidence"]) for row in leads} == {
        lead_id: (credit.tweet_id, credit.evidence) for lead_id, credit in told.items()
    }


def test_the_number_of_queries_doesnt_grow_with_the_tweets(world: World, clock: HandClock) -> None:
    places = [make_place(world), make_place(world)]
    counts = []
    for _round in range(2):
        _fill(world, clock, Random(3), places, 10)
        with _queries(world) as seen:
            _report(world, places[0])
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 10


def test_the_curve_counts_by_the_campaigns_own_days(world: World, clock: HandClock) -> None:
    place = make_place(world)  # its zone is Europe/Paris
    made = make_tweet(world, place)
    clock.set(datetime.fromisoformat("2026-11-02T23:30:00+00:00"))  # the 3rd in Paris
    follow(world, made.link.code)
    clock.advance(days=2)
    make_lead(world, place, make_person(world))
    with world.db.read() as session:
        days = curves.curve(session, campaigns.find(session, place.campaign_id), asked(rehearsal=True))
    assert [(day.on, day.clicks, day.leads) for day in days] == [
        (date(2026, 11, 3), 1, 0), (date(2026, 11, 4), 0, 0), (date(2026, 11, 5), 0, 1),
    ]  # fmt: skip


def test_the_overview_sets_a_period_beside_the_one_before(world: World, clock: HandClock) -> None:
    place = make_place(world)
    made = [make_tweet(world, place, f"Numéro {n} : {{link}}") for n in range(7)]
    for number in (1, 0):
        for each in made[number:]:
            follow(world, each.link.code)
            person = make_person(world)
            make_touch(world, person, each.tweet.id)
            make_lead(world, place, person)
        clock.advance(days=7)
    make_sale(world, place, person, 700, paid_at=clock.now() - timedelta(days=1))
    until = clock.now()
    with world.db.read() as session:
        week = asked(since=(until - timedelta(days=7)).date(), until=(until - timedelta(days=1)).date())
        seen = funnels.overview(session, week, [place.campaign_id, None])
    assert seen.before == Figures(6, 6, leads=6)
    assert seen.figures == Figures(7, 7, leads=7, sales=1, net_revenue=[Money(700, EUR)])
    assert len(seen.best) == 5
    assert (seen.best[0].tweet_id, seen.best[0].figures.sales) == (made[-1].tweet.id, 1)
    assert (seen.others, seen.unattributed) == (Figures(2, 2, leads=2), Figures())
