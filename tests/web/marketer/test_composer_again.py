"""The composer of a tweet that is there: all of it changes, and nobody writes over what they have not seen."""

from collections.abc import Callable

from flask.testing import FlaskClient

from campaigns.flows.edit_tweet import edit_tweet
from campaigns.ports import Account
from campaigns.publishing import tweets
from campaigns.tracking.rewriting import Wanted
from campaigns.world import World
from tests.makers.pressed import field, opened, press, soup, told_beside
from tests.makers.publishing import make_account, make_tweet, tweet_of
from tests.web.doors import csrf

Staff = Callable[..., FlaskClient]


def texts_of(world: World, tweet_id: str) -> list[str]:
    with world.db.read() as session:
        return [part.text for part in tweets.parts(session, tweets.find(session, tweet_id))]


def test_everything_about_a_draft_is_changed_in_one_go(world: World, staff: Staff) -> None:
    account = make_account(world, "rehearsal", Account("w1", "feuillet_test", "Feuillet"))
    made, marketer = make_tweet(world, parts=("Two", "Three")).tweet, staff("marketer")
    path = f"/tweets/{made.id}/edit"
    assert field(opened(marketer, path), "Part 3").get_text().strip() == "Three"
    typed = {
        "part_1": "Two, better", "part_2": " ", "account_id": account.id, "reply_settings": "following",
        "poll_options": "Yes\nNo", "poll_minutes": "60",
    }  # fmt: skip
    assert press(marketer, path, "Save the draft", typed).status_code == 303
    tweet = tweet_of(world, made.id)
    assert texts_of(world, made.id) == [made.text, "Two, better"]
    assert (tweet.account_id, tweet.reply_settings) == (account.id, "following")
    assert tweet.poll == {"options": ["Yes", "No"], "minutes": 60}


def test_a_part_is_added_to_a_draft_and_a_long_text_is_cut_before_those_behind_it(world: World, staff: Staff) -> None:
    made, marketer = make_tweet(world, parts=("Last",)).tweet, staff("marketer")
    path = f"/tweets/{made.id}/edit"
    page = soup(press(marketer, path, "Split into a thread", {"text": f"{'a' * 200}.\n\n{'b' * 200}. {{link}}"}))
    assert [field(page, f"Part {n}").get_text().strip() for n in (2, 3)] == [f"{'b' * 200}. {{link}}", "Last"]
    more = soup(press(marketer, path, "Add a part", {}))
    assert field(more, "Part 3").get_text().strip() == ""
    data = {"csrf_token": csrf(marketer), "do": "save", "text": made.text, "part_1": "Last", "part_2": "Very last"}
    assert marketer.post(path, data=data).status_code == 303
    assert texts_of(world, made.id) == [made.text, "Last", "Very last"]


def test_a_poll_of_another_length_and_an_account_that_went_stay_as_they_are(world: World, staff: Staff) -> None:
    account = make_account(world, "rehearsal", Account("w1", "feuillet_test", "Feuillet"))
    made = make_tweet(world, account_id=account.id, poll_options=("Yes", "No"), poll_minutes=45).tweet
    marketer = staff("admin")
    marketer.post(f"/settings/accounts/{account.id}/disconnect", data={"csrf_token": csrf(marketer)})
    press(marketer, f"/tweets/{made.id}/edit", "Save the draft", {"text": "Other words {link}"})
    tweet = tweet_of(world, made.id)
    assert (tweet.text, tweet.account_id) == ("Other words {link}", account.id)
    assert tweet.poll == made.poll


def test_what_somebody_wrote_meanwhile_is_not_written_over_unseen(world: World, staff: Staff) -> None:
    made, marketer = make_tweet(world).tweet, staff("marketer")
    path = f"/tweets/{made.id}/edit"
    was = opened(marketer, path).select_one("input[name=was]")
    assert was
    edit_tweet(world, made.id, Wanted(text="Hers {link}"), who="Inès")
    data = {"csrf_token": csrf(marketer), "do": "draft", "text": "Mine {link}", "was": str(was["value"])}
    refused = marketer.post(path, data=data)
    assert refused.status_code == 422
    page = soup(refused)
    assert "changed this tweet meanwhile" in told_beside(page, "Text")
    assert field(page, "Text").get_text().strip() == "Mine {link}"
    assert tweet_of(world, made.id).text == "Hers {link}"
    now = page.select_one("input[name=was]")
    assert now
    assert marketer.post(path, data=data | {"was": str(now["value"])}).status_code == 303
    assert tweet_of(world, made.id).text == "Mine {link}"


def test_the_bill_counts_every_part_that_is_written(staff: Staff) -> None:
    marketer = staff("marketer")
    data = {"csrf_token": csrf(marketer), "text": ["One {link}", "", "Two"]}
    told = soup(marketer.post("/tweets/bill", data=data)).get_text()
    assert "2 posts" in told
    assert "$0.215" in told
    assert "1 post" in soup(marketer.post("/tweets/bill", data={"csrf_token": csrf(marketer)})).get_text()
