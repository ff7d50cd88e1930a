"""A link is changed, closed or opened again; its QR follows."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from campaigns.people import audits
from campaigns.publishing import tweets
from campaigns.tracking import drafts, links
from campaigns.tracking.drafts import LinkDraft
from campaigns.tracking.links import Link
from campaigns.world import World


def change_link(
    world: World, link_id: str, change: Callable[[LinkDraft], LinkDraft], *, who: str, user_id: str | None = None,
    disabled: bool | None = None,
) -> Link:  # fmt: skip
    """The link as it is then.

    | argument | meaning |
    |---|---|
    | change | makes the new draft of the one that stands |
    | disabled | closes it, or opens it again, in the same transaction |

    Raises missing (`link_unknown`), invalid with every field's fault, conflict (`qr_follows`).
    """
    now = world.clock.now()
    with world.db.write() as session:
        link = links.find(session, link_id, to_change=True)
        before = drafts.draft_of(link)
        draft = change(before)
        if draft != before:
            if draft.target != before.target and link.tweet_id and world.settings.approval == "required":
                _turn(session, link.tweet_id, who, now)
            link = drafts.update(session, world.settings, link, draft, now)
            audits.note(session, "link.changed", now, who=who, user_id=user_id, subject=link.id, name=link.code)
        if disabled is not None:
            turn, action = (links.disable, "disabled") if disabled else (links.enable, "enabled")
            if turn(session, link.id, now):
                audits.note(session, f"link.{action}", now, who=who, user_id=user_id, subject=link.id, name=link.code)
            session.refresh(link)
        return link


def _turn(session: Session, tweet_id: str, who: str, now: datetime) -> None:
    """Where somebody must accept a tweet they accept where it leads, too: it is a draft again, unless it is out."""
    if tweets.find(session, tweet_id).state in tweets.WITH_US:
        tweets.turn(session, tweet_id, who=who, now=now, keeps_plan=False)
