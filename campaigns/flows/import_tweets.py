"""Many tweets are made at once, from lines of CSV, or none of them. A dry run is the run, rolled back."""

from datetime import datetime

from sqlalchemy.orm import Session

from campaigns.kernel.db import take_turns
from campaigns.kernel.errors import Fault, Problem, problem
from campaigns.kernel.sheets import Wrong
from campaigns.planning import campaigns, offers
from campaigns.planning.campaigns import Campaign
from campaigns.publishing import accounts, batches
from campaigns.publishing.accounts import Usual
from campaigns.publishing.batches import Batch, Line
from campaigns.settings import Settings
from campaigns.tracking import linked
from campaigns.world import World


class _UndoneError(Exception):
    """Nothing of it stays."""


def import_tweets(
    world: World, campaign_id: str, text: str, zone: str, *, who: str, user_id: str | None = None,
    approves: bool = False, dry_run: bool = True,
) -> Batch:  # fmt: skip
    """The tweets of a file in one transaction; none when anything is wrong with a line, or for a dry run.

    Sent again, those that are planned are refused as the same words (`tweet_duplicate`).

    Raises missing (`campaign_missing`), invalid (`links_none`, `tweets_too_many`).
    """
    now, batch = world.clock.now(), Batch()
    must_ask = world.settings.approval == "required" and not approves
    usual = Usual(world.publisher.rehearses, world.settings.has_x_account)
    try:
        with world.db.write() as session:
            take_turns(session, "words")
            campaign = campaigns.find(session, campaign_id)
            known = offers.list_of(session, campaign.id)
            batch = batches.read(world.settings, text, zone, known, accounts.list_of(session), now)
            for line in batch.lines:
                try:
                    if line.plan and must_ask:
                        raise problem("conflict", "approval_needed", "scheduled_at")
                    _make(session, world.settings, campaign, line, usual, who=who, user_id=user_id, now=now)
                except Problem as refused:
                    batch.wrong += [Wrong(line.number, _in_column(fault)) for fault in refused.faults]
            if batch.wrong or dry_run:
                raise _UndoneError
        batch.is_made = True
    except _UndoneError:
        pass
    return batch


def _make(
    session: Session, settings: Settings, campaign: Campaign, line: Line, usual: Usual, *, who: str,
    user_id: str | None, now: datetime,
) -> None:  # fmt: skip
    tweet = linked.make(
        session, settings, campaign, line.offer.id, line.text, now, who=who, user_id=user_id,
        account_id=line.account_id, reply_settings=line.reply_settings, linkless=line.linkless,
    )  # fmt: skip
    if line.plan is None:
        return
    rehearsed = accounts.rehearses(session, line.account_id, usual)
    linked.schedule(session, tweet, line.plan, rehearsed=rehearsed, who=who, now=now)


def _in_column(fault: Fault) -> Fault:
    """Beside its column: the account is named by its handle there, the page by its offer."""
    column = "offer" if fault.code == "no_page_online" else "account" if fault.field == "account_id" else fault.field
    return Fault(column, fault.code, fault.values)
