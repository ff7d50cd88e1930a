"""What reports are computed from is packed ahead: once, whoever does it, and never differently from the facts."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from structlog.testing import capture_logs

from campaigns.capturing import conversions
from campaigns.capturing.conversions import Conversion, Restated
from campaigns.crediting.models import Lens
from campaigns.flows.look_at_health import look_at_health
from campaigns.flows.pack_conversions import check_packs, keep_sums, pack_conversions, sum_packs
from campaigns.measuring import accounts, packing, packs, sums
from campaigns.measuring.accounts import Account, Question
from campaigns.measuring.packs import Pack
from campaigns.measuring.sums import PackSums
from campaigns.tracking.visits import EPOCH
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import Place, make_place, make_tweet
from tests.makers.tracking import make_lead, make_person, make_touch

LEADS, ROWS = 12, 5


@pytest.fixture
def place(world: World, clock: HandClock) -> Place:
    """Twelve leads from one tweet, long settled."""
    place = make_place(world)
    tweet = make_tweet(world, place, "Le chiffre : {link}").tweet.id
    for _ in range(LEADS):
        person = make_person(world)
        make_touch(world, person, tweet, at=clock.now() - timedelta(hours=1))
        make_lead(world, place, person)
    clock.advance(days=3650)
    return place


def counts(world: World) -> tuple[int, int, int]:
    """Packs, sums and restatements."""
    with world.db.read() as session:
        found = [session.scalar(select(func.count()).select_from(each)) or 0 for each in (Pack, PackSums, Restated)]
    return found[0], found[1], found[2]


def told(world: World, place: Place, lens: Lens | None = None, *, packed: bool = True) -> Account:
    with world.db.read() as session:
        return accounts.from_packs(session, Question((place.campaign_id, None), lens or Lens()), packed=packed)


def exclude(world: World, which: int, why: conversions.Exclusion | None = "test") -> None:
    """The lead of one conversion."""
    with world.db.write() as session:
        lead = session.scalars(select(Conversion.lead_id).order_by(Conversion.id).offset(which).limit(1)).one()
        conversions.exclude(session, lead or "", why)


def test_packs_are_made_once_with_their_sums(world: World, place: Place) -> None:
    assert pack_conversions(world, size=ROWS) == LEADS // ROWS
    assert counts(world) == (2, 2, 0)
    assert pack_conversions(world, size=ROWS) == 0
    assert told(world, place) == told(world, place, packed=False)


def test_only_what_was_restated_is_made_again(world: World, place: Place) -> None:
    pack_conversions(world, size=ROWS)
    with world.db.read() as session:
        before = {span.pack_id for span in packs.spans(session, place.campaign_id)}
    exclude(world, ROWS)
    exclude(world, LEADS - 1)  # in no pack
    assert pack_conversions(world, size=ROWS) == 1
    with world.db.read() as session:
        after = {span.pack_id for span in packs.spans(session, place.campaign_id)}
    assert len(before & after) == 2  # one pack, and None for what is in none
    assert counts(world) == (2, 2, 0)
    assert told(world, place).totals.of("lead") == LEADS - 2
    assert told(world, place) == told(world, place, packed=False)


def test_what_is_restated_while_a_pack_is_made_stays_so(world: World, place: Place) -> None:
    with world.db.read() as session:
        made = packing.make(session, place.campaign_id, world.clock.now(), ROWS)
    assert made
    exclude(world, 0)
    with world.db.write() as session:
        packing.forget_others(session, place.campaign_id, EPOCH + timedelta(days=1))
        assert packing.keep(session, made)
    assert told(world, place).totals.of("lead") == LEADS - 1
    with world.db.read() as session:
        again = packing.make(session, place.campaign_id, world.clock.now(), ROWS)
    assert again
    exclude(world, 0, None)
    with world.db.write() as session:
        assert packing.keep(session, again)
        assert not packing.keep(session, again)  # nothing is there any more that it could stand for
    assert told(world, place).totals.of("lead") == LEADS
    pack_conversions(world, size=ROWS)
    assert counts(world) == (2, 2, 0)
    assert told(world, place) == told(world, place, packed=False)


def test_whoever_was_slower_keeps_nothing(world: World, place: Place) -> None:
    with world.db.read() as session:
        made = [packing.make(session, place.campaign_id, world.clock.now(), ROWS) for _ in range(2)]
    kept = []
    for each in made:
        assert each
        with world.db.write() as session:
            kept.append(packing.keep(session, each))
    assert kept == [True, False]


def test_two_workers_at_once_make_each_pack_once(world: World, place: Place) -> None:
    together = threading.Barrier(2)

    def work() -> None:
        together.wait()
        pack_conversions(world, size=2)

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(work) for _ in range(2)]:
            each.result()
    assert counts(world) == (LEADS // 2, LEADS // 2, 0)
    assert told(world, place) == told(world, place, packed=False)


@pytest.mark.usefixtures("place")
def test_it_ends_between_two_packs(world: World) -> None:
    answers = iter([False, True, True])
    assert pack_conversions(world, lambda: next(answers), ROWS) == 1
    assert counts(world)[0] == 1
    assert check_packs(world, lambda: True) == 0


def test_the_sums_of_another_lens_are_kept_once_they_were_asked_for(world: World, place: Place) -> None:
    pack_conversions(world, size=ROWS)
    lens = Lens("time_decay", 30, 3)
    assert list(sum_packs(world, place.campaign_id, lens)) == [(0, 2), (1, 2), (2, 2)]
    assert list(sum_packs(world, place.campaign_id, lens)) == [(2, 2)]
    exclude(world, 0)
    pack_conversions(world, size=ROWS)
    assert counts(world) == (2, 3, 0)  # of the pack that was made again only those of the standard lens
    assert list(sum_packs(world, place.campaign_id, lens)) == [(1, 2), (2, 2)]
    assert told(world, place, lens) == told(world, place, lens, packed=False)


def test_a_pack_made_again_meanwhile_never_has_the_sums_of_the_one_before(world: World, place: Place) -> None:
    pack_conversions(world, size=ROWS)
    lens = Lens("linear")

    def meanwhile() -> Iterator[tuple[int, int]]:
        steps = sum_packs(world, place.campaign_id, lens)
        yield next(steps)
        exclude(world, 0)
        pack_conversions(world, size=ROWS)
        yield from steps

    assert len(list(meanwhile())) == 3
    assert told(world, place, lens) == told(world, place, lens, packed=False)
    pack_conversions(world, size=ROWS)
    assert counts(world) == (2, 3, 0)


def test_lenses_nobody_asked_for_lately_are_forgotten(world: World, place: Place, clock: HandClock) -> None:
    pack_conversions(world, size=ROWS)
    for days in range(1, sums.MOST_LENSES + 3):
        clock.advance(seconds=1)
        list(sum_packs(world, place.campaign_id, Lens("linear", days)))
    pack_conversions(world, size=ROWS)
    with world.db.read() as session:
        lenses = set(session.scalars(select(PackSums.lens)))
    assert sums.name_of(Lens()) in lenses
    assert sums.name_of(Lens("linear", 1)) not in lenses
    assert sums.name_of(Lens("linear", sums.MOST_LENSES + 2)) in lenses
    assert len(lenses) == sums.MOST_LENSES + 1


def test_packs_that_are_not_the_facts_are_told_and_made_again(world: World, place: Place) -> None:
    pack_conversions(world, size=ROWS)
    assert check_packs(world) == 0
    with world.db.write() as session:
        first = select(func.min(Conversion.key)).scalar_subquery()
        session.execute(update(Conversion).where(Conversion.key == first).values(excluded="test"))
    with capture_logs() as events:
        assert check_packs(world) == 1
    assert [event["event"] for event in events] == ["packs_differ"]
    assert counts(world)[0] == 0
    assert look_at_health(world).alarms == ("packs_differ",)
    assert check_packs(world) == 0
    assert look_at_health(world).alarms == ()
    pack_conversions(world, size=ROWS)
    assert counts(world) == (2, 2, 0)
    assert told(world, place).totals.of("lead") == LEADS - 1


def test_the_sums_of_an_asked_lens_are_kept_and_change_nothing(world: World, place: Place) -> None:
    assert pack_conversions(world, size=5)
    question = Question((place.campaign_id,), Lens("linear", 30))
    with world.db.read() as session:
        before = accounts.account(session, question)
    keep_sums(world, place.campaign_id, question.lens)
    with world.db.read() as session:
        assert session.scalar(
            select(func.count()).select_from(PackSums).where(PackSums.lens == sums.name_of(question.lens))
        )
        assert accounts.account(session, question) == before
