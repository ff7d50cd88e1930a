"""The list of tweets."""

from collections.abc import Callable

from flask.testing import FlaskClient

from campaigns.world import World
from tests.makers.pressed import opened
from tests.makers.publishing import make_place, make_tweet

Staff = Callable[..., FlaskClient]


def texts(page: object) -> list[str]:
    return [each.get_text() for each in page.select("tbody th a")]  # type: ignore[attr-defined]


def test_tweets_are_filtered_by_campaign_and_state(world: World, staff: Staff) -> None:
    here, there, marketer = make_place(world), make_place(world), staff("marketer")
    make_tweet(world, here, "Draft here {link}")
    make_tweet(world, here, "Planned here {link}", scheduled_at="2026-11-24T08:00+01:00")
    make_tweet(world, there, "Draft there {link}")
    assert texts(opened(marketer, "/tweets")) == ["Draft there", "Planned here", "Draft here"]
    assert texts(opened(marketer, f"/tweets?campaign_id={here.campaign_id}")) == ["Planned here", "Draft here"]
    assert texts(opened(marketer, f"/tweets?campaign_id={here.campaign_id}&state=draft")) == ["Draft here"]
    assert "No tweet in this view" in opened(marketer, "/tweets?state=failed").get_text()
    assert len(texts(opened(marketer, "/tweets?state=sideways"))) == 3


def test_a_long_list_goes_on_and_comes_back(world: World, staff: Staff) -> None:
    place, marketer = make_place(world), staff("marketer")
    for number in range(52):
        make_tweet(world, place, f"Number {number} {{link}}")
    first = opened(marketer, "/tweets")
    assert len(texts(first)) == 50
    later = opened(marketer, first.find("a", rel="next")["href"])  # type: ignore[index, arg-type]
    assert texts(later) == ["Number 1", "Number 0"]
    assert later.find("a", string="Back to the first")["href"] == "/tweets"  # type: ignore[index]


def test_a_cursor_or_campaign_that_is_none_is_told(staff: Staff) -> None:
    marketer = staff("marketer")
    assert marketer.get("/tweets?before=nonsense").status_code == 422
    assert marketer.get("/tweets?campaign_id=nonsense").status_code == 404


def test_what_was_written_is_shown_and_never_run(world: World, staff: Staff) -> None:
    make_tweet(world, text='<script>alert("x")</script> {link}')
    page = opened(staff("marketer"), "/tweets")
    assert texts(page) == ['<script>alert("x")</script>']
    assert [each for each in page.find_all("script") if not each.get("src")] == []
