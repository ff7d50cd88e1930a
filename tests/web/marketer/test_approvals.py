"""Approval in the pages: asked for from a tweet, answered without an account, or by an administrator."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from campaigns.world import World
from tests.conftest import signed_in
from tests.makers.capturing import mails_of
from tests.makers.pressed import opened, press, soup, told_beside
from tests.makers.publishing import make_place, make_tweet, tweet_of
from tests.web.doors import csrf
from web import create_app

Staff = Callable[..., FlaskClient]
ASKED = {"email": "ines@feuillet.example", "note": "Is it right?", "scheduled_at": "2026-11-24T12:30"}


def proposed(world: World, marketer: FlaskClient) -> tuple[str, str]:
    """A tweet that was proposed, and the link in the mail."""
    tweet = make_tweet(world, make_place(world)).tweet
    assert press(marketer, f"/tweets/{tweet.id}", "Propose it", ASKED).status_code == 303
    found = re.search(r"(/approve/\S+)", mails_of(world)[-1]["text"])
    assert found
    return tweet.id, found[1]


def test_a_stranger_with_the_link_accepts_and_the_tweet_is_planned(
    world: World, staff: Staff, client: FlaskClient
) -> None:
    marketer = staff("marketer")
    tweet_id, link = proposed(world, marketer)
    page = client.get(link)
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "private, no-store")
    assert "Is it right?" in page.text
    assert "/l/" in page.text
    assert tweet_of(world, tweet_id).state == "proposed"  # looking changes nothing
    done = client.post(link, data={"do": "accept"})
    assert "It goes out at its time" in done.text
    assert tweet_of(world, tweet_id).state == "scheduled"
    assert client.get(link).status_code == client.post(link, data={"do": "accept"}).status_code == 410


def test_changes_are_asked_for_in_words_which_the_tweet_s_page_shows(
    world: World, staff: Staff, client: FlaskClient
) -> None:
    marketer = staff("marketer")
    tweet_id, link = proposed(world, marketer)
    refused = client.post(link, data={"do": "changes", "note": ""})
    assert refused.status_code == 422
    assert "Write something here" in told_beside(soup(refused), "What you would say")
    client.post(link, data={"do": "changes", "note": "<b>Shorter</b>"})
    page = marketer.get(f"/tweets/{tweet_id}").text
    assert "ines@feuillet.example asks for changes." in page
    assert "&lt;b&gt;Shorter" in page


def test_another_site_s_form_answers_nothing(world: World, staff: Staff, client: FlaskClient) -> None:
    tweet_id, link = proposed(world, staff("marketer"))
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert client.post(link, data={"do": "accept"}, headers=headers).status_code == 403
    assert tweet_of(world, tweet_id).state == "proposed"


def test_an_administrator_answers_signed_in_and_a_marketer_may_not(world: World, staff: Staff) -> None:
    marketer, admin = staff("marketer"), staff("admin")
    tweet_id, _ = proposed(world, marketer)
    assert "A tweet waits to be accepted" in opened(admin, "/").get_text()
    assert "Accept" not in [b.get_text(strip=True) for b in opened(marketer, f"/tweets/{tweet_id}").select("button")]
    forbidden = marketer.post(f"/tweets/{tweet_id}/accept", data={"csrf_token": csrf(marketer)})
    assert forbidden.status_code == 403
    assert press(admin, f"/tweets/{tweet_id}", "Accept").status_code == 303
    assert tweet_of(world, tweet_id).state == "scheduled"


def test_a_proposal_is_withdrawn(world: World, staff: Staff, client: FlaskClient) -> None:
    marketer = staff("marketer")
    tweet_id, link = proposed(world, marketer)
    assert press(marketer, f"/tweets/{tweet_id}", "Withdraw the proposal").status_code == 303
    assert (tweet_of(world, tweet_id).state, client.get(link).status_code) == ("draft", 410)


def test_what_is_wrong_is_said_and_what_was_typed_stays(world: World, staff: Staff) -> None:
    tweet = make_tweet(world, make_place(world)).tweet
    answer = press(staff("marketer"), f"/tweets/{tweet.id}", "Propose it", ASKED | {"email": "nobody"})
    assert answer.status_code == 422
    assert "name@school.fr" in told_beside(soup(answer), "Who is asked")
    assert "Is it right?" in answer.text


def test_where_it_is_required_the_composer_proposes(world: World) -> None:
    strict = replace(world, settings=world.settings.model_copy(update={"approval": "required"}))
    marketer = signed_in(create_app(strict), strict, "marketer")
    path = f"/tweets/new?campaign_id={make_place(strict).campaign_id}"
    buttons = {each.get_text(strip=True) for each in opened(marketer, path).select(".acts button")}
    assert buttons == {"Save and propose", "Save the draft"}
    answer = press(marketer, path, "Save and propose", {"text": "Six {link}", "scheduled_at": "2026-11-24T12:30"})
    assert "#propose" in answer.location
    shown = opened(marketer, answer.location.partition("#")[0])
    assert shown.select_one('#propose input[name="scheduled_at"]')["value"] == "2026-11-24T12:30"  # type: ignore[index]


@pytest.mark.parametrize("locale,word", [("en", "waits for your word"), ("fr", "attend votre accord")])
def test_the_letter_is_in_the_language_of_whoever_asks(world: World, staff: Staff, locale: str, word: str) -> None:
    marketer = staff("marketer", locale=locale)
    tweet = make_tweet(world, make_place(world)).tweet
    press(marketer, f"/tweets/{tweet.id}", {"en": "Propose it", "fr": "Le proposer"}[locale], ASKED)
    assert word in mails_of(world)[-1]["subject"]


def test_machines_propose_and_administrators_machines_answer(world: World, api: Callable[..., FlaskClient]) -> None:
    marketer, admin = api("marketer"), api("admin")
    tweet = make_tweet(world, make_place(world)).tweet
    path = f"/api/v1/tweets/{tweet.id}"
    assert marketer.post(f"{path}/propose", json={"email": ASKED["email"]}).get_json()["state"] == "proposed"
    assert marketer.post(f"{path}/approve", json={}).status_code == 403
    assert admin.post(f"{path}/ask-changes", json={"note": "Shorter"}).get_json()["state"] == "draft"
    marketer.post(f"{path}/propose", json={"email": ASKED["email"]})
    assert marketer.post(f"{path}/withdraw").get_json()["state"] == "draft"
    marketer.post(f"{path}/propose", json={"email": ASKED["email"]})
    assert admin.post(f"{path}/approve", json={}).get_json()["state"] == "approved"
