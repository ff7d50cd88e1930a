"""Sample data: the promised figures, the same each time, once, and marked as rehearsed."""

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from campaigns import compose, demo, schema
from campaigns.demo.traffic import SWARM
from campaigns.flows.look_at_rehearsal import Reader, look_at_wall
from campaigns.flows.reclassify_hits import reclassify_hits
from campaigns.publishing.tweets import Tweet
from campaigns.settings import Settings
from campaigns.tracking.hits import Hit
from campaigns.tracking.links import Link
from campaigns.tracking.rollups import CLASSES, DeadCode, LinkDay, LinkHour, LinkSum
from campaigns.tracking.visits import Visit
from campaigns.world import World
from tests.clock import HandClock


def figures(world: World) -> dict[str, int]:
    tables = ("campaigns", "tweets", "hits", "leads", "sales", "refunds")
    with world.db.read() as session:
        return {table: session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables}


def counted(world: World) -> dict[str, int]:
    """What the reports say of all links together."""
    columns = (*CLASSES, "visits")
    with world.db.read() as session:
        hours = session.execute(select(*(func.sum(getattr(LinkHour, name)) for name in columns))).one()
        days = dict(session.execute(select(LinkDay.what, func.sum(LinkDay.hits)).group_by(LinkDay.what)).all())
        sources = dict(
            session.execute(
                select(LinkDay.value, func.sum(LinkDay.hits)).where(LinkDay.what == "source").group_by(LinkDay.value)
            ).all()
        )
    return dict(zip(columns, hours, strict=True)) | days | sources


def test_the_sample_data_has_the_promised_figures_loads_once_and_is_all_rehearsed(world: World) -> None:
    assert demo.could_load(world)
    assert demo.load(world)
    promised = {"campaigns": 3, "tweets": 60, "hits": 20_000, "leads": 800, "sales": 120, "refunds": 6}
    assert figures(world) == promised
    assert not demo.could_load(world)
    assert not demo.load(world)
    assert figures(world) == promised
    with world.db.read() as session:
        for table in ("tweets", "leads", "sales"):
            assert session.execute(text(f"SELECT count(*) FROM {table} WHERE NOT rehearsed")).scalar_one() == 0


def test_the_sent_sample_tweets_stand_on_the_wall_with_their_cards(world: World) -> None:
    demo.load(world)
    wall, pinned = Reader("lea@x.example", is_admin=True), []
    shown = look_at_wall(world, wall)
    while shown.tweets.next:
        pinned += shown.tweets.items
        shown = look_at_wall(world, wall, shown.tweets.next)
    pinned += shown.tweets.items
    with world.db.read() as session:
        sent = {
            tweet.id: (tweet.x_id, tweet.sent_at, tweet.posted_text)
            for tweet in session.scalars(select(Tweet).where(Tweet.state == "sent"))
        }
    assert {each.tweet_id: (each.post.x_id, each.post.posted_at, each.post.text) for each in pinned} == sent
    assert len(sent) == 51
    assert [each for each in pinned if each.page is None or not each.clicks] == []
    assert [each.post.posted_at for each in pinned] == sorted((at for _, at, _ in sent.values()), reverse=True)


def test_the_sample_data_agrees_with_itself(world: World) -> None:
    demo.load(world)
    told = counted(world)
    with world.db.read() as session:
        stored = Counter(session.scalars(select(Hit.klass).where(Hit.link_id.is_not(None))))
        visits = session.scalar(select(func.count()).select_from(Visit).where(Visit.counted))
        sums = session.execute(select(*(func.sum(getattr(LinkSum, klass)) for klass in CLASSES))).one()
        lost = session.execute(
            text("SELECT count(*) FROM touches t WHERE hit_id IS NOT NULL AND NOT EXISTS"
                 " (SELECT 1 FROM visits v WHERE v.id = t.hit_id AND v.counted)")
        ).scalar_one()  # fmt: skip
        swarms = session.execute(
            select(func.count()).select_from(LinkDay).where(LinkDay.value == "Twitterbot")
        ).scalar_one()
        dead = session.execute(select(func.count(), func.sum(DeadCode.hits))).one()
        channels = Counter(session.scalars(select(Link.channel)))
        parts = set(session.execute(select(LinkDay.what, LinkDay.value)))
    assert {klass: told[klass] for klass in CLASSES} == {klass: stored[klass] for klass in CLASSES}
    assert tuple(sums) == tuple(told[klass] for klass in CLASSES)
    assert told["visits"] == visits
    assert 0.65 < told["visits"] / told["human"] < 0.75
    assert told["machine"] == told["bot"] + told["preview"] + told["prefetch"]
    assert {told[what] for what in ("country", "device", "browser", "source", "unique")} == {told["human"]}
    assert min(told[klass] for klass in ("human", "bot", "preview", "prefetch", "duplicate")) > 300
    assert (told["internal"], told["dead_link"]) == (0, 0)
    named = ("link+x t.co", "link+x twitter.com", "link", "link mail.google.com", "link+other m.facebook.com")
    assert min(told[source] for source in named) > 100
    shown = {"device": ("phone", "desktop", "tablet"), "country": ("FR", "BE", ""), "browser": ("X app", "Chrome")}
    assert parts >= {(what, value) for what, values in shown.items() for value in values}
    assert lost == 0
    assert swarms == 51  # one for each tweet that was sent
    assert len(SWARM) == 4
    assert tuple(dead) == (9, 18)
    assert (channels["newsletter"], channels["qr"]) == (3, 3)
    assert reclassify_hits(world).changed == 0


@pytest.mark.one_database
def test_each_loading_has_the_same_figures(world: World, clock: HandClock, tmp_path: Path) -> None:
    demo.load(world)
    environ = {"PERCHOIR_DATA_DIR": str(tmp_path / "again"), "PERCHOIR_SECRET_KEY": "again-" * 8 + "0123456789"}
    other = compose.world(Settings.read(environ), clock)
    schema.migrate(other.db)
    demo.load(other)
    assert counted(other) == counted(world)
    other.close()


def test_the_sample_papers_cover_is_set_in_letters_that_french_has() -> None:
    drawn = {demo.cover(letter).tobytes() for letter in "éèàçœÉ’"}
    assert len(drawn) == 7  # a typeface draws what it lacks as one and the same box
