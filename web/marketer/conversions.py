"""GET /conversions (what a figure counts) and /conversions/<id> (why it is whose)."""

from typing import Literal
from uuid import UUID

from flask import abort, render_template, request

from campaigns.capturing.conversions import KINDS, Kind
from campaigns.crediting.paths import TWEET_EVIDENCE
from campaigns.kernel.codes import is_id
from campaigns.measuring import whys
from campaigns.measuring.whys import Why
from campaigns.planning import campaigns
from campaigns.publishing import tweets
from web.marketer import lens_bar, table_files
from web.marketer.blueprint import blueprint
from web.marketer.report_tables import of_behind, of_path
from web.request import Answer, say, world

MOST_PAGES, IN_A_FILE = 200, 10_000
MONEY: Literal["money"] = "money"
"""Whatever makes net revenue: sales, refunds, disputes."""


def kind_words() -> dict[str, str]:
    """What conversions are called."""
    return {
        "lead": say("Lead"), "repeat": say("Form sent again"), "qualified": say("Qualified"),
        "customer": say("Became a customer"), "sale": say("Sale"), "refund": say("Refund"), "dispute": say("Dispute"),
        "money": say("Net revenue"),
    }  # fmt: skip


@blueprint.get("/conversions")
def conversions() -> Answer:
    """GET /conversions?kind=lead&campaign_id=…&key=…: the rows of a report's figure, with the report's own lens."""
    args = request.args
    wanted, key, page = args.get("kind", "lead"), args.get("key", ""), args.get("page", "0")
    kind: Kind | Literal["money"] | None = next((each for each in (*KINDS, MONEY) if each == wanted), None)
    if kind is None or not page.isdecimal() or int(page) > MOST_PAGES:
        abort(404)
    bar = lens_bar.read(args.get("campaign_id") or None)
    with world().db.read() as session:
        campaign = campaigns.find(session, args["campaign_id"]) if args.get("campaign_id") else None
        ids = [campaign.id] if campaign else [*campaigns.ids(session), None]
        size = IN_A_FILE if request.args.get("format") else whys.PAGE
        found = whys.behind(session, bar.asked, ids, key or None, kind, int(page), size)
        tweet = tweets.get(session, key) if bar.by_tweet and is_id(key) else None
    if answer := table_files.asked_for({"conversions": lambda: of_behind(found)}, "conversions"):
        return answer
    html = render_template(
        "marketer/conversions.html", bar=bar, found=found, campaign=campaign, kind=kind, key=key, page=int(page),
        tweet=tweet, kinds=kind_words(), nobody=whys.NOBODY,
    )  # fmt: skip
    return html, 422 if bar.form.has_faults else 200


@blueprint.get("/conversions/<uuid:conversion_id>")
def conversion(conversion_id: UUID) -> Answer:
    """GET /conversions/<id>: sale, form, visit, click and tweet, and the rule that shared it."""
    with world().db.read() as session:
        campaign_id = whys.campaign_of(session, str(conversion_id))
    bar = lens_bar.read(campaign_id)
    with world().db.read() as session:
        found = whys.why(session, str(conversion_id), bar.asked.lens)
    if answer := table_files.asked_for({"path": lambda: of_path(found)}, "conversion"):
        return answer
    html = render_template(
        "marketer/conversion.html", why=found, bar=bar, kinds=kind_words(), models=lens_bar.model_words(),
        rule=rule(found, bar), reasons=reasons(bar), proofs=TWEET_EVIDENCE,
    )  # fmt: skip
    return html, 422 if bar.form.has_faults else 200


def rule(found: Why, bar: lens_bar.Bar) -> str:
    """The rule that gave the weights, in words."""
    if found.conversion.excluded:
        return say("It is kept, and counts for nobody: %(why)s.", why=exclusions()[found.conversion.excluded])
    if found.unattributed:
        return say("No touch in the %(days)s days before: it is unattributed.", days=bar.asked.lens.lookback_days)
    return {
        "last_non_direct": say("Everything goes to the last touch that isn’t a direct visit."),
        "last_touch": say("Everything goes to the last touch."),
        "first_touch": say("Everything goes to the first touch."),
        "linear": say("Each touch gets the same."),
        "position": say("The first and the last touch get 40 % each, those between share the rest."),
        "time_decay": say(
            "A touch gets half as much for each %(days)s days before the last one.",
            days=f"{bar.asked.lens.half_life_days:g}",
        ),
        "data_driven": say("A touch gets as much as its tweet would be missed, beside the others of the path."),
    }[bar.asked.lens.model]


def exclusions() -> dict[str, str]:
    """Why a conversion counts for nobody."""
    return {
        "test": say("a test"), "internal": say("one of our own people"), "spam": say("spam"),
        "withdrawn": say("it was taken back"),
    }  # fmt: skip


def reasons(bar: lens_bar.Bar) -> dict[str, str]:
    """Why a touch gets nothing."""
    return {
        "too_old": say("older than %(days)s days", days=bar.asked.lens.lookback_days),
        "after": say("after the conversion"),
        "repeated": say("the same within 30 minutes: one touch"),
        "direct": say("direct counts only where there is nothing else"),
    }
