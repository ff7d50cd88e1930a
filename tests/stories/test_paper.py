"""A campaign's report on paper: one sheet, however many tweets."""

import pytest
from pypdfium2 import PdfDocument
from sqlalchemy import update

from campaigns.flows.write_tweet import TweetDraft, write_tweet
from campaigns.publishing.tweets import Tweet
from tests.makers.publishing import make_place
from tests.stories.conftest import Running, Visitors, sign_in


@pytest.mark.parametrize("tweets", [3, 60])
def test_a_campaign_is_printed_on_one_sheet(perchoir: Running, visitors: Visitors, tweets: int) -> None:
    with perchoir.world() as world:
        place = make_place(world)
        for n in range(tweets):
            words = f"Le guide du journal d’école, semaine {n} : ce qu’il faut avoir prêt le premier vendredi {{link}}"
            write_tweet(world, TweetDraft(place.campaign_id, place.offer_id, words), who="Léa")
        with world.db.write() as session:  # what isn't out isn't on paper
            session.execute(update(Tweet).values(state="sent", sent_at=world.clock.now()))
    desk = visitors.desk()
    sign_in(desk, perchoir, *perchoir.user("marketer"))
    desk.goto(f"{perchoir.url}/campaigns/{place.campaign_id}/print")
    sheet = PdfDocument(desk.pdf(format="A4", prefer_css_page_size=True))
    assert len(sheet) == 1
    text = sheet[0].get_textpage().get_text_range()
    assert "Unattributed" in text
    assert ("48 others" in text) == (tweets == 60)
