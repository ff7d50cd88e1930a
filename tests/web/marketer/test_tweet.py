"""A tweet's page: what it brought, what became of it, and what can be done in each state."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from campaigns.flows import plan_tweet
from campaigns.flows.publish_due import publish_due
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.pressed import field, opened, press, press_in, soup, told_beside
from tests.makers.publishing import loses, make_place, make_tweet, refuses, tweet_of, with_x
from tests.makers.tracking import follow, make_lead, make_person, make_sale, make_touch
from tests.web.doors import csrf

Staff = Callable[..., FlaskClient]
ADDRESS = "https://x.com/feuillet/status/1985012345678901234"


def tried(world: World, clock: HandClock, *answers: Any, minutes: int = 0) -> str:
    """A tweet that X answered so, each minute once more."""
    found = make_tweet(world)
    talking, _ = with_x(world, *answers, rehearses=True)
    plan_tweet.publish(talking, found.tweet.id, who="Léa Martin")
    publish_due(talking, "tests:1:aaaa")
    for _minute in range(minutes):
        clock.advance(seconds=61)
        publish_due(talking, "tests:1:aaaa")
    return found.tweet.id


def buttons(page: Any) -> set[str]:
    return {" ".join(each.get_text(" ").split()) for each in page.select("main button, main .page-head a.btn")}


def test_a_draft_is_published_scheduled_or_deleted(world: World, staff: Staff) -> None:
    found, marketer = make_tweet(world), staff("marketer")
    path = f"/tweets/{found.tweet.id}"
    page = opened(marketer, path)
    assert {"Publish now", "Edit", "Delete", "Schedule the tweet", "It is posted"} <= buttons(page)
    assert found.url in page.get_text()
    assert "t-" + found.tweet.key in page.get_text()
    press(marketer, path, "Schedule the tweet", {"scheduled_at": "2026-11-24T08:05", "zone": "Europe/London"})
    tweet = tweet_of(world, found.tweet.id)
    assert (tweet.state, tweet.local_time, tweet.zone) == ("scheduled", "2026-11-24T08:05", "Europe/London")
    press(marketer, path, "Reschedule the tweet", {"scheduled_at": "2026-11-25T08:05"})
    assert tweet_of(world, found.tweet.id).local_time == "2026-11-25T08:05"
    press(marketer, path, "Cancel the sending")
    assert tweet_of(world, found.tweet.id).state == "draft"
    press(marketer, path, "Publish now")
    assert tweet_of(world, found.tweet.id).due_at == world.clock.now()


def test_a_time_that_is_past_is_refused_beside_its_field(world: World, staff: Staff) -> None:
    found = make_tweet(world)
    typed = {"scheduled_at": "2020-01-01T08:05"}
    answer = press(staff("marketer"), f"/tweets/{found.tweet.id}", "Schedule the tweet", typed)
    assert answer.status_code == 422
    assert "is past" in told_beside(soup(answer), "Day and time")
    assert field(soup(answer), "Day and time")["value"] == "2020-01-01T08:05"


def test_publishing_without_a_page_online_is_refused_in_the_page(world: World, staff: Staff) -> None:
    found = make_tweet(world, make_place(world, online=False))
    answer = press(staff("marketer"), f"/tweets/{found.tweet.id}", "Publish now")
    assert answer.status_code == 422
    assert "the link would lead nowhere" in soup(answer).select_one("#errors").get_text()  # type: ignore[union-attr]


def test_a_tweet_posted_by_hand_is_tracked(world: World, staff: Staff) -> None:
    found, marketer = make_tweet(world), staff("marketer")
    path = f"/tweets/{found.tweet.id}"
    page = opened(marketer, path)
    assert field(page, "The whole text, with its link").get_text().strip() == found.full_text
    intent = page.find("a", string="Open X with it filled in")
    assert intent["href"].startswith("https://x.com/intent/post?text=")  # type: ignore[index]
    assert "%7Blink" not in str(intent)
    wrong = press(marketer, path, "It is posted", {"url": "https://x.com/feuillet"})
    assert "Paste the tweet’s address" in told_beside(soup(wrong), "The tweet’s address on X")
    assert press(marketer, path, "It is posted", {"url": ADDRESS}).status_code == 303
    tweet = tweet_of(world, found.tweet.id)
    assert (tweet.state, tweet.by_hand, tweet.x_id) == ("sent", True, "1985012345678901234")
    page = opened(marketer, path)
    assert page.find("a", href=ADDRESS, string="See it on X")
    assert "Publish now" not in buttons(page)


def test_what_a_tweet_brought_stands_on_its_page(world: World, staff: Staff) -> None:
    place = make_place(world)
    found = make_tweet(world, place)
    follow(world, found.link.code)
    person = make_person(world)
    make_touch(world, person, found.tweet.id)
    make_lead(world, place, person)
    make_sale(world, place, person, 14_700)
    figures = opened(staff("marketer"), f"/tweets/{found.tweet.id}").select_one("dl.figures")
    assert [each.get_text(" ", strip=True) for each in figures.select("dd")] == [  # type: ignore[union-attr]
        "€147.00 1 sale", "1", "1 judged human", "0", "1 any request for its link", "0", "0",
    ]  # fmt: skip


def test_its_history_is_told_in_words(world: World, clock: HandClock, staff: Staff) -> None:
    tweet_id = tried(world, clock)
    trail = opened(staff("marketer"), f"/tweets/{tweet_id}").select_one(".trail")
    told = [each.get_text(strip=True) for each in trail.select("h3")]  # type: ignore[union-attr]
    assert told == ["Posted", "On its way to X", "To be published at once", "Written"]
    who = [each.get_text(strip=True).split(" ·")[0] for each in trail.select("small")]  # type: ignore[union-attr]
    assert who == ["Perchoir", "Perchoir", "Léa Martin", "Léa Martin"]


@pytest.mark.parametrize(
    "code,why,advice",
    [
        ("x_forbidden", "X refused the tweet", "whether the account may post"),
        ("x_text_too_long", "too long", "Take some words out"),
        ("x_unauthorized", "keys", "connects X again"),
    ],
)
def test_a_failure_says_why_and_what_to_do(
    world: World, clock: HandClock, staff: Staff, code: str, why: str, advice: str
) -> None:
    tweet_id = tried(world, clock, refuses(code, "code 186 <b>"))
    marketer = staff("marketer")
    notice = opened(marketer, f"/tweets/{tweet_id}").select_one(".notice-bad")
    assert notice
    assert why in notice.get_text()
    assert advice in notice.get_text()
    assert "code 186 <b>" in notice.get_text()
    assert press(marketer, f"/tweets/{tweet_id}", "Publish now").status_code == 303


def test_an_unsure_tweet_is_found_by_a_person(world: World, clock: HandClock, staff: Staff) -> None:
    tweet_id = tried(world, clock, loses, loses, minutes=5)
    assert tweet_of(world, tweet_id).state == "unsure"
    path, marketer = f"/tweets/{tweet_id}", staff("marketer")
    page = opened(marketer, path)
    assert {"It is there", "It isn’t: send it"} <= buttons(page)
    assert "Publish now" not in buttons(page)
    assert "Edit" not in buttons(page)
    refused = press(marketer, path, "It is there", {"url": "nowhere"})
    assert told_beside(soup(refused), "The tweet’s address on X")
    press(marketer, path, "It is there", {"url": ADDRESS})
    tweet = tweet_of(world, tweet_id)
    assert (tweet.state, tweet.by_hand) == ("sent", False)


def test_an_unsure_tweet_that_isnt_there_goes_out_again(world: World, clock: HandClock, staff: Staff) -> None:
    tweet_id = tried(world, clock, loses, loses, minutes=5)
    press(staff("marketer"), f"/tweets/{tweet_id}", "It isn’t: send it")
    assert tweet_of(world, tweet_id).state == "scheduled"


def test_while_it_is_on_its_way_nothing_can_be_changed(world: World, clock: HandClock, staff: Staff) -> None:
    tweet_id = tried(world, clock, loses)
    page = opened(staff("marketer"), f"/tweets/{tweet_id}")
    assert buttons(page) & {"Publish now", "Edit", "Delete", "It is posted"} == set()
    assert "Look again" in buttons(page)
    assert "X did not answer" in page.get_text()


def test_deleting_asks_first_and_says_what_stays(world: World, staff: Staff) -> None:
    found, marketer = make_tweet(world), staff("marketer")
    path = f"/tweets/{found.tweet.id}"
    asked = opened(marketer, f"{path}/delete")
    assert "offer and page stay" in asked.get_text()
    assert tweet_of(world, found.tweet.id)
    gone = press(marketer, f"{path}/delete", "Delete the tweet")
    assert gone.status_code == 303
    assert marketer.get(path).status_code == 404


def test_a_tweet_whose_link_was_opened_stays(world: World, staff: Staff) -> None:
    found, marketer = make_tweet(world), staff("marketer")
    follow(world, found.link.code)
    answer = press(marketer, f"/tweets/{found.tweet.id}/delete", "Delete the tweet")
    assert answer.status_code == 422
    assert "Its link was opened already" in answer.text


def test_what_came_too_late_is_refused_in_the_page(world: World, clock: HandClock, staff: Staff) -> None:
    in_an_hour = (world.clock.now() + timedelta(hours=1)).isoformat()
    found, marketer = make_tweet(world, scheduled_at=in_an_hour), staff("marketer")
    page = opened(marketer, f"/tweets/{found.tweet.id}")
    clock.advance(seconds=3601)
    publish_due(world, "tests:1:aaaa")
    answer = press_in(marketer, page, f"/tweets/{found.tweet.id}", "Cancel the sending")
    assert answer.status_code == 422
    assert "on its way or sent" in answer.text


def test_sales_neither_sees_nor_moves_tweets(world: World, staff: Staff) -> None:
    found, sales = make_tweet(world), staff("sales")
    path = f"/tweets/{found.tweet.id}"
    deeds = ("publish", "schedule", "cancel", "posted", "not-there", "delete")
    assert sales.get(path).status_code == 403
    assert {deed: sales.post(f"{path}/{deed}").status_code for deed in deeds} == dict.fromkeys(deeds, 403)
    assert tweet_of(world, found.tweet.id).state == "draft"


def test_a_tweet_is_taken_down_after_being_asked(world: World, staff: Staff) -> None:
    client = staff("marketer")
    made = make_tweet(world, scheduled_at=world.clock.now().isoformat())
    publish_due(world, "w")
    path = f"/tweets/{made.tweet.id}/take-down"
    assert "Take the tweet down from X?" in client.get(path).text
    answer = client.post(path, data={"csrf_token": csrf(client)}, follow_redirects=True)
    assert "It isn’t on X any more" in answer.text
    assert "Taken down from X" in answer.text
    assert "take-down" not in answer.text  # once is enough


def test_another_wording_has_a_link_of_its_own_and_both_are_compared(world: World, staff: Staff) -> None:
    first, marketer = make_tweet(world, make_place(world)).tweet, staff("marketer")
    page = opened(marketer, f"/tweets/{first.id}")
    [write] = [a["href"] for a in page.select("a") if a.get_text() == "Write another wording"]
    answer = press(marketer, str(write), "Save the draft", {"text": "Autrement : {link}"})
    second = answer.location.split("/tweets/")[1][:36]
    shown = opened(marketer, f"/tweets/{second}")
    assert "comparing them is no experiment" in shown.get_text()
    [compare] = [str(a["href"]) for a in shown.select("section[aria-labelledby=t-var] a") if a.get_text() == "Compare"]
    assert {first.id, second} <= set(compare.replace("&", "=").split("="))
    assert marketer.get(compare).status_code == 200


def test_a_tweet_is_repeated_from_its_page_and_needs_other_words(world: World, staff: Staff) -> None:
    first, marketer = make_tweet(world, make_place(world)).tweet, staff("marketer")
    answer = press(marketer, f"/tweets/{first.id}", "Repeat it", {"every": "week", "count": "2"})
    assert answer.status_code == 303
    calendar = opened(marketer, answer.location)
    [item] = [a for a in calendar.select(".cal-item") if "Needs its words" in a.get_text()][:1]
    assert "give it other words" in opened(marketer, str(item["href"])).get_text()
    refused = press(marketer, f"/tweets/{first.id}", "Repeat it", {"every": "week", "count": "99"})
    assert (refused.status_code, "12" in told_beside(soup(refused), "How often")) == (422, True)


def test_the_same_words_are_refused_with_the_earlier_tweet_shown(world: World, staff: Staff) -> None:
    place, marketer = make_place(world), staff("marketer")
    earlier = make_tweet(world, place, "Six Fridays {link}", scheduled_at="2026-11-24T08:05", zone="Europe/Paris").tweet
    path = f"/tweets/new?campaign_id={place.campaign_id}"
    typed = {"text": "Six Fridays {link}", "scheduled_at": "2026-11-25T12:30"}
    page = soup(press(marketer, path, "Schedule the tweet", typed))
    [link] = page.select("#text-error a")
    assert (link["href"], "Six Fridays" in link.get_text()) == (f"/tweets/{earlier.id}", True)
    second = make_tweet(world, place, "Six Fridays {link}").tweet
    told = soup(press(marketer, f"/tweets/{second.id}", "Publish now"))
    assert told.select(f'.notice a[href="/tweets/{earlier.id}"]')
