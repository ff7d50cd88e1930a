"""Tweets, and an X of the tests that answers what it is told to."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from campaigns.flows.write_tweet import TweetDraft, write_tweet
from campaigns.kernel.db import forbid_open
from campaigns.planning import campaigns, offers, pages
from campaigns.planning.campaigns import CampaignDraft
from campaigns.planning.offers import OfferDraft
from campaigns.planning.pages import PageDraft
from campaigns.ports import PLAIN, Access, Account, Clock, Extras, Keys, Later, Post, Refused, Unknown
from campaigns.publishing import accounts, tweets
from campaigns.publishing.accounts import XAccount
from campaigns.publishing.tweets import Tweet, TweetChange
from campaigns.tracking.linked import LinkedTweet
from campaigns.world import World

TEXT = "Rentrée : le guide est là. {link}"


@dataclass(frozen=True)
class Place:
    """Where a tweet belongs."""

    campaign_id: str
    offer_id: str
    page_id: str


def make_place(world: World, *, online: bool = True) -> Place:
    """A campaign with a coupon and its page."""
    now = world.clock.now()
    with world.db.write() as session:
        campaign = campaigns.create(session, CampaignDraft(name="Rentrée", zone="Europe/Paris"), now)
        offer = offers.create(session, campaign, OfferDraft(kind="coupon", title="Moins 10 %", percent_off=10), now)
        page = pages.create(session, offer, PageDraft(locale="fr", headline="Le guide"), now)
        if online:
            pages.publish(session, page, now)
    return Place(campaign.id, offer.id, page.id)


def make_tweet(world: World, place: Place | None = None, text: str = TEXT, **more: Any) -> LinkedTweet:
    """A tweet as the marketer writes it; scheduled_at="…" plans it."""
    place = place or make_place(world)
    return write_tweet(world, TweetDraft(place.campaign_id, place.offer_id, text, **more), who="Léa Martin")


def due_tweets(world: World, count: int) -> list[LinkedTweet]:
    """Tweets that are due now."""
    place, now = make_place(world), world.clock.now().isoformat()
    return [make_tweet(world, place, f"Numéro {n} : {{link}}", scheduled_at=now) for n in range(count)]


def tweet_of(world: World, tweet_id: str) -> Tweet:
    """The tweet as it stands."""
    with world.db.read() as session:
        return tweets.find(session, tweet_id)


def story_of(world: World, tweet_id: str) -> list[str]:
    """Why it changed, each time."""
    with world.db.read() as session:
        return [change.why for change in tweets.history(session, tweet_id)]


def changes_of(world: World, tweet_id: str) -> list[TweetChange]:
    with world.db.read() as session:
        return tweets.history(session, tweet_id)


Answer = Callable[["TalkingX", str], Post]


class TalkingX:
    """X as tests want it: each POST is answered by the next of `answers`, then as if all were well.

    `shown` is the timeline, `posted` every text that X took, `asked` every text that it was sent.
    """

    def __init__(self, clock: Clock, answers: Iterable[Answer] = (), *, rehearses: bool = False) -> None:
        self.rehearses = rehearses
        self.clock, self.answers = clock, list(answers)
        self.asked: list[str] = []
        self.shown: list[Post] = []
        self.looks: list[datetime] = []
        self.extras: list[Extras] = []
        self.accesses: list[Access] = []
        self.look_answers: list[Exception | None] = []
        self.reposted: list[str] = []
        self.taken_back: list[str] = []
        self.repost_answers: list[Exception | None] = []
        self.delete_answers: list[Exception] = []
        self._lock = threading.Lock()

    @property
    def posted(self) -> list[str]:
        return [post.text for post in self.shown]

    def whoami(self) -> Account:
        return Account("1", "feuillet", "Feuillet")

    def of(self, access: Access) -> "TalkingX":
        """Each account that was asked for is the one that talks; who asked is told."""
        self.accesses.append(access)
        return self

    def post(self, text: str, extras: Extras = PLAIN) -> Post:
        forbid_open()
        with self._lock:
            self.asked.append(text)
            self.extras.append(extras)
            answer = self.answers.pop(0) if self.answers else takes
            return answer(self, text)

    def own_posts(self, since: datetime, *, metrics: bool = False) -> list[Post]:
        forbid_open()
        with self._lock:
            self.looks.append(since)
            if self.look_answers and (silence := self.look_answers.pop(0)):
                raise silence
            return [post for post in reversed(self.shown) if post.posted_at >= since]

    def repost(self, x_id: str) -> None:
        forbid_open()
        with self._lock:
            self.reposted.append(x_id)
            if self.repost_answers and (said := self.repost_answers.pop(0)):
                raise said

    def unrepost(self, x_id: str) -> None:
        self.taken_back.append(x_id)

    def delete(self, x_id: str) -> None:
        if self.delete_answers:
            raise self.delete_answers.pop(0)
        self.shown = [post for post in self.shown if post.x_id != x_id]


def takes(x: TalkingX, text: str) -> Post:
    """201: it is posted, the address behind t.co."""
    urls = tuple(word for word in text.split() if "/l/" in word)
    post = Post(str(1_985_000_000_000_000_000 + len(x.shown)), text, x.clock.now(), urls)
    x.shown.append(post)
    return replace(post)


def takes_in_silence(x: TalkingX, text: str) -> Post:
    """It is posted, and the answer is lost."""
    takes(x, text)
    raise Unknown("read timeout")


def loses(x: TalkingX, text: str) -> Post:
    """It isn't posted, and no answer comes."""
    raise Unknown("connection reset")


def refuses(code: str, detail: str = "") -> Answer:
    def answer(x: TalkingX, text: str) -> Post:
        raise Refused(code, detail)

    return answer


def waits(code: str, until: datetime | None = None) -> Answer:
    def answer(x: TalkingX, text: str) -> Post:
        raise Later(code, until=until)

    return answer


def with_x(world: World, *answers: Answer, rehearses: bool = False) -> tuple[World, TalkingX]:
    """The same world with an X that talks."""
    x = TalkingX(world.clock, answers, rehearses=rehearses)
    settings = world.settings if rehearses else world.settings.model_copy(update={"x_access_token": SecretStr("own")})
    return replace(world, settings=settings, publisher=x, publishers=x), x


def make_account(
    world: World, kind: accounts.Kind = "oauth1", whose: Account | None = None, keys: Keys | None = None
) -> XAccount:
    """An account that was connected."""
    whose = whose or Account("17", "feuillet", "Feuillet")
    with world.db.write() as session:
        return accounts.connect(
            session, world.vault, kind, whose, keys or Keys("token", "secret"), zone="Europe/Paris", user_id=None,
            now=world.clock.now(),
        )  # fmt: skip
