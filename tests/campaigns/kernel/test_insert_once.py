from campaigns.kernel.db import insert_once
from campaigns.planning.pages import ConsentText
from campaigns.world import World


def test_only_the_first_of_two_inserts_says_that_it_went_in(world: World) -> None:
    row = {"sha256": "x", "purpose": "news", "locale": "en", "text": "Yes", "created_at": world.clock.now()}
    with world.db.write() as session:
        assert insert_once(session, ConsentText, **row) is True
        assert insert_once(session, ConsentText, **row) is False
    with world.db.write() as session:
        assert insert_once(session, ConsentText, **row) is False
