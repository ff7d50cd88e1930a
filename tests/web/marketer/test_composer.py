"""The composer: X's count, now or at a time, and what is wrong beside the field."""

import io
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from campaigns.ports import Account
from campaigns.publishing import tweets
from campaigns.publishing.tweets import Tweet
from campaigns.world import World
from tests.makers.planning import make_campaign, make_coupon, make_page, picture_bytes
from tests.makers.pressed import field, opened, press, soup, told_beside
from tests.makers.publishing import Place, make_account, make_place, make_tweet, tweet_of
from tests.web.doors import csrf

Staff = Callable[..., FlaskClient]
TEXT = "Nine-year-olds, six Fridays: {link}"


def written(world: World, location: str) -> Tweet:
    return tweet_of(world, location.split("/tweets/")[1][:36])


def test_a_draft_is_kept(world: World, staff: Staff) -> None:
    place, marketer = make_place(world), staff("marketer")
    path = f"/tweets/new?campaign_id={place.campaign_id}"
    assert field(opened(marketer, path), "Text").get_text().strip() == "{link}"
    answer = press(marketer, path, "Save the draft", {"text": TEXT})
    assert answer.status_code == 303
    tweet = written(world, answer.location)
    assert (tweet.state, tweet.text) == ("draft", TEXT)


def test_a_tweet_is_scheduled_in_her_own_zone(world: World, staff: Staff) -> None:
    place = make_place(world)
    path = f"/tweets/new?campaign_id={place.campaign_id}"
    answer = press(staff("marketer"), path, "Schedule the tweet", {"text": TEXT, "scheduled_at": "2026-11-24T12:30"})
    tweet = written(world, answer.location)
    assert (tweet.state, tweet.zone, tweet.local_time) == ("scheduled", "Europe/Paris", "2026-11-24T12:30")
    assert tweet.scheduled_at
    assert tweet.scheduled_at.isoformat() == "2026-11-24T11:30:00+00:00"


def test_a_tweet_is_published_now(world: World, staff: Staff) -> None:
    place = make_place(world)
    answer = press(staff("marketer"), f"/tweets/new?campaign_id={place.campaign_id}", "Publish now", {"text": TEXT})
    tweet = written(world, answer.location)
    assert tweet.state == "scheduled"
    assert tweet.due_at == world.clock.now()


@pytest.mark.parametrize(
    "typed,label,told",
    [
        ({"text": "No link"}, "Text", "Write {link} where the link goes"),
        ({"text": "{link} and {link}"}, "Text", "once only"),
        ({"text": "é" * 280 + " {link}"}, "Text", "take out 24"),
        ({"text": TEXT, "scheduled_at": ""}, "Day and time", "Write something here"),
        ({"text": TEXT, "scheduled_at": "2020-01-01T10:00"}, "Day and time", "is past"),
        ({"text": TEXT, "scheduled_at": "2027-03-28T02:30"}, "Day and time", "the clocks skip it"),
        ({"text": TEXT, "scheduled_at": "2026-12-01T10:00", "zone": "Mars/Base"}, "Time zone", "no time zone"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    world: World, staff: Staff, typed: dict[str, str], label: str, told: str
) -> None:
    place = make_place(world)
    path = f"/tweets/new?campaign_id={place.campaign_id}"
    typed = {"scheduled_at": "2026-12-01T10:00"} | typed
    answer = press(staff("marketer"), path, "Schedule the tweet", typed)
    page = soup(answer)
    assert answer.status_code == 422
    assert told in told_beside(page, label)
    assert field(page, "Text").get_text().strip() == typed["text"]
    assert field(page, "Day and time").get("value", "") == typed["scheduled_at"]


def test_the_text_and_the_time_are_told_at_once(world: World, staff: Staff) -> None:
    place = make_place(world)
    path = f"/tweets/new?campaign_id={place.campaign_id}"
    page = soup(press(staff("marketer"), path, "Schedule the tweet", {"text": "", "scheduled_at": ""}))
    assert told_beside(page, "Text")
    assert told_beside(page, "Day and time")


def test_without_a_page_online_a_tweet_is_a_draft_at_most(world: World, staff: Staff) -> None:
    place, marketer = make_place(world, online=False), staff("marketer")
    path = f"/tweets/new?campaign_id={place.campaign_id}"
    assert "has no page online" in opened(marketer, path).get_text()
    refused = press(marketer, path, "Publish now", {"text": TEXT})
    assert refused.status_code == 422
    assert "the link would lead nowhere" in soup(refused).select_one("#errors").get_text()  # type: ignore[union-attr]
    assert field(soup(refused), "Text").get_text().strip() == TEXT
    assert press(marketer, path, "Save the draft", {"text": TEXT}).status_code == 303


def test_the_count_is_shown_without_a_script_and_asked_for_with_one(world: World, staff: Staff) -> None:
    place, marketer = make_place(world), staff("marketer")
    path = f"/tweets/new?campaign_id={place.campaign_id}"
    page = soup(press(marketer, path, "Count and preview", {"text": "Read it: {link}"}))
    assert "32 of 280" in page.select_one("#count").get_text()  # type: ignore[union-attr]
    assert page.select_one("#drawn").get_text() == "Read it:"  # type: ignore[union-attr]
    token = page.select_one("[name=csrf_token]")["value"]  # type: ignore[index]
    headers = {"X-CSRF-Token": str(token)}
    asked = marketer.post("/tweets/count", data={"text": "🙂" * 141 + "{link}"}, headers=headers)
    assert "305 of 280" in soup(asked).get_text()
    assert "ring-over" in asked.text
    assert marketer.post("/tweets/count", data={"text": "x"}).status_code == 403


def test_the_card_is_drawn_as_x_will(world: World, staff: Staff) -> None:
    place = make_place(world)
    page = opened(staff("marketer"), f"/tweets/new?campaign_id={place.campaign_id}")
    card = page.select_one(f"[data-card='{place.offer_id}']")
    assert card
    assert card.select_one("img")["src"].startswith("/p/le-guide/card.jpg")  # type: ignore[index, union-attr]
    assert card.get_text(" ", strip=True) == "Le guide From localhost"


def test_the_card_s_title_is_what_the_page_s_own_tags_tell(world: World, staff: Staff) -> None:
    offer = make_coupon(world)
    page = make_page(
        world,
        offer,
        headline="Un journal d’école en six vendredis, de la première idée à l’imprimeur, sans rien oublier",
    )
    marketer = staff("marketer")
    landing = opened(marketer, f"/p/{page.slug}")
    title, image = (landing.select_one(f'meta[name="twitter:{name}"]')["content"] for name in ("title", "image"))  # type: ignore[index]
    card = opened(marketer, f"/tweets/new?campaign_id={offer.campaign_id}").select_one(".x-card")
    assert card
    assert card.select_one("b").get_text() == title  # type: ignore[union-attr]
    assert len(str(title)) == 70
    path = str(card.select_one("img")["src"]).partition("?")[0]  # type: ignore[index]
    assert str(image).partition("?")[0].endswith(path)


def test_a_planned_tweet_is_changed_moved_and_taken_back(world: World, staff: Staff) -> None:
    found = make_tweet(world, scheduled_at="2026-11-24T12:30", zone="UTC")
    path, marketer = f"/tweets/{found.tweet.id}/edit", staff("marketer")
    page = opened(marketer, path)
    assert field(page, "Day and time")["value"] == "2026-11-24T12:30"
    assert page.select_one("#zone option[selected]")["value"] == "UTC"  # type: ignore[index]
    assert press(marketer, path, "Save the changes", {"text": "Other {link}"}).status_code == 303
    kept = tweet_of(world, found.tweet.id)
    assert (kept.text, kept.state, kept.scheduled_at) == ("Other {link}", "scheduled", found.tweet.scheduled_at)
    press(marketer, path, "Save the changes", {"scheduled_at": "2026-11-25T08:00"})
    assert tweet_of(world, found.tweet.id).local_time == "2026-11-25T08:00"
    press(marketer, path, "Make it a draft again", {"text": "Third {link}"})
    kept = tweet_of(world, found.tweet.id)
    assert (kept.text, kept.state, kept.scheduled_at) == ("Third {link}", "draft", None)


def test_a_tweet_that_has_gone_out_is_not_edited(world: World, staff: Staff) -> None:
    found, marketer = make_tweet(world), staff("marketer")
    press(
        marketer,
        f"/tweets/{found.tweet.id}",
        "It is posted",
        {"url": "https://x.com/feuillet/status/1985012345678901234"},
    )
    assert marketer.get(f"/tweets/{found.tweet.id}/edit").status_code == 302


def test_which_campaign_is_asked_when_there_are_several(world: World, staff: Staff) -> None:
    one, marketer = make_campaign(world, name="One"), staff("marketer")
    assert marketer.get("/tweets/new").location == f"/tweets/new?campaign_id={one.id}"
    make_campaign(world, name="Two")
    page = opened(marketer, "/tweets/new")
    assert [each.get_text() for each in page.select("main h2 a")] == ["Two", "One"]


def test_an_offer_of_another_campaign_is_refused(world: World, staff: Staff) -> None:
    place, other = make_place(world), make_coupon(world)
    path = f"/tweets/new?campaign_id={place.campaign_id}"
    answer = press(staff("marketer"), path, "Save the draft", {"text": TEXT, "offer_id": other.id})
    assert "no such offer" in told_beside(soup(answer), "Offer")


def sent(marketer: FlaskClient, place: Place, **typed: str) -> TestResponse:
    """The composer's form with as many parts as a person added."""
    data = {"csrf_token": csrf(marketer), "offer_id": place.offer_id} | typed
    return marketer.post(f"/tweets/new?campaign_id={place.campaign_id}", data=data)


def test_a_thread_is_written_part_by_part_and_planned_as_one(world: World, staff: Staff) -> None:
    place, marketer = make_place(world), staff("marketer")
    path = f"/tweets/new?campaign_id={place.campaign_id}"
    more = soup(press(marketer, path, "Add a part", {"text": "Un"}))
    assert field(more, "Part 2").get_text().strip() == ""
    typed = {
        "text": "Un",
        "part_1": "Deux {link}",
        "part_2": " ",
        "part_3": "Trois",
        "scheduled_at": "2026-11-24T12:30",
    }
    answer = sent(marketer, place, do="schedule", zone="Europe/Paris", **typed)
    first = written(world, answer.location)
    with world.db.read() as session:
        thread = tweets.parts(session, first)
    assert [(each.text, each.part, each.state) for each in thread] == [
        ("Un", 1, "scheduled"), ("Deux {link}", 2, "scheduled"), ("Trois", 3, "scheduled")
    ]  # fmt: skip
    assert [each.due_at is None for each in thread] == [False, True, True]
    page = marketer.get(answer.location).text
    assert "The thread" in page
    assert page.count("Scheduled") >= 3


def test_what_is_wrong_with_a_part_stands_beside_it(world: World, staff: Staff) -> None:
    answer = sent(staff("marketer"), make_place(world), do="draft", text=TEXT, part_1="é" * 300)
    assert answer.status_code == 422
    assert "take out 20" in told_beside(soup(answer), "Part 2")


def test_a_long_text_is_split_where_a_reader_breathes(world: World, staff: Staff) -> None:
    path = f"/tweets/new?campaign_id={make_place(world).campaign_id}"
    long = f"{'a' * 150}.\n\n{'b' * 150}. {'c' * 150}.\n\n{{link}}"
    page = soup(press(staff("marketer"), path, "Split into a thread", {"text": long}))
    shown = [field(page, name).get_text().strip() for name in ("Text", "Part 2", "Part 3")]
    assert shown == [f"{'a' * 150}.", f"{'b' * 150}.", f"{'c' * 150}.\n\n{{link}}"]


def test_without_its_link_a_tweet_may_go_out_and_costs_less(world: World, staff: Staff) -> None:
    place, marketer = make_place(world), staff("marketer")
    path = f"/tweets/new?campaign_id={place.campaign_id}"
    typed = {"text": "Le code MERCI", "linkless": "y", "poll_options": "Oui\nNon", "poll_minutes": "60"}
    tweet = written(world, press(marketer, path, "Save the draft", typed).location)
    assert (tweet.linkless, tweet.poll) == (True, {"options": ["Oui", "Non"], "minutes": 60})
    bare, linked = (
        marketer.post("/tweets/count", data={"text": text, "csrf_token": csrf(marketer)}).text
        for text in ("Le code MERCI", TEXT)
    )
    assert "$0.015" in bare
    assert "$0.20" in linked


def test_without_a_time_a_tweet_without_its_link_lacks_the_time_alone(world: World, staff: Staff) -> None:
    path = f"/tweets/new?campaign_id={make_place(world).campaign_id}"
    typed = {"text": "Le code MERCI", "linkless": "y", "scheduled_at": ""}
    page = soup(press(staff("marketer"), path, "Schedule the tweet", typed))
    assert "Write something here" in told_beside(page, "Day and time")
    assert field(page, "Text").get("aria-invalid") is None


def test_a_tweet_is_given_to_an_account_that_was_connected(world: World, staff: Staff) -> None:
    account = make_account(world, "rehearsal", Account("w1", "feuillet_test", "Feuillet"))
    path, marketer = f"/tweets/new?campaign_id={make_place(world).campaign_id}", staff("marketer")
    answer = press(marketer, path, "Publish now", {"text": TEXT, "account_id": account.id})
    tweet = written(world, answer.location)
    assert (tweet.account_id, tweet.rehearsed) == (account.id, True)
    gone = press(marketer, path, "Publish now", {"text": "Autre {link}", "account_id": "x"})
    assert "no such account" in told_beside(soup(gone), "Account")


def test_the_same_words_twice_are_refused_before_x_would(world: World, staff: Staff) -> None:
    place, marketer = make_place(world), staff("marketer")
    path = f"/tweets/new?campaign_id={place.campaign_id}"
    press(marketer, path, "Publish now", {"text": TEXT})
    answer = press(marketer, path, "Publish now", {"text": TEXT})
    assert answer.status_code == 422
    assert "change some words" in told_beside(soup(answer), "Text")


def test_pictures_are_added_to_a_draft_described_and_taken_out(world: World, staff: Staff) -> None:
    place, marketer = make_place(world), staff("marketer")
    path = f"/tweets/new?campaign_id={place.campaign_id}"
    answer = press(marketer, path, "Add pictures or a film", {"text": TEXT})
    assert "#media-head" in answer.location
    edit = answer.location.partition("?")[0]
    files = {"media": (io.BytesIO(picture_bytes()), "cat.png"), "alt": "A cat", "csrf_token": csrf(marketer)}
    action = edit.replace("/edit", "/media")
    assert marketer.post(action, data=files, content_type="multipart/form-data").status_code == 303
    page = opened(marketer, edit)
    [picture] = page.select(".media img")
    shown = marketer.get(str(picture["src"]))
    assert shown.content_type == "image/png"
    assert shown.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert page.select_one("#cards .shows img")
    assert not page.select_one("#cards .x-card")
    assert press(marketer, edit, "Save the words", {"alt": "A white cat"}).status_code == 303
    assert opened(marketer, edit).select(".media img")[0]["alt"] == "A white cat"
    assert press(marketer, edit, "Remove").status_code == 303
    assert not opened(marketer, edit).select(".media img")
    assert press(marketer, edit, "Add the link as a QR").status_code == 303
    assert len(opened(marketer, edit).select(".media img")) == 1


def test_a_file_that_x_would_not_show_is_refused_beside_its_field(world: World, staff: Staff) -> None:
    tweet, marketer = make_tweet(world).tweet, staff("marketer")
    files = {"media": (io.BytesIO(b"%PDF-1.7"), "cat.png"), "alt": "A cat", "csrf_token": csrf(marketer)}
    answer = marketer.post(f"/tweets/{tweet.id}/media", data=files, content_type="multipart/form-data")
    assert answer.status_code == 422
    page = soup(answer)
    assert "X shows JPEG" in told_beside(page, "Picture or film")
    assert field(page, "Text").get_text().strip() == tweet.text
    assert (
        "Write something here" in marketer.post(f"/tweets/{tweet.id}/media", data={"csrf_token": csrf(marketer)}).text
    )


def test_a_draft_gets_further_links_that_its_words_then_name(world: World, staff: Staff) -> None:
    place, marketer = make_place(world), staff("marketer")
    answer = press(marketer, f"/tweets/new?campaign_id={place.campaign_id}", "Add another link", {"text": TEXT})
    assert "#links-head" in answer.location
    edit = answer.location.partition("?")[0]
    wrong = press(marketer, edit, "Make the link", {"target": "javascript:alert(1)"})
    assert wrong.status_code == 422
    assert told_beside(soup(wrong), "Or another address")
    assert press(marketer, edit, "Make the link", {"target": "https://journal.example/une-ecole"}).status_code == 303
    [listed] = opened(marketer, edit).select(".further li")
    assert "{link2}" in listed.get_text()
    assert "journal.example" in listed.get_text()
    assert press(marketer, edit, "Save the draft", {"text": f"{TEXT} and {{link3}}"}).status_code == 422
    assert press(marketer, edit, "Save the draft", {"text": f"{TEXT} and {{link2}}"}).status_code == 303
    kept = press(marketer, edit, "Remove")
    assert kept.status_code == 422
    assert "out of the words first" in kept.text
    assert "journal.example" in str(opened(marketer, edit.removesuffix("/edit")).select_one(".further"))


def test_its_link_stands_as_a_chip_with_its_tags_and_hashtags_are_marked(world: World, staff: Staff) -> None:
    tweet, marketer = make_tweet(world, text="For #school & <b>@zoe</b> {link}"), staff("marketer")
    page = opened(marketer, f"/tweets/{tweet.tweet.id}/edit")
    chips = [each.get_text() for each in page.select(".edit-link .chip")]
    assert chips[0] == tweet.url
    assert f"utm_content=t-{tweet.tweet.key}" in chips
    assert [each.get_text() for each in page.select("#drawn .tag")] == ["#school", "@zoe"]
    assert "<b>@zoe" not in str(page.select_one("#drawn"))
