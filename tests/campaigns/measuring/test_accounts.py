"""Accounts: every lens makes the whole, the same from packs as from facts, and as the definition says path by path."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from random import Random

import numpy as np
import pytest
from sqlalchemy import func, select, update
from structlog.testing import capture_logs

from campaigns.capturing import conversions, touches
from campaigns.capturing.conversions import Conversion, Restated
from campaigns.capturing.touches import Touch
from campaigns.crediting import models, paths
from campaigns.crediting.columns import PARTS
from campaigns.crediting.models import Lens
from campaigns.flows.pack_conversions import check_packs, pack_conversions, sum_packs
from campaigns.measuring import accounts, curves
from campaigns.measuring.accounts import Question, Shares, Unreconciled
from campaigns.measuring.packs import Pack
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import Place, make_place, make_tweet
from tests.makers.tracking import make_lead, make_person, make_sale, make_touch

LENSES = [
    Lens(), Lens("linear", 30), Lens("first_touch", 395), Lens("position"), Lens("time_decay", 90, 3),
    Lens("last_touch", 7, direct="always"),
]  # fmt: skip


@pytest.fixture
def place(world: World, clock: HandClock) -> Place:
    """Forty people with winding ways, sales, money that goes back, people without any touch."""
    dice, place = Random(7), make_place(world)
    tweets = [make_tweet(world, place, f"Le chiffre {n} : {{link}}").tweet.id for n in range(4)]
    clock.advance(days=60)
    for n in range(40):
        person = make_person(world)
        for _ in range(dice.randrange(5)):
            evidence = dice.choice(["link+x", "link+x", "link", "link+other", "direct", "utm", "code"])
            tweet = None if evidence in ("direct", "utm") else dice.choice(tweets)
            at = clock.now() - timedelta(minutes=dice.randrange(60 * 24 * 50))
            make_touch(world, person, tweet, evidence=evidence, at=at)
        lead = make_lead(world, place, person, created_at=clock.now() - timedelta(days=dice.randrange(20)))
        if n % 3 == 0:
            money = {"currency": dice.choice(["EUR", "USD"]), "tax": 33, "lead_id": lead}
            make_sale(world, place, person, dice.randrange(100, 99_999), **money)
    make_sale(world, place, None, 4_900)
    return place


def ask(world: World, question: Question) -> accounts.Account:
    with world.db.read() as session:
        return accounts.account(session, question)


def by_definition(world: World, lens: Lens) -> tuple[dict[tuple[str, str], Shares], Shares]:
    """Path by path, in fractions."""
    credit: dict[tuple[str, str], Shares] = {}
    nobodys = Shares()
    with world.db.read() as session:
        for one in session.scalars(select(Conversion)):
            path = [
                paths.Touch(
                    each.id, each.at, paths.entity_of(each.tweet_id, each.evidence, each.link_id), each.evidence
                )
                for each in session.scalars(select(Touch).where(Touch.person_id == one.person_id))
            ]  # fmt: skip
            told = models.credit(path, one.moment, lens)
            weights = [weight for _, weight in told] or [Fraction(1)]
            for n, (parts, cents) in enumerate(
                zip(models.split(PARTS, weights), models.split(one.amount, weights), strict=True)
            ):
                share = Shares({one.kind: parts}, {one.currency: cents} if one.currency else {})
                if not told:
                    nobodys += share
                elif parts:
                    key = told[n][0].entity, told[n][0].evidence
                    credit[key] = credit.get(key, Shares()) + share
    return credit, nobodys


def question(place: Place, lens: Lens = LENSES[0], **more: object) -> Question:
    return Question((place.campaign_id, None), lens, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("lens", LENSES, ids=lambda lens: lens.model)
def test_an_account_is_what_the_definition_says_path_by_path(world: World, place: Place, lens: Lens) -> None:
    told = ask(world, question(place, lens))
    credit, nobodys = by_definition(world, lens)
    assert told.credit == credit
    assert told.unattributed == nobodys
    assert told.totals.of("lead") == 40
    assert sum(told.totals.net.values()) > 0
    assert 0 < told.short_paths < told.paths


def pack(world: World, clock: HandClock, rows: int) -> int:
    """All that fills a pack, once it has settled."""
    now = clock.now()
    clock.advance(days=3650)
    made = pack_conversions(world, size=rows)
    clock.set(now)
    return made


@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_packs_change_nothing(world: World, place: Place, clock: HandClock, rows: int) -> None:
    before = [ask(world, question(place, lens)) for lens in LENSES]
    made = pack(world, clock, rows)
    with world.db.read() as session:
        many = session.scalar(select(func.count()).where(Conversion.campaign_id == place.campaign_id)) or 0
    assert made == many // rows
    assert [ask(world, question(place, lens)) for lens in LENSES] == before


@pytest.mark.parametrize("lens", LENSES, ids=lambda lens: lens.model)
def test_sums_that_are_kept_change_nothing(world: World, place: Place, clock: HandClock, lens: Lens) -> None:
    middle = clock.now() - timedelta(days=10)
    asked: list[dict[str, object]] = [{}, {"since": middle}, {"until": middle}, {"by": "touch", "since": middle}]
    before = [ask(world, question(place, lens, **span)) for span in asked]
    made = pack(world, clock, 7)
    told = list(sum_packs(world, place.campaign_id, lens))
    assert told[-1] == (made, made)
    assert len(told) == (1 if lens == Lens() else made + 1)
    assert [ask(world, question(place, lens, **span)) for span in asked] == before


@pytest.mark.parametrize("lens", [Lens(), Lens("linear")], ids=lambda lens: lens.model)
def test_what_was_rehearsed_is_in_sums_of_its_own(world: World, place: Place, clock: HandClock, lens: Lens) -> None:
    for n in range(9):
        person = make_person(world)
        make_touch(world, person, None, evidence="direct", at=clock.now() - timedelta(hours=1))
        make_lead(world, place, person, rehearsed=n % 2 == 0)
    both = [question(place, lens, rehearsal=each) for each in (False, True)]
    before = [ask(world, each) for each in both]
    assert before[1].totals.of("lead") == before[0].totals.of("lead") + 5
    pack(world, clock, 7)
    for each in both:
        list(sum_packs(world, place.campaign_id, lens, rehearsal=each.rehearsal))
    with world.db.write() as session:
        session.execute(update(Pack).values(columns=b"not to be read"))
    assert [ask(world, each) for each in both] == before


def test_the_hours_of_leads_are_the_same_from_packs_as_from_facts(world: World, place: Place, clock: HandClock) -> None:
    make_lead(world, place, make_person(world), rehearsed=True)

    def hours() -> list[dict[datetime, int]]:
        found = []
        for rehearsal in (False, True):
            with world.db.read() as session:
                counted: Counter[datetime] = Counter()
                for hour, many in curves.leads_by_hour(session, place.campaign_id, rehearsal):
                    counted[hour] += many
            found.append(dict(counted))
        return found

    before = hours()
    assert sum(before[1].values()) == sum(before[0].values()) + 1 > 20
    pack(world, clock, 7)
    assert hours() == before


@pytest.mark.usefixtures("place")
def test_nothing_is_packed_before_it_has_settled(world: World, clock: HandClock) -> None:
    clock.advance(days=-3650)
    assert pack_conversions(world, size=1) == 0


def test_what_is_restated_is_told_at_once_and_the_pack_is_mended(world: World, place: Place, clock: HandClock) -> None:
    pack(world, clock, 5)
    before = ask(world, question(place))
    with world.db.write() as session:
        one = session.scalars(
            select(Conversion).where(Conversion.kind == "sale", Conversion.lead_id.is_not(None))
        ).first()
        assert one
        assert one.lead_id
        lead = one.lead_id
        conversions.exclude(session, lead, "test")
    after = ask(world, question(place))
    assert after.totals.of("sale") == before.totals.of("sale") - 1
    assert after.totals.of("lead") == before.totals.of("lead") - 1
    pack(world, clock, 5)
    with world.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Restated)) == 0
    assert ask(world, question(place)) == after
    with world.db.write() as session:
        conversions.exclude(session, lead, None)
    assert ask(world, question(place)) == before


def test_a_touch_that_is_heard_of_late_changes_what_came_after_it(world: World, place: Place, clock: HandClock) -> None:
    person = make_person(world)
    make_lead(world, place, person)
    tweet = make_tweet(world, place, "Encore : {link}").tweet.id
    pack(world, clock, 1)
    before = ask(world, question(place))
    with world.db.write() as session:
        touches.add(session, "late", person, clock.now() - timedelta(days=1), "link+x", tweet_id=tweet)
    after = ask(world, question(place))
    assert after.credit[f"tweet:{tweet}", "link+x"] == Shares({"lead": PARTS}, {})
    assert after.unattributed.of("lead") == before.unattributed.of("lead") - 1


def test_a_pack_that_is_not_the_facts_is_left_aside(world: World, place: Place, clock: HandClock) -> None:
    pack(world, clock, 5)
    with world.db.write() as session:
        session.execute(update(Conversion).where(Conversion.kind == "sale").values(amount=Conversion.amount + 1))
    with world.db.read() as session, pytest.raises(Unreconciled):
        accounts.from_packs(session, question(place))
    with capture_logs() as events:
        told = ask(world, question(place))
    assert [event["event"] for event in events] == ["packs_differ"]
    assert told.totals == by_facts(world, question(place)).totals
    assert check_packs(world) == 1
    assert check_packs(world) == 0
    with world.db.read() as session:
        assert accounts.from_packs(session, question(place)) == told


def by_facts(world: World, question: Question) -> accounts.Account:
    with world.db.read() as session:
        return accounts.from_packs(session, question, packed=False)


def test_the_period_of_the_conversion_and_that_of_the_touch(world: World, place: Place, clock: HandClock) -> None:
    middle = clock.now() - timedelta(days=10)
    whole = ask(world, question(place))
    early, late = (ask(world, question(place, **span)) for span in ({"until": middle}, {"since": middle}))
    assert early.totals + late.totals == whole.totals
    assert accounts.sum_of([early.unattributed, late.unattributed]) == whole.unattributed
    for by_touch in (ask(world, question(place, by="touch")),):
        assert by_touch.credit == whole.credit
    halves = [ask(world, question(place, by="touch", **span)) for span in ({"until": middle}, {"since": middle})]
    assert accounts.sum_of(share for half in halves for share in half.credit.values()) == accounts.sum_of(
        whole.credit.values()
    )


@pytest.mark.parametrize("days", [1, 5, 20, 60])
@pytest.mark.parametrize("length", [timedelta(hours=7), timedelta(days=9)])
def test_a_cohort_reads_only_packs_that_may_hold_what_its_touches_led_to(
    world: World, place: Place, clock: HandClock, days: int, length: timedelta
) -> None:
    since = clock.now() - timedelta(days=days)
    lens = replace(Lens(), lookback_days=3)
    asked = question(place, lens, by="touch", since=since, until=since + length)
    before = ask(world, asked)
    pack(world, clock, 2)
    assert ask(world, asked) == before
    with world.db.read() as session:
        every = list(accounts.facts_of(session, question(place)))
        read = list(accounts.facts_of(session, asked))
    assert 0 < sum(len(facts) for facts in read) < sum(len(facts) for facts in every)


def test_shares_that_don_t_make_a_conversion_are_never_told(world: World, place: Place) -> None:
    with world.db.read() as session:
        facts, *_ = accounts.facts_of(session, question(place))
    told = accounts.weigh(facts, Lens("linear"))
    owner = np.repeat(np.arange(len(facts)), np.diff(facts.first))
    accounts.reconcile_each(facts, told, owner)
    for lossy in (replace(told, cents=told.cents + 1), replace(told, parts=told.parts // 2)):
        with pytest.raises(Unreconciled):
            accounts.reconcile_each(facts, lossy, owner)


def test_a_filter_by_evidence_leaves_the_rest_to_nobody(world: World, place: Place) -> None:
    whole = ask(world, question(place))
    only = ask(world, replace(question(place), evidence=frozenset({"link+x"})))
    assert only.totals == whole.totals
    assert only.credit == {key: share for key, share in whole.credit.items() if key[1] == "link+x"}
