"""Money in one currency: rates are read and kept as the bank has them, and a report's credits still make its total."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from campaigns.capturing.conversions import Conversion
from campaigns.crediting.exchange import Exchange
from campaigns.crediting.models import Lens
from campaigns.flows.import_rates import import_rates
from campaigns.flows.pack_conversions import keep_sums, pack_conversions
from campaigns.flows.ready_lens import ready_lens
from campaigns.kernel.errors import Problem
from campaigns.kernel.money import decimals
from campaigns.measuring import accounts, exchange_rates, whys
from campaigns.measuring.accounts import Account, Question, sum_of
from campaigns.measuring.exchange_rates import ExchangeRate
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import Place, make_place, make_tweet
from tests.makers.reports import asked
from tests.makers.tracking import make_lead, make_person, make_sale, make_touch

DAYS = 20


def file_of(clock: HandClock) -> tuple[str, dict[tuple[str, date], Decimal]]:
    """The bank's file of some working days up to now, the newest first, and what it says. No Swiss ones of late."""
    lines, told = ["Date,USD,JPY,CHF,"], {}
    for n in range(DAYS):
        day = clock.now().date() - timedelta(days=n)
        if day.weekday() < 5:
            rates = {"USD": Decimal("1.0812") + n * Decimal("0.0017"), "JPY": Decimal(160 + n), "CHF": Decimal("0.93")}
            told |= {(name, day): rate for name, rate in rates.items() if name != "CHF" or n > 12}
            lines.append(f"{day},{rates['USD']},{rates['JPY']},{rates['CHF'] if n > 12 else 'N/A'},")
    return "\n".join(lines), told


@pytest.fixture
def rates(world: World, clock: HandClock) -> dict[tuple[str, date], Decimal]:
    text, told = file_of(clock)
    import_rates(world, text, who="Léa")
    return told


@pytest.fixture
def place(world: World, clock: HandClock) -> Place:
    """Thirty people with winding ways, who paid in four currencies on fifteen days, and got some of it back."""
    dice, place = Random(11), make_place(world)
    tweets = [make_tweet(world, place, f"Le chiffre {n} : {{link}}").tweet.id for n in range(3)]
    end = clock.now()
    for n in range(30):
        at = end - timedelta(days=n % 15, minutes=n)
        person = make_person(world)
        for _ in range(dice.randrange(4)):
            make_touch(world, person, dice.choice(tweets), at=at - timedelta(minutes=40 + dice.randrange(9_999)))
        lead = make_lead(world, place, person, created_at=at)
        currency = ("EUR", "USD", "JPY", "CHF")[n % 4]
        back = {"refunded": dice.randrange(50)} if n % 5 == 0 else {}
        amount = dice.randrange(100, 99_999)
        make_sale(world, place, person, amount, currency=currency, lead_id=lead, paid_at=at, **back)
    return place


def ask(world: World, place: Place, currency: str, lens: Lens, **more: object) -> Account:
    ready = ready_lens(world, place.campaign_id, asked(lens=lens, currency=currency))
    keep_sums(world, place.campaign_id, ready.lens)
    question = Question((place.campaign_id, None), ready.lens, **more)  # type: ignore[arg-type]
    with world.db.read() as session:
        return accounts.from_packs(session, question)


def by_hand(world: World, rates: dict[tuple[str, date], Decimal], currency: str) -> dict[str, int]:
    """Each conversion's money by itself, in decimals."""
    net: Counter[str] = Counter()
    with world.db.read() as session:
        for one in session.scalars(select(Conversion).where(Conversion.kind.in_(exchange_rates.MONEY))):
            theirs, ours = (rate_of(rates, each, one.at) for each in (one.currency or "", currency))
            if one.currency == currency or theirs is None or ours is None:
                net[one.currency or ""] += one.amount
                continue
            exact = Decimal(one.amount).scaleb(-decimals(one.currency or "")) * ours / theirs
            net[currency] += int(exact.scaleb(decimals(currency)).quantize(Decimal(1), ROUND_HALF_UP))
    return dict(net)


def rate_of(rates: dict[tuple[str, date], Decimal], currency: str, at: datetime) -> Decimal | None:
    """Of the day, or of the last one within a week before it."""
    days = [at.astimezone(UTC).date() - timedelta(days=n) for n in range(8)]
    return (
        Decimal(1)
        if currency == "EUR"
        else next((rates[currency, day] for day in days if (currency, day) in rates), None)
    )


@pytest.mark.parametrize("currency", ["EUR", "USD", "JPY"])
@pytest.mark.parametrize("lens", [Lens(), Lens("linear", 30), Lens("position")], ids=lambda lens: lens.model)
def test_credits_make_the_total_in_one_currency_each_amount_at_its_own_day_s_rate(
    world: World, clock: HandClock, place: Place, rates: dict[tuple[str, date], Decimal], currency: str, lens: Lens
) -> None:
    plain = ask(world, place, currency, lens)
    expected = by_hand(world, rates, currency)
    assert plain.totals.net == expected
    assert set(expected) == {currency, "CHF"}  # those of late have no rate
    assert sum_of([*plain.credit.values(), plain.unattributed]).net == expected
    now = clock.now()
    clock.advance(days=3650)
    assert pack_conversions(world, size=7) > 5
    clock.set(now)
    assert [ask(world, place, currency, lens) for _ in range(2)] == [plain, plain]


def test_as_it_was_paid_is_what_it_was(world: World, place: Place, rates: dict[tuple[str, date], Decimal]) -> None:
    assert len(rates) > DAYS
    assert set(ask(world, place, "", Lens()).totals.net) == {"EUR", "USD", "JPY", "CHF"}


def test_a_period_and_a_cohort_are_told_so_too(
    world: World, clock: HandClock, place: Place, rates: dict[tuple[str, date], Decimal]
) -> None:
    middle = clock.now() - timedelta(days=5)
    early, late = (ask(world, place, "USD", Lens(), **span) for span in ({"until": middle}, {"since": middle}))
    assert (early.totals + late.totals).net == by_hand(world, rates, "USD")
    cohort = ask(world, place, "USD", Lens(), by="touch", since=middle)
    assert cohort.totals.net == sum_of([*cohort.credit.values(), cohort.unattributed]).net
    assert set(cohort.totals.net) <= {"USD", "CHF"}


@pytest.mark.usefixtures("rates")
def test_a_figure_opens_rows_that_sum_to_it_and_each_tells_why(world: World, place: Place) -> None:
    ready = ready_lens(world, place.campaign_id, asked(currency="USD"))
    with world.db.read() as session:
        found = whys.behind(session, ready, [place.campaign_id, None], None, "money", size=1000)
        assert {money.currency: money.amount for money in found.money} == accounts.from_packs(
            session, ready.question([place.campaign_id, None])
        ).totals.net
        listed: Counter[str] = Counter()
        for row in found.rows:
            assert row.money
            listed[row.money.currency] += row.money.amount
            why = whys.why(session, row.conversion.id, ready.lens)
            assert why.worth == row.money
            assert sum(step.cents for step in why.steps) in (0, row.money.amount)
    assert dict(listed) == {money.currency: money.amount for money in found.money}


@pytest.mark.usefixtures("rates")
def test_other_rates_give_other_sums_and_none_are_taken_for_them(
    world: World, clock: HandClock, place: Place, rates: dict[tuple[str, date], Decimal]
) -> None:
    clock.advance(days=3650)
    pack_conversions(world, size=7)
    before = ask(world, place, "EUR", Lens()).totals.net
    day = max(day for name, day in rates if name == "USD" and day.weekday() == 4)
    assert import_rates(world, f"Date,USD\n{day},2.5\n", who="Léa").changed == 1
    rates["USD", day] = Decimal("2.5")
    after = ask(world, place, "EUR", Lens()).totals.net
    assert after == by_hand(world, rates, "EUR")
    assert after != before


def test_a_file_is_kept_once_and_again_changes_nothing(world: World, clock: HandClock) -> None:
    text, told = file_of(clock)
    first, again = (import_rates(world, text, who="Léa") for _ in range(2))
    assert (first.rates, first.changed, again.changed) == (len(told), len(told), 0)
    with world.db.read() as session:
        known = exchange_rates.known(session)
        kept = {(each.currency, each.day): each.millionths for each in session.scalars(select(ExchangeRate))}
    assert known.last == max(day for _, day in told)
    assert known.currencies == ["EUR", "JPY", "USD"]
    assert kept == {key: int(rate * 1_000_000) for key, rate in told.items()}


WRONG = {
    "": "rates_unreadable", "Date,USD": "rates_unreadable", "Day;USD\n2026-11-02;1": "rates_unreadable",
    'Date,USD\n"2026': "rates_unreadable", "Date,USD\n02/11/2026,1": "rate_unreadable",
    "Date,USD\n2026-11-02,0": "rate_unreadable", "Date,USD\n2026-11-02,-1": "rate_unreadable",
    "Date,USD\n2026-11-02,nan": "rate_unreadable", "Date,USD\n2026-11-02,1e99": "rate_unreadable",
    "Date,USD\n2026-11-02,1.1\n2026-11-03,1,2": "", "Date,XXY\n2026-11-02,1": "currency_unknown",
    "Date,USD\n2026-11-02,inf": "rate_unreadable", "Date,USD\n2026-11-02,1,1": "",
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
@pytest.mark.one_database
def test_of_a_file_that_can_t_be_read_nothing_is_kept(world: World, text: str) -> None:
    if not WRONG[text]:  # a cell behind the last column says nothing
        assert import_rates(world, text, who="Léa").rates > 0
        return
    with pytest.raises(Problem) as refused:
        import_rates(world, f"{text}", who="Léa")
    assert [fault.code for fault in refused.value.faults] == [WRONG[text]]
    with world.db.read() as session:
        assert session.scalar(select(func.count()).select_from(ExchangeRate)) == 0


@pytest.mark.one_database
@pytest.mark.parametrize("currency", ["EUR", "USD", "CHF"])
def test_without_rates_no_report_is_told_in_one_currency(world: World, currency: str) -> None:
    with pytest.raises(Problem, match="currency_without_rates"):
        ready_lens(world, make_place(world).campaign_id, asked(currency=currency))


@given(
    st.integers(-(10**12), 10**12), st.integers(1, 10**9), st.integers(1, 10**9),
    st.sampled_from(["JPY", "USD", "BHD"]), st.sampled_from(["JPY", "USD", "BHD"]),
)  # fmt: skip
def test_an_amount_is_told_to_the_nearest_unit_the_same_way_up_and_down(
    amount: int, theirs: int, ours: int, paid: str, told: str
) -> None:
    rates = {paid: ([5], [theirs]), told: ([5], [ours])}
    exchange = Exchange(told, "", rates, {each: decimals(each) for each in (paid, told)})
    found = exchange.told(amount, paid, 9)
    assert found is not None
    assert found == -(exchange.told(-amount, paid, 9) or 0)
    exact = Decimal(amount) * rates[told][1][0] * 10 ** decimals(told) / (rates[paid][1][0] * 10 ** decimals(paid))
    assert paid == told or abs(found - exact) <= Decimal("0.5000001")
    assert exchange.told(amount, paid, 13) is None or paid == told
