"""Several links in one post: each counts for the tweet, leads where it was made for, and finds the post again."""

from datetime import timedelta

import pytest

from campaigns.crediting.models import Lens
from campaigns.flows.edit_tweet import add_link, delete, edit_tweet, remove_link
from campaigns.flows.plan_tweet import publish
from campaigns.flows.publish_due import publish_due
from campaigns.flows.repeat_tweet import repeat_tweet
from campaigns.kernel.errors import Problem
from campaigns.measuring import funnels
from campaigns.measuring.questions import Asked
from campaigns.planning import campaigns, offers
from campaigns.publishing import tweets, weights
from campaigns.tracking import linked, links
from campaigns.tracking.linked import Further
from campaigns.tracking.rewriting import Wanted
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.planning import make_coupon, make_page
from tests.makers.publishing import Place, make_place, make_tweet, takes_in_silence, tweet_of, with_x
from tests.makers.tracking import follow

ARTICLE = "https://journal.example/une-ecole?page=2"
BOTH = "Le guide {link} ou l’article {link2}"


@pytest.fixture
def place(world: World) -> Place:
    return make_place(world)


def another_offer(world: World, place: Place, *, online: bool = True) -> str:
    with world.db.read() as session:
        campaign = campaigns.find(session, place.campaign_id)
    offer = make_coupon(world, campaign)
    if online:
        make_page(world, offer)
    return offer.id


def urls_of(world: World, tweet_id: str) -> dict[int, str]:
    with world.db.read() as session:
        return linked.urls_of(world.settings, links.all_of_tweets(session, [tweet_id])[tweet_id])


def codes(refused: pytest.ExceptionInfo[Problem]) -> list[str]:
    return [fault.code for fault in refused.value.faults]


def test_a_tweet_leads_to_its_offer_and_to_somebody_elses_page(world: World, place: Place) -> None:
    made = make_tweet(world, place, BOTH, further=(Further(target=ARTICLE),))
    publish(world, made.tweet.id, who="Léa")
    publish_due(world, "w")
    urls = urls_of(world, made.tweet.id)
    assert tweet_of(world, made.tweet.id).posted_text == f"Le guide {urls[1]} ou l’article {urls[2]}"
    target = follow(world, made.links[2].code)
    assert target
    assert target.startswith(f"{ARTICLE}&utm_source=twitter")
    assert f"utm_content=t-{made.tweet.key}" in target


def test_what_is_opened_by_any_of_them_counts_for_the_tweet(world: World, place: Place) -> None:
    made = make_tweet(world, place, BOTH, further=(Further(another_offer(world, place)),))
    for link in made.links.values():
        follow(world, link.code)
    with world.db.read() as session:
        report = funnels.report(
            session, campaigns.find(session, place.campaign_id), Asked(Lens(), "UTC", rehearsal=True)
        )
    [row] = report.rows
    assert (row.key, row.figures.clicks, row.code) == (made.tweet.id, 2, made.link.code)


@pytest.mark.parametrize(
    "text,further,fault",
    [
        ("Un {link2}", (Further(target=ARTICLE),), "link_missing"),
        (BOTH, (), "link_nowhere"),
        ("{link} {link2} {link2}", (Further(target=ARTICLE),), "link_twice"),
        ("Un {link}", (Further(target=ARTICLE),), "link_unused"),
        ("{link} ou{link2}", (Further(target=ARTICLE),), "link_glued"),
        (BOTH, (Further(),), "target_or_offer"),
        (BOTH, (Further(target="javascript:alert(1)"),), "target_malformed"),
        (BOTH, (Further("0193a1b2-0000-7000-8000-00000000000a"),), "offer_missing"),
    ],
)
def test_a_link_that_cannot_be_is_refused_and_nothing_is_made(
    world: World, place: Place, text: str, further: tuple[Further, ...], fault: str
) -> None:
    with pytest.raises(Problem) as refused:
        make_tweet(world, place, text, further=further)
    assert fault in codes(refused)
    with world.db.read() as session:
        assert linked.list_page(session, world.settings, world.clock.now()).items == []


def test_each_link_counts_as_an_address_and_the_price_stays_that_of_one_post(world: World, place: Place) -> None:
    made = make_tweet(world, place, BOTH, further=(Further(target=ARTICLE),))
    alone = "Le guide {link} ou l’article"
    assert made.weight == weights.weigh(alone).weight + 1 + weights.URL_WEIGHT
    assert made.price_micros == make_tweet(world, place, "Seul {link}").price_micros


def test_a_curated_link_needs_no_landing_page(world: World) -> None:
    place = make_place(world, online=False)
    made = make_tweet(world, place, "À lire : {link2}", linkless=True, further=(Further(target=ARTICLE),))
    publish(world, made.tweet.id, who="Léa")
    publish_due(world, "w")
    assert tweet_of(world, made.tweet.id).state == "sent"


def test_a_tweet_waits_for_the_page_of_each_offer_it_leads_to(world: World, place: Place) -> None:
    offer = another_offer(world, place, online=False)
    made = make_tweet(world, place, BOTH, further=(Further(offer),))
    with pytest.raises(Problem) as refused:
        publish(world, made.tweet.id, who="Léa")
    assert codes(refused) == ["no_page_online"]
    with world.db.read() as session:
        found = offers.find(session, offer)
    make_page(world, found)
    assert publish(world, made.tweet.id, who="Léa").tweet.state == "scheduled"


def test_one_is_added_written_and_taken_away_again(world: World, place: Place) -> None:
    tweet_id = make_tweet(world, place, "Un {link}").tweet.id
    assert add_link(world, tweet_id, Further(target=ARTICLE)).place == 2
    edit_tweet(world, tweet_id, Wanted(text=BOTH), who="Léa")
    with pytest.raises(Problem) as refused:
        remove_link(world, tweet_id, 2)
    assert codes(refused) == ["link_in_text"]
    edit_tweet(world, tweet_id, Wanted(text="Un {link}"), who="Léa")
    remove_link(world, tweet_id, 2)
    assert urls_of(world, tweet_id).keys() == {1}
    for place_ in (1, 2, 9):
        with pytest.raises(Problem) as refused:
            remove_link(world, tweet_id, place_)
        assert codes(refused) == ["link_unknown"]


def test_there_are_four_at_most_and_a_gap_is_filled(world: World, place: Place) -> None:
    tweet_id = make_tweet(world, place, "Un {link}").tweet.id
    assert [add_link(world, tweet_id, Further(target=ARTICLE)).place for _ in range(3)] == [2, 3, 4]
    with pytest.raises(Problem) as refused:
        add_link(world, tweet_id, Further(target=ARTICLE))
    assert codes(refused) == ["links_too_many_here"]
    remove_link(world, tweet_id, 3)
    assert add_link(world, tweet_id, Further(target=ARTICLE)).place == 3


def test_one_that_was_opened_stays(world: World, place: Place) -> None:
    tweet_id = make_tweet(world, place, "Un {link}").tweet.id
    follow(world, add_link(world, tweet_id, Further(target=ARTICLE)).code)
    for deed in (lambda: remove_link(world, tweet_id, 2), lambda: delete(world, tweet_id)):
        with pytest.raises(Problem) as refused:
            deed()
        assert codes(refused) == ["tweet_followed"]


def test_what_went_out_gets_no_more(world: World, place: Place) -> None:
    tweet_id = make_tweet(world, place, "Un {link}").tweet.id
    publish(world, tweet_id, who="Léa")
    publish_due(world, "w")
    with pytest.raises(Problem) as refused:
        add_link(world, tweet_id, Further(target=ARTICLE))
    assert codes(refused) == ["tweet_gone_out"]


def test_a_tweet_comes_again_with_links_of_its_own(world: World, place: Place) -> None:
    made = make_tweet(world, place, BOTH, further=(Further(target=ARTICLE),))
    [again] = repeat_tweet(world, made.tweet.id, "week", 1, "Europe/Paris", who="Léa")
    assert again.links[2].target == ARTICLE
    assert {link.code for link in again.links.values()}.isdisjoint(link.code for link in made.links.values())
    edit_tweet(world, again.tweet.id, Wanted(text=f"Encore : {BOTH}"), who="Léa")


def test_one_without_its_own_link_is_found_on_the_timeline_by_a_further_one(
    world: World, place: Place, clock: HandClock
) -> None:
    talking, x = with_x(world, takes_in_silence)
    made = make_tweet(talking, place, "À lire : {link2}", linkless=True, further=(Further(target=ARTICLE),))
    publish(talking, made.tweet.id, who="Léa")
    publish_due(talking, "w")
    clock.advance(seconds=timedelta(minutes=2).total_seconds())
    publish_due(talking, "w")
    assert tweet_of(talking, made.tweet.id).state == "sent"
    assert len(x.posted) == 1


def test_what_was_written_before_there_were_further_links_goes_out_as_it_stands(world: World, place: Place) -> None:
    made = make_tweet(world, place, "Un {link}")
    with world.db.write() as session:
        tweets.find(session, made.tweet.id, to_change=True).text = "Un {link} {link2}"
    publish(world, made.tweet.id, who="Léa")
    publish_due(world, "w")
    assert tweet_of(world, made.tweet.id).posted_text == f"Un {made.url} {{link2}}"


def test_parts_of_a_thread_each_have_those_in_their_words(world: World, place: Place) -> None:
    made = make_tweet(world, place, "Un {link}", parts=("Deux {link2}", "Trois"), further=(Further(target=ARTICLE),))
    with world.db.read() as session:
        parts = tweets.parts(session, tweets.find(session, made.tweet.id))
        found = linked.linked(session, world.settings, parts, world.clock.now())
    assert [sorted(each.links) for each in found] == [[1], [1, 2], [1]]
