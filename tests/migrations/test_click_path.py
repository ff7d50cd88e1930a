"""0002 with rows in it: up, down and up again keep every hit, hour and link, and the views' sums."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from campaigns import schema
from campaigns.kernel.codes import new_id
from campaigns.kernel.db import Database
from tests.postgres import Cluster

ID = "0193a1b2-0000-7000-8000-{:012x}"
AT = "2026-11-02 09:00:00+00"
CAMPAIGN, OFFER, TWEET, OTHER_TWEET, LINK, OTHER_LINK = (f"'{ID.format(n)}'" for n in range(1, 7))
HITS = [
    ("2026-10-31 23:59:59.999000+00", "human", "GET"), ("2026-11-01 00:00:00+00", "bot", "HEAD"),
    ("2026-11-02 09:10:00+00", "prefetch", "GET"), ("2026-11-02 09:20:00+00", "preview", "GET"),
    ("2026-11-02 09:30:00+00", "internal", "GET"), ("2026-11-02 10:00:00+00", "duplicate", "GET"),
    ("2027-02-28 23:00:00+00", "human", "GET"),
]  # fmt: skip
HOURS = [
    ("2026-10-31 23:00", "human", 1), ("2026-11-01 00:00", "bot", 1), ("2026-11-02 09:00", "prefetch", 1),
    ("2026-11-02 09:00", "preview", 1), ("2026-11-02 09:00", "internal", 1), ("2026-11-02 10:00", "duplicate", 1),
    ("2027-02-28 23:00", "human", 1),
]  # fmt: skip
BEFORE = [
    (
        f"INSERT INTO campaigns (id, slug, name, goal, zone, created_at, updated_at)"
        f" VALUES ({CAMPAIGN}, 'rentree', 'Rentrée', '', 'Europe/Paris', '{AT}', '{AT}')"
    ),
    (
        f"INSERT INTO offers (id, campaign_id, kind, title, issued, created_at, updated_at)"
        f" VALUES ({OFFER}, {CAMPAIGN}, 'coupon', 'Moins 10 %', 0, '{AT}', '{AT}')"
    ),
    *(
        f"INSERT INTO tweets (id, key, campaign_id, offer_id, text, state, attempts, looks, unknowns, by_hand,"
        f" rehearsed, version, created_at, updated_at) VALUES ({tweet}, '{key}', {CAMPAIGN}, {OFFER}, 't', 'sent',"
        f" 1, 0, 0, false, false, 1, '{AT}', '{AT}')"
        for tweet, key in ((TWEET, "a1"), (OTHER_TWEET, "b2"))
    ),
    *(
        f"INSERT INTO links (id, code, campaign_id, offer_id, tweet_id, target, medium, content, created_at)"
        f" VALUES ({link}, '{code}', {CAMPAIGN}, {OFFER}, {tweet}, {target}, 'social', 't-{code}', '{AT}')"
        for link, code, tweet, target in (
            (LINK, "Abc", TWEET, "NULL"),
            (OTHER_LINK, "Def", OTHER_TWEET, "'https://Shop.example/'"),
        )
    ),
    "INSERT INTO agents (id, text, name) VALUES (1, 'Firefox', NULL), (2, 'Twitterbot/1.0', 'Twitterbot')",
    *(
        f"INSERT INTO hits (id, at, link_id, code, method, klass, classifier, evidence, referrer, agent_id, visitor)"
        f" VALUES ('{ID.format(100 + n)}', '{at}', {LINK}, 'Abc', '{method}', '{klass}', 1, 'link+x', 't.co', 1, 'v')"
        for n, (at, klass, method) in enumerate(HITS)
    ),
    (
        f"INSERT INTO hits (id, at, link_id, code, method, klass, classifier, evidence, agent_id)"
        f" VALUES ('{ID.format(99)}', '{AT}', NULL, 'nobodys', 'GET', 'dead_link', 1, 'direct', NULL)"
    ),
    *(
        f"INSERT INTO link_hours (link_id, hour, klass, hits) VALUES ({LINK}, '{hour}:00+00', '{klass}', {hits})"
        for hour, klass, hits in HOURS
    ),
]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of the schema before, with hits."""
    if request.param == "sqlite":
        made = Database(f"sqlite:///{tmp_path / 'before.db'}")
    else:
        cluster: Cluster = request.getfixturevalue("cluster")
        made = Database(cluster.create_database("b" + new_id().replace("-", "")))
    schema.migrate(made, "0001")
    # SQLite's moments are texts without a zone
    run(made, *(each.replace("+00'", "'") if made.is_sqlite else each for each in BEFORE))
    yield made
    made.close()


def run(db: Database, *statements: str) -> None:
    with db.write() as session:
        for statement in statements:
            session.connection().exec_driver_sql(statement.replace("%", "%%") if not db.is_sqlite else statement)


def rows(db: Database, query: str) -> list[tuple[Any, ...]]:
    with db.read() as session:
        return [
            tuple(str(each) if hasattr(each, "hex") else each for each in row) for row in session.execute(text(query))
        ]


OLD_HITS = (
    "SELECT id, at, link_id, code, method, klass, classifier, evidence, referrer, agent_id, visitor FROM hits"
    " ORDER BY id"
)
OLD_HOURS = "SELECT link_id, hour, klass, hits FROM link_hours ORDER BY link_id, hour, klass"
OLD_LINKS = (
    "SELECT id, code, campaign_id, offer_id, tweet_id, target, medium, content, created_at FROM links ORDER BY id"
)
OLD_VIEW = "SELECT code, tweet_id, hits, clicks FROM v_links ORDER BY code"
SUMMED = (
    "SELECT sum(human), sum(bot), sum(preview), sum(prefetch), sum(duplicate), sum(internal), sum(dead_link),"
    " sum(visits) FROM {}"
)


def test_up_keeps_hits_and_hours_and_sums_the_days(db: Database) -> None:
    before = [rows(db, query) for query in (OLD_HITS, OLD_LINKS, OLD_VIEW)]
    schema.migrate(db)
    assert [rows(db, query) for query in (OLD_HITS, OLD_LINKS, OLD_VIEW)] == before
    for table in ("link_hours", "link_sums"):
        assert rows(db, SUMMED.format(table)) == [(2, 1, 1, 1, 1, 1, 0, 0)]
    days = [
        (str(day), human, bot) for day, human, bot in rows(db, "SELECT day, human, bot FROM link_sums ORDER BY day")
    ]
    assert days == [("2026-10-31", 1, 0), ("2026-11-01", 0, 1), ("2026-11-02", 0, 0), ("2027-02-28", 1, 0)]
    facts = rows(db, "SELECT klass, purpose, member FROM hits WHERE link_id IS NOT NULL ORDER BY id")
    assert [(klass, purpose, bool(member)) for klass, purpose, member in facts] == [
        (klass, klass if klass in ("prefetch", "preview") else None, klass == "internal") for _, klass, _ in HITS
    ]
    links = rows(db, "SELECT code, channel, source, forwarding, search, qr_of FROM links ORDER BY code")
    assert links == [
        ("Abc", "x_organic", "twitter", "off", "abc ", None),
        ("Def", "x_organic", "twitter", "off", "def https://shop.example/", None),
    ]
    assert rows(db, "SELECT classifier, before FROM agents ORDER BY id") == [(1, None), (1, None)]


def test_the_views_say_what_they_said_and_more(db: Database) -> None:
    schema.migrate(db)
    told = "SELECT code, tweet_id, hits, clicks, visits, channel, campaign_id FROM v_links ORDER BY code"
    tweet, other, campaign = TWEET.strip("'"), OTHER_TWEET.strip("'"), CAMPAIGN.strip("'")
    assert rows(db, told) == [
        ("Abc", tweet, 7, 2, 0, "x_organic", campaign),
        ("Def", other, 0, 0, 0, "x_organic", campaign),
    ]
    told = "SELECT code, klass, agent, referrer, country FROM v_hits ORDER BY at, id"
    assert [row[:3] for row in rows(db, told)][:2] == [("Abc", "human", "Firefox"), ("Abc", "bot", "Firefox")]
    assert ("nobodys", "dead_link", None, None, None) in rows(db, told)
    # a tweet is one row, though its QR is a link of it too
    qr = f"'{ID.format(50)}'"
    run(
        db,
        "INSERT INTO links (id, code, campaign_id, offer_id, tweet_id, channel, source, medium, content, qr_of,"
        f" forwarding, forwarded, search, created_at, updated_at) SELECT {qr}, 'Qr', campaign_id, offer_id, tweet_id,"
        f" 'qr', 'print', 'qr', 'x', id, 'off', '[]', '', created_at, updated_at FROM links WHERE id = {LINK}",
    )
    assert rows(db, "SELECT id, link_code FROM v_tweets ORDER BY id") == [(tweet, "Abc"), (other, "Def")]


def test_down_and_up_again_keep_it_all(db: Database) -> None:
    before = [rows(db, query) for query in (OLD_HITS, OLD_HOURS, OLD_LINKS, OLD_VIEW)]
    schema.migrate(db)
    up = [rows(db, f"SELECT * FROM {table} ORDER BY 1, 2") for table in ("hits", "link_hours", "link_sums", "v_links")]
    schema.migrate(db, "0001")
    assert [rows(db, query) for query in (OLD_HITS, OLD_HOURS, OLD_LINKS, OLD_VIEW)] == before
    schema.migrate(db)
    again = [
        rows(db, f"SELECT * FROM {table} ORDER BY 1, 2") for table in ("hits", "link_hours", "link_sums", "v_links")
    ]
    assert again == up


def test_down_takes_what_the_schema_before_cannot_hold(db: Database) -> None:
    schema.migrate(db)
    run(
        db,
        *(
            "INSERT INTO links (id, code, campaign_id, offer_id, tweet_id, channel, source, medium, content, qr_of,"
            f" forwarding, forwarded, search, created_at, updated_at) SELECT '{ID.format(60 + n)}', 'New{n}',"
            f" campaign_id, {offer}, {tweet}, 'other', 's', 'm', 'c', {qr_of}, 'off', '[]', '', created_at, updated_at"
            f" FROM links WHERE id = {LINK}"
            for n, (offer, tweet, qr_of) in enumerate(
                [
                    ("offer_id", "tweet_id", "id"),
                    ("NULL", "NULL", "NULL"),
                    ("NULL", "NULL", f"'{ID.format(61)}'"),
                    ("offer_id", "NULL", "NULL"),
                ]
            )
        ),
        *(
            f"INSERT INTO link_hours (link_id, hour, human, bot, preview, prefetch, duplicate, internal, dead_link,"
            f" visits) SELECT '{ID.format(60 + n)}', hour, 3, 0, 0, 0, 0, 0, 0, 2 FROM link_hours WHERE duplicate = 1"
            for n in range(4)
        ),
    )
    schema.migrate(db, "0001")
    assert rows(db, "SELECT code, tweet_id IS NULL FROM links ORDER BY code") == [
        ("Abc", False), ("Def", False), ("New0", True), ("New3", True),
    ]  # fmt: skip
    assert rows(db, OLD_VIEW)[2:] == [("New0", None, 3, 3), ("New3", None, 3, 3)]


@pytest.mark.postgres
def test_months_that_have_hits_are_made_and_no_others(request: pytest.FixtureRequest) -> None:
    cluster: Cluster = request.getfixturevalue("cluster")
    db = Database(cluster.create_database("b" + new_id().replace("-", "")))
    schema.migrate(db, "0001")
    run(db, *BEFORE)
    schema.migrate(db)
    found = rows(db, "SELECT tableoid::regclass::text, count(*) FROM hits GROUP BY 1 ORDER BY 1")
    assert found == [("hits_2026_10", 1), ("hits_2026_11", 6), ("hits_2027_02", 1)]
    db.close()
