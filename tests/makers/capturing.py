"""Forms sent by prospects, and what came of them."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

from sqlalchemy import func, select

from campaigns.capturing.leads import Lead
from campaigns.capturing.persons import Person
from campaigns.capturing.submissions import Consent, Submission
from campaigns.capturing.touches import Touch
from campaigns.flows.claim_offer import Form, claim_offer
from campaigns.kernel.db import Base
from campaigns.kernel.outbox import OutboxRow
from campaigns.planning.pages import Page
from campaigns.selling.claims import Claim
from campaigns.tracking.sights import Sight
from campaigns.world import World
from tests.makers.publishing import Place, make_tweet
from tests.makers.tracking import follow

T = TypeVar("T")
ZOE = "zoe@ecole.example"


def form(email: str = ZOE, *, ticked: tuple[str, ...] = (), via: str | None = None, **more: Any) -> Form:
    """What a prospect sends: other answers by their field's name; utm={…} for the tags of the address, member=True."""
    utm: Mapping[str, str] = more.pop("utm", {})
    member: bool = more.pop("member", False)
    return Form({"email": email, **more}, ticked, Sight(token=via, query=urlencode(utm), member=member))


def claim(world: World, page: Page, email: str = ZOE, **more: Any) -> Claim:
    """A form that was sent, and taken."""
    return claim_offer(world, page.id, form(email, **more))


def via_of_click(world: World, page: Page, campaign_id: str, **tweet: Any) -> tuple[str, str]:
    """A tweet of the page's offer, whose link somebody followed: its id, and the token that the click left."""
    made = make_tweet(world, Place(campaign_id, page.offer_id, page.id), **tweet)
    target = follow(world, made.link.code) or ""
    return made.tweet.id, parse_qs(urlsplit(target).query)["via"][0]


def lead_of(world: World, lead_id: str) -> Lead:
    with world.db.read() as session:
        return session.get_one(Lead, lead_id)


def rows_of(world: World, table: type[T]) -> list[T]:
    """All rows of a table, in the order of their keys."""
    with world.db.read() as session:
        return list(session.scalars(select(table).order_by("id")))


def count_of(world: World, *tables: type[Base]) -> list[int]:
    with world.db.read() as session:
        return [session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def mails_of(world: World) -> list[dict[str, Any]]:
    """The letters that are promised, oldest first."""
    return [row.payload for row in rows_of(world, OutboxRow) if row.kind == "mail"]


def at_once(count: int, work: Callable[[int], T]) -> list[T | Exception]:
    """The work done by so many threads that start together: what each gave or raised."""
    barrier = Barrier(count)

    def start(number: int) -> T | Exception:
        barrier.wait(10)
        try:
            return work(number)
        except Exception as failed:  # noqa: BLE001  the test looks at each
            return failed

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(start, range(count)))


CAPTURED: tuple[type[Base], ...] = (Person, Lead, Touch, Submission, Consent)
