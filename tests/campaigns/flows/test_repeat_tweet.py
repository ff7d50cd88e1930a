"""Several wordings of a tweet, and tweets that come again in words of their own."""

from datetime import datetime

import pytest

from campaigns.flows.attach_media import attach, attach_qr
from campaigns.flows.edit_tweet import delete, edit_tweet
from campaigns.flows.plan_tweet import plan_tweet, publish
from campaigns.flows.publish_due import publish_due
from campaigns.flows.repeat_tweet import repeat_tweet
from campaigns.kernel.errors import Problem
from campaigns.publishing import agendas, families, media, tweets
from campaigns.tracking import links
from campaigns.tracking.linked import LinkedTweet
from campaigns.tracking.rewriting import Wanted
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.planning import picture_bytes
from tests.makers.publishing import make_place, make_tweet, tweet_of


@pytest.fixture
def sent(world: World) -> str:
    """One that went out, planned for five past eight in Paris."""
    made = make_tweet(world, make_place(world), scheduled_at="2026-11-03T08:05", zone="Europe/Paris")
    world.clock.set(datetime.fromisoformat("2026-11-03T07:05:00+00:00"))  # type: ignore[attr-defined]
    publish_due(world, "w")
    return made.tweet.id


def again(world: World, tweet_id: str, every: str = "week", count: int = 3) -> list[LinkedTweet]:
    return repeat_tweet(world, tweet_id, every, count, "UTC", who="Léa")


@pytest.mark.parametrize(
    "every,days",
    [
        ("week", ["10", "17", "24"]), ("two_weeks", ["17", "01", "15"]), ("four_weeks", ["01", "29", "26"]),
        ("month", ["03", "03", "03"]),
    ],
)  # fmt: skip
def test_it_comes_again_at_the_same_time_of_its_zone(world: World, sent: str, every: str, days: list[str]) -> None:
    made = again(world, sent, every)
    assert [each.tweet.local_time[8:] for each in made if each.tweet.local_time] == [f"{day}T08:05" for day in days]
    assert {(each.tweet.state, each.tweet.zone, each.tweet.series_id) for each in made} == {
        ("draft", "Europe/Paris", sent)
    }  # fmt: skip
    assert len({each.link.code for each in made}) == 3


def test_it_is_planned_once_its_words_are_others(world: World, sent: str) -> None:
    first, second, _ = again(world, sent)
    when = (first.tweet.local_time or "", "Europe/Paris")
    for refused in (
        lambda: plan_tweet(world, first.tweet.id, *when, who="Léa"), lambda: publish(world, first.tweet.id, who="Léa"),
    ):  # fmt: skip
        with pytest.raises(Problem, match="wording_needed"):
            refused()
    edit_tweet(world, first.tweet.id, Wanted(text="In other words {link}"), who="Léa")
    assert plan_tweet(world, first.tweet.id, *when, who="Léa").tweet.state == "scheduled"
    with pytest.raises(Problem, match="wording_needed"):  # of the series, not of the first alone
        plan_tweet(
            world,
            second.tweet.id,
            "2026-11-17T08:05",
            "Europe/Paris",
            who="Léa",
            wanted=Wanted(text="In other words {link}"),
        )
    assert tweet_of(world, second.tweet.id).state == "draft"


def test_it_stands_in_the_calendar_before_it_is_planned(world: World, sent: str) -> None:
    made = again(world, sent)
    with world.db.read() as session:
        found = agendas.between(
            session, datetime.fromisoformat("2026-11-09T00:00+00:00"), datetime.fromisoformat("2026-11-30T00:00+00:00")
        )
    assert [each.id for each in found] == [each.tweet.id for each in made]


def test_a_time_that_the_clocks_jump_over_comes_an_hour_later(world: World, clock: HandClock) -> None:
    clock.set(datetime.fromisoformat("2027-03-20T12:00:00+00:00"))
    made = make_tweet(world, make_place(world), scheduled_at="2027-03-21T02:30", zone="Europe/Paris")
    told = [each.tweet.local_time for each in again(world, made.tweet.id, count=2)]
    assert told == ["2027-03-28T03:30", "2027-04-04T02:30"]


@pytest.mark.parametrize("every,count,code", [("year", 3, "not_a_choice"), ("week", 0, "out_of_range"),
                                              ("week", 13, "out_of_range")])  # fmt: skip
def test_another_rhythm_and_too_often_are_refused(world: World, sent: str, every: str, count: int, code: str) -> None:
    with pytest.raises(Problem, match=code):
        again(world, sent, every, count)


def test_wordings_belong_to_the_first_whichever_they_were_written_from(world: World) -> None:
    place = make_place(world)
    first = make_tweet(world, place).tweet
    second = make_tweet(world, place, "Autrement : {link}", variant_of=first.id).tweet
    third = make_tweet(world, place, "Encore : {link}", variant_of=second.id).tweet
    with world.db.read() as session:
        told = [[each.id for each in families.variants(session, of)] for of in (first, second, third)]
    assert told == [[first.id, second.id, third.id]] * 3


@pytest.mark.parametrize("other", ["none", "0193a1b2-0000-7000-8000-00000000000a", "elsewhere"])
def test_a_wording_of_nothing_is_refused(world: World, other: str) -> None:
    place = make_place(world)
    if other == "elsewhere":
        other = make_tweet(world, make_place(world)).tweet.id
    with pytest.raises(Problem, match="tweet_missing"):
        make_tweet(world, place, variant_of=other)


def test_a_thread_comes_again_whole_with_its_poll_and_its_pictures(world: World) -> None:
    made = make_tweet(world, parts=("And more {link}",), poll_options=("Yes", "No"), scheduled_at="2026-11-03T08:05Z")
    picture = attach(world, made.tweet.id, picture_bytes(), "A shelf", who="Léa")
    attach_qr(world, made.tweet.id, who="Léa")
    first, second = again(world, made.tweet.id, count=2)
    qrs: list[str] = []
    with world.db.read() as session:
        for each in (first, second):
            parts = tweets.parts(session, each.tweet)
            assert [(part.part, part.text, part.state) for part in parts] == [
                (1, made.tweet.text, "draft"), (2, "And more {link}", "draft")
            ]  # fmt: skip
            assert parts[0].poll == made.tweet.poll
            shown, qr = media.list_of(session, each.tweet.id)
            assert (shown.key, shown.alt, shown.x_media_id) == (picture.key, "A shelf", None)
            assert qr.alt == links.url(world.settings, links.qr_code_of(session, each.tweet.id) or "")
            qrs.append(qr.key)
    assert all(world.files.get(key) for key in qrs)
    delete(world, first.tweet.id)
    assert world.files.get(picture.key)  # the others show it still
    for tweet_id in (second.tweet.id, made.tweet.id):
        delete(world, tweet_id)
    with pytest.raises(Problem, match="file_missing"):
        world.files.get(picture.key)


def test_asked_for_twice_it_comes_again_once_each_time(world: World, sent: str) -> None:
    first = again(world, sent)
    once_more = again(world, sent, count=4)
    assert [each.tweet.id for each in once_more[:3]] == [each.tweet.id for each in first]
    assert len({each.tweet.scheduled_at for each in once_more}) == 4
