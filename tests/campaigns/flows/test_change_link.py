"""Links of one's own: made, changed, closed and opened, with their QR, and by two at the same moment."""

import threading
from dataclasses import replace
from typing import Any

import pytest

from campaigns.flows.change_link import change_link
from campaigns.flows.make_link import make_link, make_qr
from campaigns.kernel.errors import Problem
from campaigns.people import audits
from campaigns.tracking import links
from campaigns.tracking.drafts import LinkDraft
from campaigns.tracking.links import Link
from campaigns.world import World
from tests.makers.publishing import make_place, make_tweet
from tests.makers.tracking import follow


def made(world: World, **more: Any) -> Link:
    draft = LinkDraft(**({"channel": "blog", "target": "https://a.example/"} | more))
    return make_link(world, make_place(world).campaign_id, draft, who="Léa")


def acts(world: World) -> list[str]:
    with world.db.read() as session:
        return [each.action for each in audits.list_page(session).items][::-1]


def found(world: World, link: Link) -> Link:
    with world.db.read() as session:
        return links.find(session, link.id)


def test_a_change_is_seen_by_the_next_visitor(world: World) -> None:
    link = made(world)
    assert (follow(world, link.code) or "").startswith("https://a.example/?")
    change_link(world, link.id, lambda draft: replace(draft, target="https://b.example/"), who="Léa")
    assert (follow(world, link.code) or "").startswith("https://b.example/?")
    assert acts(world) == ["link.made", "link.changed"]


def test_what_changes_nothing_is_not_written_down(world: World) -> None:
    link = made(world)
    change_link(world, link.id, lambda draft: draft, who="Léa", disabled=False)
    assert acts(world) == ["link.made"]
    assert found(world, link).updated_at == link.updated_at


def test_a_refused_change_leaves_all_as_it_was(world: World) -> None:
    link = made(world)
    with pytest.raises(Problem):
        change_link(
            world, link.id, lambda draft: replace(draft, target="ftp://x", name="Other"), who="Léa", disabled=True
        )
    assert (found(world, link).name, found(world, link).disabled_at) == (None, None)
    assert acts(world) == ["link.made"]


def test_a_cap_that_is_raised_opens_the_link_again(world: World) -> None:
    link = made(world, most_clicks=1)
    assert follow(world, link.code)
    assert follow(world, link.code, address="192.0.2.2") is None
    change_link(world, link.id, lambda draft: replace(draft, most_clicks=5), who="Léa")
    assert follow(world, link.code, address="192.0.2.3")
    change_link(world, link.id, lambda draft: replace(draft, most_clicks=2), who="Léa")
    assert follow(world, link.code, address="192.0.2.4") is None


def test_a_tweets_link_is_aimed_elsewhere_and_its_tweet_keeps_it(world: World) -> None:
    tweet = make_tweet(world)
    change_link(world, tweet.link.id, lambda draft: replace(draft, target="https://b.example/"), who="Léa")
    link = found(world, tweet.link)
    assert (link.tweet_id, link.content, link.channel) == (tweet.tweet.id, f"t-{tweet.tweet.key}", "x_organic")
    assert (follow(world, link.code) or "").startswith("https://b.example/?utm_source=twitter")


def test_a_qr_is_made_once_by_four_at_the_same_moment_and_follows(world: World) -> None:
    link, begin, came = made(world), threading.Barrier(4), list[Link]()

    def ask() -> None:
        begin.wait()
        came.append(make_qr(world, link.id, who="Léa"))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [code] = {each.code for each in came}
    change_link(world, link.id, lambda draft: replace(draft, target="https://b.example/", name="New"), who="Léa")
    assert (follow(world, code) or "").startswith("https://b.example/?utm_source=blog&utm_medium=qr")
    change_link(world, link.id, lambda draft: draft, who="Léa", disabled=True)
    assert follow(world, code) is None
    change_link(world, link.id, lambda draft: draft, who="Léa", disabled=False)
    assert follow(world, code)
    with pytest.raises(Problem) as refused:
        change_link(world, came[0].id, lambda draft: replace(draft, target="https://c.example/"), who="Léa")
    assert refused.value.faults[0].code == "qr_follows"


def test_a_code_that_two_want_at_the_same_moment_is_one_of_them(world: World) -> None:
    campaign_id, begin = make_place(world).campaign_id, threading.Barrier(4)
    draft, came = LinkDraft(target="https://a.example/", code="mine"), list[str]()

    def ask(name: str) -> None:
        begin.wait()
        try:
            came.append(make_link(world, campaign_id, draft, who=name).code)
        except Problem as refused:
            came.append(refused.faults[0].code)

    threads = [threading.Thread(target=ask, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came) == ["code_taken", "code_taken", "code_taken", "mine"]
