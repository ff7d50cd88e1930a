"""Sample data: the promised figures, the same each time, once, and marked as rehearsed."""

from sqlalchemy import text

from campaigns import demo
from campaigns.world import World


def figures(world: World) -> dict[str, int]:
    tables = ("campaigns", "tweets", "hits", "leads", "sales", "refunds")
    with world.db.read() as session:
        return {table: session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables}


def test_the_sample_data_has_the_promised_figures_and_loads_once(world: World) -> None:
    assert demo.could_load(world)
    assert demo.load(world)
    promised = {"campaigns": 3, "tweets": 60, "hits": 20_000, "leads": 800, "sales": 120, "refunds": 6}
    assert figures(world) == promised
    assert not demo.could_load(world)
    assert not demo.load(world)
    assert figures(world) == promised


def test_the_sample_data_is_all_marked_as_rehearsed(world: World) -> None:
    demo.load(world)
    with world.db.read() as session:
        for table in ("tweets", "leads", "sales"):
            assert session.execute(text(f"SELECT count(*) FROM {table} WHERE NOT rehearsed")).scalar_one() == 0
