"""What is stored of a request for a short link: its class, what it proves, and enough to tell its source again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from campaigns.flows.drain_hits import drain_hits
from campaigns.tracking import sources
from campaigns.tracking.hits import Agent, Hit
from campaigns.tracking.links import CHANNELS, Channel, Link
from campaigns.tracking.requests import kept_text
from campaigns.tracking.rollups import LinkDay, LinkHour
from campaigns.tracking.sources import LinkSource
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import make_tweet
from tests.makers.tracking import FIREFOX, X_IPHONE

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
VIEW = "Mozilla/5.0 (Linux; Android 15; Pixel 9; wv) AppleWebKit/537.36 Version/4.0 Chrome/137.0 Mobile Safari/537.36"
INSTAGRAM = f"{VIEW} Instagram 384.0.0.35.95 Android"


def made_link(world: World, channel: str = "x_organic", source: str = "twitter", medium: str = "social") -> Link:
    link = make_tweet(world).link
    with world.db.write() as session:
        changed = session.get_one(Link, link.id)
        changed.channel, changed.source, changed.medium = channel, source, medium  # type: ignore[assignment]
    return link


def open_link(client: FlaskClient, link: Link, *, method: str = "GET", query: str = "", **headers: str) -> int:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    path = f"/l/{link.code}" + (f"?{query}" if query else "")
    return client.open(path, method=method, headers=sent).status_code


def stored(world: World, link: Link) -> list[Hit]:
    drain_hits(world)
    with world.db.read() as session:
        return list(session.scalars(select(Hit).where(Hit.link_id == link.id).order_by(Hit.at, Hit.id)))


def told(hit: Hit, link: LinkSource) -> tuple[str, str, str, str]:
    """Source, medium, channel and evidence, told again from what was stored."""
    referrer = f"https://{hit.referrer}/" if hit.referrer else None
    source = sources.tell(link, referrer=referrer, own_hosts=frozenset({"localhost"}))
    return source.source, source.medium, source.channel, source.evidence


@pytest.mark.reference
def test_each_followed_link_of_the_reference_is_stored_as_expected(
    client: FlaskClient, staff: Callable[..., FlaskClient], world: World, reference: Path
) -> None:
    read = json.loads((reference / "attribution/source_cases.json").read_text())
    cases = read["cases"]
    member = staff("marketer")
    faults = []
    followed = [case for case in cases if case["request"]["link"]]
    for case in followed:
        asked, expected = case["request"], case["expect"]
        tags = asked["link"]["utm"]
        link = made_link(world, asked["link"]["channel"], tags["source"], tags["medium"])
        headers = {"User-Agent": asked["ua"] or "", **asked["headers"]}
        if asked["referrer"]:
            headers["Referer"] = asked["referrer"].replace(read["own_hosts"][0], "localhost")
        by = member if asked["logged_in_user"] else client
        open_link(by, link, method=asked["method"], query=asked["query"], **headers)
        [hit] = stored(world, link)
        found = {
            **dict(
                zip(
                    ("source", "medium", "channel", "evidence"),
                    told(hit, LinkSource(asked["link"]["channel"], tags["source"], tags["medium"])),
                    strict=True,
                )
            ),
            "counted": hit.klass == "human",
            "not_counted_because": None if hit.klass == "human" else hit.klass,
            "identifier": expected.get("identifier", True) and hit.visitor is not None,
        }
        wanted = {"identifier": True} | expected
        if differing := {key: (value, wanted.get(key)) for key, value in found.items() if value != wanted.get(key)}:
            faults.append((case["name"], differing))
        if hit.evidence != expected["evidence"]:
            faults.append((case["name"], {"stored": (hit.evidence, expected["evidence"])}))
    assert faults == []
    assert len(followed) > 10


@pytest.mark.reference
def test_each_agent_of_the_reference_is_stored_as_a_machine_or_a_person(
    client: FlaskClient, world: World, reference: Path
) -> None:
    read = json.loads((reference / "attribution/ua_cases.json").read_text())
    link = made_link(world)
    for case in (*read["bots"], *read["humans"]):
        open_link(client, link, User_Agent=case["ua"].encode().decode("latin-1"))
    hits = stored(world, link)
    with world.db.read() as session:
        texts = dict(session.execute(select(Agent.id, Agent.text)).all())
    judged = {texts[hit.agent_id] if hit.agent_id else "": hit.klass for hit in hits}
    expected = dict.fromkeys((kept_text(case["ua"]) for case in read["bots"]), "bot")
    expected |= dict.fromkeys((kept_text(case["ua"]) for case in read["humans"]), "human")
    assert judged == expected


def test_the_swarm_after_a_tweet_is_no_click_and_four_hits_of_machines(
    client: FlaskClient, world: World, clock: HandClock
) -> None:
    link = made_link(world)
    assert open_link(client, link, User_Agent="Twitterbot/1.0") == 302
    for agent in (FIREFOX, "", X_IPHONE):
        clock.advance(seconds=1)
        assert open_link(client, link, method="HEAD", User_Agent=agent) == 302
    assert [hit.klass for hit in stored(world, link)] == ["bot"] * 4
    clock.advance(seconds=1)
    open_link(client, link, User_Agent=FIREFOX, Referer="https://t.co/AbC")
    assert [hit.klass for hit in stored(world, link)] == ["bot"] * 4 + ["human"]
    with world.db.read() as session:
        [hour] = session.scalars(select(LinkHour)).all()
        machines = dict(session.execute(select(LinkDay.value, LinkDay.hits).where(LinkDay.what == "machine")).all())
    assert (hour.human, hour.bot) == (1, 4)
    assert machines == {"Twitterbot": 1, "bot": 3}


@pytest.mark.parametrize(
    "headers,klass",
    [
        ({"Purpose": "prefetch"}, "prefetch"),
        ({"Sec-Purpose": "prefetch;prerender"}, "prefetch"),
        ({"Sec-Purpose": "prefetch; anonymous-client-ip"}, "prefetch"),
        ({"X-Purpose": "preview"}, "preview"),
        ({"X-Purpose": ": preview"}, "preview"),
        ({"X-Moz": "Prefetch"}, "prefetch"),
        ({"Purpose": ""}, "human"),
        ({"Sec-Fetch-Dest": "document"}, "human"),
        ({"DNT": "1"}, "human"),
    ],
)
def test_a_page_that_nobody_looks_at_yet_is_no_click(
    client: FlaskClient, world: World, headers: dict[str, str], klass: str
) -> None:
    link = made_link(world)
    open_link(client, link, User_Agent=FIREFOX, **headers)
    assert [hit.klass for hit in stored(world, link)] == [klass]


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST", "PUT"])
def test_only_a_get_can_be_a_click(client: FlaskClient, world: World, method: str) -> None:
    link = made_link(world)
    open_link(client, link, method=method, User_Agent=FIREFOX, Referer="https://t.co/AbC")
    [hit] = stored(world, link)
    assert (hit.klass, hit.method, hit.evidence) == ("bot", method, "link+x")


@pytest.mark.parametrize("agent", ["", " ", "\t"])
def test_who_says_nothing_is_a_machine(client: FlaskClient, world: World, agent: str) -> None:
    link = made_link(world)
    open_link(client, link, User_Agent=agent)
    assert [hit.klass for hit in stored(world, link)] == ["bot"]


def test_an_agent_of_ten_thousand_characters_is_a_hit_and_kept_short(client: FlaskClient, world: World) -> None:
    link = made_link(world)
    open_link(client, link, User_Agent=FIREFOX + " x" * 5_000)
    assert [hit.klass for hit in stored(world, link)] == ["human"]
    with world.db.read() as session:
        [agent] = session.scalars(select(Agent.text)).all()
    assert len(agent) == 500


def test_a_member_is_internal_whatever_else_the_request_says(
    staff: Callable[..., FlaskClient], client: FlaskClient, world: World
) -> None:
    link = made_link(world)
    open_link(staff("sales"), link, User_Agent=FIREFOX, Referer="https://t.co/AbC")
    open_link(client, link, User_Agent=FIREFOX, Referer="https://t.co/AbC")
    hits = stored(world, link)
    assert sorted(hit.klass for hit in hits) == ["human", "internal"]


OF_X = [
    "https://t.co/AbC", "http://t.co/", "https://T.CO/AbC", "https://t.co:443/AbC", "https://t.co./AbC",
    "https://x.com.", "https://x.com/feuillet/status/1", "https://www.x.com/", "https://mobile.x.com/",
    "https://twitter.com/", "https://mobile.twitter.com/", "HTTPS://X.COM/", "https://someone@x.com/",
    "android-app://com.twitter.android/", "android-app://com.twitter.android", "android-app://com.twitter.android.lite/",
]  # fmt: skip
OF_OTHERS = [
    "https://t.co.evil.example/", "https://evil.example/t.co", "https://t.co@evil.example/", "https://nott.co/",
    "https://x.com.evil.example/", "https://xx.com/", "https://pro.x.com.example/", "https://х.com/",
    "https://xn--t-0da.co/", "https://twitter.com-evil.example/", "https://m.facebook.com/", "https://lnkd.in/",
    "android-app://com.twitter.android.evil/", "android-app://com.facebook.katana/", "https://mail.google.com/",
]  # fmt: skip
OF_NOBODY = [
    "", "t.co", "//t.co/", "ftp://t.co/", "javascript:alert('t.co')", "https://", "https://[t.co/", "about:blank",
    "https://t%2eco/", "https://x.com../",
]  # fmt: skip


@pytest.mark.parametrize(
    "referrer,evidence",
    [*((each, "link+x") for each in OF_X), *((each, "link+other") for each in OF_OTHERS),
     *((each, "link") for each in OF_NOBODY)],
)  # fmt: skip
def test_a_tweets_link_is_xs_only_when_x_sent_it(
    client: FlaskClient, world: World, referrer: str, evidence: str
) -> None:
    link = made_link(world)
    open_link(client, link, User_Agent=FIREFOX, Referer=referrer.encode().decode("latin-1"))
    [hit] = stored(world, link)
    assert (hit.klass, hit.evidence) == ("human", evidence)
    assert hit.referrer is None or (hit.referrer.isascii() and "/" not in hit.referrer)


@pytest.mark.parametrize(
    "agent,evidence,host",
    [
        (X_IPHONE, "link+x", "twitter.com"),
        (X_IPHONE.replace("iPhone;", "iPad;").replace("for iPhone", "for iPad"), "link+x", "twitter.com"),
        (f"{VIEW} TwitterAndroid", "link+x", "twitter.com"),
        (INSTAGRAM, "link+other", "instagram.com"),
        (f"{PHONE} [FBAN/FBIOS;FBAV/512.0.0.44.71;FBBV/1]", "link+other", "facebook.com"),
        (f"{PHONE} [LinkedInApp]/9.30.1", "link+other", "linkedin.com"),
        (FIREFOX, "link", None),
    ],
)
def test_an_apps_own_browser_tells_where_the_link_was_when_no_referrer_does(
    client: FlaskClient, world: World, agent: str, evidence: str, host: str | None
) -> None:
    link = made_link(world)
    open_link(client, link, User_Agent=agent)
    [hit] = stored(world, link)
    assert (hit.klass, hit.evidence, hit.referrer) == ("human", evidence, host)


def test_a_referrer_beats_the_app_it_is_read_in(client: FlaskClient, world: World) -> None:
    link = made_link(world)
    open_link(client, link, User_Agent=INSTAGRAM, Referer="https://t.co/AbC")
    [hit] = stored(world, link)
    assert (hit.evidence, hit.referrer) == ("link+x", "t.co")


WHENCE = {
    "nowhere": "", "x": "https://t.co/AbC", "mail": "https://mail.google.com/mail/u/0/",
    "webmail": "https://webmail.ac-lyon.example/", "site": "https://blog.example/post",
    "facebook": "https://m.facebook.com/", "ourselves": "http://localhost/p/guide",
}  # fmt: skip
EXPECTED = {
    "x": ("link", "link+x", "link+other", "link+other", "link+other", "link+other", "link"),
    "mailed": ("link", "link+other", "link", "link", "link+other", "link+other", "link"),
    "elsewhere": ("link", "link+other", "link", "link", "link", "link", "link"),
}


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_link_proves_itself_where_its_channel_is_opened(client: FlaskClient, world: World, channel: Channel) -> None:
    kind = "x" if channel.startswith("x_") else "mailed" if channel in sources.MAILED else "elsewhere"
    found = []
    for place, referrer in enumerate(WHENCE.values()):
        link = made_link(world, channel, *CHANNELS[channel])
        open_link(client, link, User_Agent=FIREFOX, **({"Referer": referrer} if referrer else {}))
        [hit] = stored(world, link)
        found.append(hit.evidence)
        assert told(hit, LinkSource(channel, *CHANNELS[channel]))[3] == hit.evidence, place
    assert dict(zip(WHENCE, found, strict=True)) == dict(zip(WHENCE, EXPECTED[kind], strict=True))


def test_what_a_link_brings_from_elsewhere_is_its_spillover(client: FlaskClient, world: World) -> None:
    link = made_link(world, "newsletter", "newsletter", "email")
    open_link(client, link, User_Agent=FIREFOX, Referer="https://t.co/AbC")
    [hit] = stored(world, link)
    mailed: Any = LinkSource("newsletter", "newsletter", "email")
    assert told(hit, mailed) == ("twitter", "social", "newsletter_spillover", "link+other")
    with world.db.read() as session:
        sent_by = session.scalars(select(LinkDay.value).where(LinkDay.what == "source")).all()
    assert sent_by == ["link+other t.co"]
