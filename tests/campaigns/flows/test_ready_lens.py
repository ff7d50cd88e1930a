"""The data-driven model: fitted to those who agreed, for a day, and never below its thresholds."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from campaigns.capturing.conversions import Conversion
from campaigns.crediting.models import Fit, Lens
from campaigns.flows.pack_conversions import keep_sums, pack_conversions
from campaigns.flows.ready_lens import ready_lens
from campaigns.kernel.errors import Problem
from campaigns.measuring import accounts
from campaigns.measuring.accounts import Question
from campaigns.tracking.browsers import Browser
from campaigns.tracking.linked import LinkedTweet
from campaigns.tracking.visits import Visit
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.agreeing import make_paths
from tests.makers.publishing import Place, make_place, make_tweet
from tests.makers.reports import asked
from tests.makers.tracking import make_lead, make_person, make_touch

DATA_DRIVEN = Lens("data_driven")
P = 1110 / 2110 * (150 / 1110 + 60 / 1110 * 60 / 1060) + 1000 / 2110 * 60 / 1060
LOST_WITHOUT_FIRST = 1 - 1000 / 2110 * 60 / 1060 / P
LOST_WITHOUT_SECOND = 1 - 150 / 2110 / P


@pytest.fixture
def place(world: World) -> Place:
    return make_place(world)


@pytest.fixture
def tweets(world: World, place: Place) -> tuple[LinkedTweet, LinkedTweet]:
    return make_tweet(world, place, "Un : {link}"), make_tweet(world, place, "Deux : {link}")


@pytest.fixture
def crowd(world: World, place: Place, tweets: tuple[LinkedTweet, LinkedTweet]) -> None:
    first, second = tweets
    make_paths(world, place, [([first], 150, 900), ([first, second], 60, 0), ([second], 0, 1000)])


def fit_of(world: World, place: Place, lens: Lens = DATA_DRIVEN) -> Fit:
    fit = ready_lens(world, place.campaign_id, asked(lens=lens)).lens.fit
    assert fit
    return fit


def refused(world: World, campaign_id: str | None) -> tuple[str, dict[str, object]]:
    with pytest.raises(Problem) as problem:
        ready_lens(world, campaign_id, asked(lens=DATA_DRIVEN))
    return problem.value.faults[0].code, problem.value.faults[0].values


@pytest.mark.usefixtures("crowd")
def test_an_effect_is_what_the_chain_would_lose(
    world: World, place: Place, tweets: tuple[LinkedTweet, LinkedTweet]
) -> None:
    fit = fit_of(world, place)
    first, second = (fit.effects[f"tweet:{each.tweet.id}"] for each in tweets)
    assert (fit.conversions, fit.paths) == (210, 2110)
    assert first.effect == pytest.approx(LOST_WITHOUT_FIRST)
    assert second.effect == pytest.approx(LOST_WITHOUT_SECOND)
    assert all(each.low <= each.effect <= each.high and each.low < each.high for each in (first, second))


@pytest.mark.usefixtures("crowd")
def test_credit_is_shared_by_the_effects_along_each_path_and_stays_whole(
    world: World, place: Place, clock: HandClock, tweets: tuple[LinkedTweet, LinkedTweet]
) -> None:
    clock.advance(days=1)
    pack_conversions(world, size=50)
    lens = ready_lens(world, place.campaign_id, asked(lens=DATA_DRIVEN)).lens
    keep_sums(world, place.campaign_id, lens)
    with world.db.read() as session:
        told = accounts.from_packs(session, Question((place.campaign_id,), lens))
        plain = accounts.from_packs(session, Question((place.campaign_id,), lens), packed=False)
    assert told == plain
    first, second = (told.credit[(f"tweet:{each.tweet.id}", "link+x")].of("lead") for each in tweets)
    both = LOST_WITHOUT_FIRST + LOST_WITHOUT_SECOND
    assert first == pytest.approx(150 + 60 * LOST_WITHOUT_FIRST / both, abs=1e-6)
    assert first + second == pytest.approx(210)


@pytest.mark.usefixtures("crowd")
def test_a_fit_serves_for_a_day(world: World, place: Place, clock: HandClock) -> None:
    first = fit_of(world, place)
    make_paths(world, place, [([make_tweet(world, place, "Trois : {link}")], 0, 10)])
    clock.advance(hours=23)
    assert fit_of(world, place) == first
    clock.advance(hours=1)
    assert fit_of(world, place).paths == first.paths + 10


@pytest.mark.usefixtures("crowd")
def test_another_window_is_another_fit(world: World, place: Place) -> None:
    assert fit_of(world, place).id != fit_of(world, place, Lens("data_driven", lookback_days=1)).id


@pytest.mark.usefixtures("crowd")
def test_someone_who_came_just_now_has_not_left_with_nothing(
    world: World, place: Place, clock: HandClock, tweets: tuple[LinkedTweet, LinkedTweet]
) -> None:
    began = clock.now()
    clock.advance(hours=2)
    make_paths(world, place, [([tweets[0]], 0, 5)])
    clock.set(began + timedelta(hours=1, minutes=10))
    assert fit_of(world, place).paths == 2110
    clock.advance(minutes=20)
    assert fit_of(world, place, Lens("data_driven", lookback_days=89)).paths == 2115


@pytest.mark.usefixtures("crowd")
def test_whoever_agreed_to_nothing_is_in_no_fit_and_has_credit(
    world: World, place: Place, tweets: tuple[LinkedTweet, LinkedTweet]
) -> None:
    person = make_person(world)
    make_touch(world, person, tweets[0].tweet.id)
    make_lead(world, place, person)
    lens = ready_lens(world, place.campaign_id, asked(lens=DATA_DRIVEN)).lens
    assert lens.fit
    assert lens.fit.conversions == 210
    with world.db.read() as session:
        told = accounts.from_packs(session, Question((place.campaign_id,), lens))
    assert told.totals.of("lead") == 211
    assert told.unattributed.of("lead") == 0


@pytest.mark.usefixtures("crowd")
def test_below_the_thresholds_there_is_none_and_it_says_what_is_missing(world: World, place: Place) -> None:
    with world.db.write() as session:
        some = session.scalars(select(Conversion.id).limit(11)).all()
        session.execute(update(Conversion).where(Conversion.id.in_(some)).values(excluded="spam"))
    code, values = refused(world, place.campaign_id)
    assert (code, values["leads"], values["least_leads"]) == ("paths_too_few", 199, 200)


@pytest.mark.usefixtures("crowd")
def test_who_withdrew_is_not_counted(world: World, place: Place) -> None:
    with world.db.write() as session:
        gone = session.scalars(select(Browser.id).where(Browser.person_id.is_(None)).limit(111)).all()
        session.execute(update(Visit).where(Visit.browser.in_(gone)).values(browser=None))
    code, values = refused(world, place.campaign_id)
    assert (code, values["paths"], values["least_paths"]) == ("paths_too_few", 1999, 2000)


def test_it_is_fitted_to_one_campaign(world: World) -> None:
    assert refused(world, None)[0] == refused(world, "of-all")[0] == "campaign_needed"


def test_other_models_need_none(world: World) -> None:
    question = asked(lens=Lens("linear"))
    assert ready_lens(world, None, question) == question
