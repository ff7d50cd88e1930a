"""The staff look at what was rehearsed: the tweets as X would show them, the mails, and what happened around them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from campaigns.capturing import leads
from campaigns.capturing.leads import LeadFilter
from campaigns.kernel.errors import problem
from campaigns.kernel.keysets import Slice
from campaigns.people import users
from campaigns.planning import pages, papers
from campaigns.planning.pages import Page
from campaigns.planning.papers import Paper
from campaigns.ports import Account, Post, Rehearsal, RehearsedCheckout, RehearsedMail
from campaigns.tracking import links, rollups, targets
from campaigns.world import World

A_PAGE, LATEST = 20, 12


@dataclass(frozen=True)
class Reader:
    """Who looks. A mail to a member may hold the key to an account: only that member and administrators see it."""

    email: str
    is_admin: bool

    def may_read(self, mail: RehearsedMail, members: Collection[str]) -> bool:
        """Whether the mail is theirs to read; `members`: the addresses of all."""
        to = {users.normal(address) for address in mail.to.split(",")}
        return self.is_admin or to.isdisjoint(members) or users.normal(self.email) in to


@dataclass(frozen=True)
class Pinned:
    """A tweet on the wall. `page` is what its card shows; none: its link leads elsewhere, or nowhere."""

    post: Post
    tweet_id: str | None
    clicks: int
    page: Page | None
    paper: Paper | None
    host: str


@dataclass(frozen=True)
class Happening:
    """Something that happened around the tweets: `about` says what in the words of whoever did it."""

    at: datetime
    what: Literal["posted", "form", "mail", "till"]
    about: str
    key: str


@dataclass(frozen=True)
class Wall:
    """A page of tweets, newest first, and the latest happenings."""

    account: Account | None
    tweets: Slice[Pinned]
    happenings: list[Happening]


def look_at_wall(world: World, reader: Reader, before: str | None = None) -> Wall:
    """The wall. Raises missing (`not_found`) where nothing rehearses. Queries: 3, and 4 for each tweet."""
    rehearsal = _rehearsal(world)
    posts = rehearsal.posts(A_PAGE + 1, before)
    mails, checkouts = rehearsal.mails(LATEST), rehearsal.checkouts(LATEST)
    account = world.publisher.whoami() if world.publisher.rehearses else None
    own = links.url(world.settings, "")
    with world.db.read() as session:
        tweets = [_pinned(session, post, own, world.settings.public_host) for post in posts[:A_PAGE]]
        members = _members(session)
        forms = leads.list_page(session, LeadFilter(), limit=LATEST).items
    found = [
        *(Happening(post.posted_at, "posted", post.text, post.x_id) for post in posts[:A_PAGE] if not before),
        *(Happening(each.lead.created_at, "form", each.email, each.lead.id) for each in forms if each.lead.rehearsed),
        *(Happening(mail.sent_at, "mail", mail.subject, mail.id) for mail in mails if reader.may_read(mail, members)),
        *(Happening(each.opened_at, "till", each.title, each.id) for each in checkouts),
    ]
    latest = sorted(found, key=lambda each: each.at, reverse=True)[:LATEST]
    return Wall(account, Slice(tweets, tweets[-1].post.x_id if len(posts) > A_PAGE else None), latest)


def _pinned(session: Session, post: Post, own: str, host: str) -> Pinned:
    """A tweet with its card, as X would make it of our page."""
    code = next((url.removeprefix(own) for url in post.urls if url.startswith(own)), "")
    found = targets.destination(session, code) if code else None
    if found is None:
        return Pinned(post, None, 0, None, None, "")
    clicks, link = rollups.by_class(session, found.link.id).get("human", 0), found.link
    if link.disabled_at or link.target or not found.page_slug:
        return Pinned(post, link.tweet_id, clicks, None, None, _host(link.target) if link.target else "")
    page = pages.find_by_slug(session, found.page_slug)
    return Pinned(post, link.tweet_id, clicks, page, papers.get(session, page.offer_id), host)


def look_in_mailbox(world: World, reader: Reader, before: str | None = None) -> Slice[RehearsedMail]:
    """The mails that this reader may see, newest first. Raises missing (`not_found`) where nothing rehearses."""
    found = _rehearsal(world).mails(A_PAGE + 1, before)
    with world.db.read() as session:
        members = _members(session)
    shown = [mail for mail in found[:A_PAGE] if reader.may_read(mail, members)]
    return Slice(shown, found[A_PAGE - 1].id if len(found) > A_PAGE else None)


def open_mail(world: World, reader: Reader, mail_id: str) -> RehearsedMail:
    """One mail. Raises missing (`not_found`) for one that isn't there, or isn't this reader's."""
    mail = _rehearsal(world).mail(mail_id)
    with world.db.read() as session:
        members = _members(session)
    if mail is None or not reader.may_read(mail, members):
        raise problem("missing", "not_found")
    return mail


def find_checkout(world: World, checkout_id: str) -> RehearsedCheckout:
    """A payment at the till. Raises missing (`not_found`), also when payments don't rehearse any more."""
    found = _rehearsal(world).checkout(checkout_id) if world.payments.rehearses else None
    if found is None:
        raise problem("missing", "not_found")
    return found


def list_checkouts(world: World, before: str | None = None) -> Slice[RehearsedCheckout]:
    """The payments at the till, newest first. Raises missing (`not_found`) where nothing rehearses."""
    found = _rehearsal(world).checkouts(A_PAGE + 1, before)
    return Slice(found[:A_PAGE], found[A_PAGE - 1].id if len(found) > A_PAGE else None)


def _rehearsal(world: World) -> Rehearsal:
    if world.rehearsal is None:
        raise problem("missing", "not_found")
    return world.rehearsal


def _members(session: Session) -> set[str]:
    return {user.email for user in users.list_all(session)}


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
