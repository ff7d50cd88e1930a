"""One big campaign, put into the database in bulk: leads, their touches before, sales, what went back, conversions."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
from sqlalchemy import select, text

from bench.stock import Stocked, fill
from campaigns.kernel.codes import id_bytes, id_text
from campaigns.planning.offers import Offer
from campaigns.tracking.visits import EPOCH
from campaigns.world import World

TWEETS, SALE_EACH, REFUND_EACH = 200, 17, 20
DAYS, CHUNK = 390, 20_000
DAY_US = 86_400_000_000
EVIDENCES = np.array(["link+x"] * 6 + ["link"] * 2 + ["code", "direct"])
COLUMNS = {
    "persons": "id email typed created_at",
    "touches": "id person_id at evidence campaign_id tweet_id link_id utm key",
    "leads": "id person_id campaign_id offer_id page_id locale state answers search rehearsed created_at updated_at",
    "sales": "id key origin intent lead_id person_id campaign_id state currency amount tax refunded disputed rehearsed"
    " paid_at created_at updated_at",
    "conversions": "id key kind at moment campaign_id person_id lead_id sale_id currency amount rehearsed",
}
NAMES = {table: names.replace(" ", ", ") for table, names in COLUMNS.items()}
MARKS = {table: ", ".join("?" * len(names.split())) for table, names in COLUMNS.items()}
INSERTS = {table: f"INSERT INTO {table} ({NAMES[table]}) VALUES ({MARKS[table]})" for table in COLUMNS}
COPIES = {table: f"COPY {table} ({names}) FROM STDIN" for table, names in NAMES.items()}
Rows = dict[str, list[tuple[Any, ...]]]


def make(world: World, leads: int) -> None:
    """Fill an empty database."""
    stocked = fill(world, 1, TWEETS)
    with world.db.read() as session:
        offer = session.scalars(select(Offer.id)).one()
    for rows in drawn(world, stocked, offer, leads):
        put(world, rows)
    with world.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if world.db.is_sqlite else "VACUUM ANALYZE"))


def drawn(world: World, stocked: list[Stocked], offer: str, leads: int) -> Iterator[Rows]:
    """Leads of 0 to 8 touches, 1.8 in the middle; one in seventeen buys, one in twenty of those has half of it back."""
    dice = np.random.default_rng(6)
    now = (world.clock.now() - EPOCH) // timedelta(microseconds=1) - DAY_US
    moments = np.sort(dice.integers(now - DAYS * DAY_US, now, leads))
    many = np.maximum(np.minimum(dice.geometric(0.53, leads), 8) - (dice.random(leads) < 0.05), 0)
    for start in range(0, leads, CHUNK):
        rows: Rows = {table: [] for table in COLUMNS}
        for n in range(start, min(start + CHUNK, leads)):
            lead(rows, dice, stocked, offer, n, int(moments[n]), int(many[n]), now)
        yield rows


def lead(
    rows: Rows, dice: np.random.Generator, stocked: list[Stocked], offer: str, n: int, at: int, touches: int, now: int
) -> None:
    """A lead, its touches and its sale."""
    person, lead_id, when, campaign = new_id(at), new_id(at), told(at), stocked[0].campaign_id
    name = f"bench{n}@ecole.example"
    rows["persons"].append((person, name, name, when))
    rows["leads"].append(
        (lead_id, person, campaign, offer, stocked[0].page_id, "en", "new", "[]", name, 0, when, when)
    )  # fmt: skip
    rows["conversions"].append(conversion("lead", lead_id, at, at, campaign, person, lead_id))
    ago = (dice.exponential(12, touches) * DAY_US).astype(np.int64).tolist()
    which = np.minimum(dice.zipf(1.4, touches), len(stocked)).tolist()
    for evidence, before, place in zip(EVIDENCES[dice.integers(0, 10, touches)].tolist(), ago, which, strict=True):
        link, touch = stocked[place - 1], new_id(at - before)
        names = (None, None, None) if evidence == "direct" else (campaign, link.tweet_id, link.link_id)
        rows["touches"].append((touch, person, told(at - before), evidence, *names, "{}", touch))
    if n % SALE_EACH == 0:
        sell(rows, dice, min(at + int(dice.exponential(5) * DAY_US), now), campaign, person, lead_id)


def sell(rows: Rows, dice: np.random.Generator, at: int, campaign: str, person: str, lead_id: str) -> None:
    """A sale, and now and then the half of it back."""
    sale, amount, when = new_id(at), int(dice.integers(900, 90_000)), told(at)
    back = amount // 2 if dice.random() < 1 / REFUND_EACH else 0
    rows["sales"].append(
        (sale, f"stripe:{sale}", "stripe", f"pi_{sale}", lead_id, person, campaign,
         "partly_refunded" if back else "paid", "EUR", amount, 0, back, 0, 0, when, when, when)
    )  # fmt: skip
    of, money = (campaign, person, lead_id), (sale, "EUR")
    rows["conversions"].append(conversion("customer", lead_id, at, at, *of))
    rows["conversions"].append(conversion("sale", sale, at, at, *of, *money, amount))
    if back:
        rows["conversions"].append(conversion("refund", sale, at + DAY_US // 2, at, *of, *money, -back))


def conversion(
    kind: str, of: str, at: int, moment: int, campaign: str, person: str, lead_id: str, sale: str | None = None,
    currency: str | None = None, amount: int = 0,
) -> tuple[Any, ...]:  # fmt: skip
    """As capturing.conversions notes it."""
    key = f"{'back' if kind == 'refund' else kind}:{of}"
    return new_id(at), key, kind, told(at), told(moment), campaign, person, lead_id, sale, currency, amount, 0


def new_id(at_us: int) -> str:
    """An id as if made then."""
    return id_text(id_bytes(at_us))


def told(at_us: int) -> str:
    """A moment as SQLite keeps it, and PostgreSQL takes it."""
    return (EPOCH + timedelta(microseconds=at_us)).strftime("%Y-%m-%d %H:%M:%S.%f")


def put(world: World, rows: Rows) -> None:
    """Rows of every table at once: by COPY where there is one."""
    with world.db.write() as session:
        cursor: Any = session.connection().connection.cursor()
        for table, some in rows.items():
            if world.db.is_sqlite:
                cursor.executemany(INSERTS[table], some)
            else:
                with cursor.copy(COPIES[table]) as copy:
                    for row in some:
                        copy.write_row(row)
