"""The sales desk: leads with what each is owed to, the same for pages, the API and downloads."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from campaigns.capturing import leads
from campaigns.capturing.leads import LEAD_STATES, Lead, LeadFilter
from campaigns.capturing.persons import Person
from campaigns.capturing.touches import Touch
from campaigns.crediting.paths import TWEET_EVIDENCE
from campaigns.kernel import keysets
from campaigns.kernel.codes import is_id
from campaigns.kernel.errors import problem
from campaigns.kernel.keysets import Slice
from campaigns.measuring import journeys
from campaigns.measuring.conversions import last_touch
from campaigns.measuring.figures import real
from campaigns.measuring.journeys import LeadCredit
from campaigns.planning.campaigns import Campaign
from campaigns.planning.pages import Page
from campaigns.publishing.tweets import Tweet

NOBODY = "none"
"""As a view's tweet: the leads that no tweet is credited with."""

MOST_COUNTED = 1_000
"""A count stops here: who needs more than “1,000+” downloads them."""

NAMES = ("name", "full_name", "nom", "nom_complet")
FIRST_NAMES, LAST_NAMES = ("first_name", "firstname", "prenom"), ("last_name", "lastname", "nom", "surname")


@dataclass(frozen=True)
class View(LeadFilter):
    """Which leads; `tweet_id` those that a tweet is credited with, or NOBODY's: as many as the ledger says."""

    tweet_id: str | None = None


@dataclass(frozen=True)
class Row:
    """A lead as lists and downloads show it. `tweet` is the one it is credited to, `first` that of its first visit."""

    lead: Lead
    email: str
    campaign: str
    page: str
    credit: LeadCredit
    tweet: Tweet | None
    first: Tweet | None

    @property
    def title(self) -> str:
        """What to call the lead: its name when the form asked for one, else its address."""
        return name_of(self.lead.answers) or self.email

    @property
    def subtitle(self) -> str:
        """What tells it from others of the same name."""
        return about(self.lead.answers, self.title)


def name_of(answers: Sequence[dict[str, Any]]) -> str:
    """A lead's name among its answers; empty when it gave none.

    >>> name_of([{"name": "prenom", "kind": "text", "value": "Zoé"}, {"name": "nom", "kind": "text", "value": "Riou"}])
    'Zoé Riou'
    """
    told = {answer["name"]: str(answer["value"]) for answer in answers}
    first = next((told[name] for name in FIRST_NAMES if name in told), "")
    last = next((told[name] for name in LAST_NAMES if name in told), "")
    if first:
        return f"{first} {last}".strip()
    whole = next((told[name] for name in NAMES if name in told), "")
    return whole or next((str(answer["value"]) for answer in answers if answer["kind"] == "name"), last)


def about(answers: Sequence[dict[str, Any]], title: str) -> str:
    """The first short answer that isn't part of the name or an address; empty when there is none.

    >>> about([{"name": "school", "kind": "company", "value": "École Diwan"}], "zoe@ecole.fr")
    'École Diwan'
    """
    short = (str(answer["value"]) for answer in answers if answer["kind"] in ("company", "text", "choice"))
    return next((value for value in short if value not in title), "")


def conditions(session: Session, view: View, lookback_days: int) -> list[ColumnElement[bool]]:
    """The view as SQL. Raises invalid as leads.conditions, and `tweet_missing`."""
    found = leads.conditions(view)
    if not view.tweet_id:
        return found
    touch = aliased(Touch)
    credited = [
        touch.id == last_touch(session, Lead.person_id, Lead.created_at, lookback_days),
        touch.evidence.in_(TWEET_EVIDENCE),
    ]
    if view.tweet_id == NOBODY:
        return [*found, ~exists().where(*credited, touch.tweet_id.is_not(None)).correlate(Lead)]
    if not is_id(view.tweet_id):
        raise problem("invalid", "tweet_missing", "tweet_id")
    # first by the tweet's own index: few persons ever touched it, and only of those the last touch is looked up
    touched = select(Touch.person_id).where(Touch.tweet_id == view.tweet_id)
    owed = exists().where(*credited, touch.tweet_id == view.tweet_id).correlate(Lead)
    return [*found, Lead.person_id.in_(touched), owed]


def listed() -> Select[Lead, str, str, str]:
    """Leads with the words that stand beside them."""
    return (
        select(Lead, Person.email, Campaign.name, Page.slug)
        .join(Person, Person.id == Lead.person_id)
        .join(Campaign, Campaign.id == Lead.campaign_id)
        .join(Page, Page.id == Lead.page_id)
    )


def list_page(
    session: Session, view: View, *, lookback_days: int, before: str | None = None, limit: int = keysets.LIMIT
) -> Slice[Row]:
    """Leads, newest first. Raises invalid for a view or a cursor that can't be. Queries: 4."""
    wanted = listed().where(*conditions(session, view, lookback_days))
    if before:
        wanted = wanted.where(keysets.after(Lead.created_at, Lead.id, before))
    wanted = wanted.order_by(Lead.created_at.desc(), Lead.id.desc()).limit(limit + 1)
    found = keysets.cut(session.execute(wanted).all(), limit, lambda row: (row[0].created_at, row[0].id))
    return Slice(rows_of(session, found.items, lookback_days), found.next)


def find(session: Session, lead_id: str, *, lookback_days: int) -> Row:
    """One lead. Raises missing (`lead_missing`). Queries: 4."""
    found = session.execute(listed().where(Lead.id == lead_id)).all() if is_id(lead_id) else []
    if not found:
        raise problem("missing", "lead_missing")
    return rows_of(session, found, lookback_days)[0]


def rows_of(session: Session, found: Sequence[Any], lookback_days: int) -> list[Row]:
    """What `listed` gave, with credits and tweets. Queries: 3, however many."""
    owed = journeys.lead_credit(session, [row[0].id for row in found], lookback_days=lookback_days)
    wanted = {each for credit in owed.values() for each in (credit.tweet_id, credit.first_tweet_id) if each}
    tweets: dict[str | None, Tweet] = {
        tweet.id: tweet for tweet in session.scalars(select(Tweet).where(Tweet.id.in_(wanted)))
    }
    rows = []
    for lead, email, campaign, slug in found:
        credit = owed[lead.id]
        tweet, first = tweets.get(credit.tweet_id), tweets.get(credit.first_tweet_id)
        rows.append(Row(lead, email, campaign, slug, credit, tweet, first))
    return rows


def count(session: Session, view: View, *, lookback_days: int, most: int = MOST_COUNTED) -> int:
    """How many leads a view has; most + 1 says that there are more than that. Queries: 1."""
    return session.scalar(_counted(session, view, lookback_days, most)) or 0


def count_states(session: Session, view: View, *, lookback_days: int) -> dict[str, int]:
    """How many leads of each state a view would have, and under "" of all, each up to MOST_COUNTED + 1. Queries: 1."""
    states = ("", *LEAD_STATES)
    each = [
        _counted(session, replace(view, state=state or None), lookback_days, MOST_COUNTED).scalar_subquery()
        for state in states
    ]
    return dict(zip(states, session.execute(select(*each)).one(), strict=True))


def _counted(session: Session, view: View, lookback_days: int, most: int) -> Select[int]:
    some = select(Lead.id).where(*conditions(session, view, lookback_days)).limit(most + 1).subquery()
    return select(func.count()).select_from(some)


def any_lead(session: Session) -> bool:
    """Whether there is a lead at all. Queries: 1."""
    return session.scalar(select(Lead.id).limit(1)) is not None


def count_between(session: Session, since: datetime, until: datetime, *, rehearsal: bool) -> int:
    """Leads that came after a moment, up to another. Queries: 1."""
    when = (Lead.created_at > since, Lead.created_at <= until)
    return session.scalar(select(func.count()).select_from(Lead).where(*when, *real(Lead.rehearsed, rehearsal))) or 0


def campaign_names(session: Session, ids: Collection[str] = ()) -> list[tuple[str, str]]:
    """Campaigns to choose from, the newest 200 and those named, by id and name. Queries: 1."""
    newest = select(Campaign.id).order_by(Campaign.created_at.desc(), Campaign.id.desc()).limit(200)
    named = [each for each in ids if is_id(each)]
    wanted = select(Campaign.id, Campaign.name).where(Campaign.id.in_(newest) | Campaign.id.in_(named))
    return [(row.id, row.name) for row in session.execute(wanted.order_by(Campaign.created_at.desc()))]


def tweet_of(session: Session, view: View) -> Tweet | None:
    """The tweet that a view is of, if it is there."""
    is_one = view.tweet_id and view.tweet_id != NOBODY and is_id(view.tweet_id)
    return session.get(Tweet, view.tweet_id) if is_one else None
