"""POST, GET /api/v1/campaigns/{campaign_id}/links · POST …/links/import · GET, PATCH /api/v1/links/{code} ·
POST …/qr · GET …/qr.svg, qr.png."""

from dataclasses import replace
from typing import Annotated, Any, get_args

from flask import Response
from pydantic import AwareDatetime, Field

from campaigns import words
from campaigns.flows import make_link as making
from campaigns.flows.change_link import change_link as change
from campaigns.flows.import_links import import_links as import_lines
from campaigns.flows.import_links import try_import
from campaigns.kernel import zones
from campaigns.kernel.errors import Fault, Faults, Problem, problem
from campaigns.kernel.sheets import MOST_FAULTS, Wrong
from campaigns.measuring import link_lists
from campaigns.measuring.link_lists import Counts, LinkView
from campaigns.planning import campaigns
from campaigns.tracking import bulks, drafts, links, qrs, rollups, targets
from campaigns.tracking.bulks import Bulk
from campaigns.tracking.drafts import LinkDraft
from campaigns.tracking.links import CHANNELS, Forwarding, Link
from campaigns.tracking.targets import LinkState
from web.api.blueprint import ALL, Call, blueprint
from web.api.bodies import Answer, Body, Change, Id, Items, ListQuery, Moment, between, chars, one_of
from web.api.operations import operation
from web.request import locale, say

PICTURE_CM = 8
MOST_CSV = 200_000

Target = Annotated[str, chars(0, links.MAX_TARGET, "^(\\s*https?://|$)")]
Code = Annotated[str, chars(0, drafts.CODE_MOST, "^([A-Za-z0-9][A-Za-z0-9_-]{1,48}[A-Za-z0-9])?$")]
Name = Annotated[str, chars(0, drafts.MOST_NAME)]
Tag = Annotated[str, Field(max_length=500)]
Clicks = Annotated[int, between(1, drafts.MOST_CLICKS)]
Forward = Annotated[str, one_of(get_args(Forwarding))]
Parameter = Annotated[str, Field(pattern="^[A-Za-z0-9_.~-]{1,64}$")]
Names = Annotated[list[Parameter], Field(max_length=drafts.MOST_FORWARDED)]
STARTS, ENDS = "Leads nowhere before; with an offset", "Over from then on; with an offset"
FORWARDED = "Which parameters of an incoming query are handed on, when `forwarding` is listed"


class LinkBody(Body):
    """A link that belongs to no tweet: it leads to `target`, else to the offer's page that is online."""

    channel: Annotated[str, one_of(CHANNELS)] = Field("other", description=f"One of {', '.join(CHANNELS)}")
    code: Code | None = Field(None, description="3 to 50 letters, figures, - and _; one is drawn when left out")
    name: Name = ""
    contact: Name = Field("", description="Whom it is given to")
    offer_id: Id | None = Field(None, description="An offer of the campaign; needed without a target")
    target: Target | None = Field(None, description="http or https; needed without an offer")
    source: Tag | None = Field(None, description="utm_source, folded to a-z 0-9 . _ -; the channel's when left out")
    medium: Tag | None = Field(None, description="utm_medium; the channel's when left out")
    content: Tag | None = Field(None, description="utm_content; the code when left out")
    term: Tag | None = Field(None, description="utm_term; none when left out")
    starts_at: AwareDatetime | None = Field(None, description=STARTS)
    ends_at: AwareDatetime | None = Field(None, description=ENDS)
    over_target: Target | None = Field(None, description="Where it leads when it is over; a page says so when left out")
    most_clicks: Clicks | None = Field(None, description="Over after so many clicks")
    forwarding: Forward = Field("off", description="What of an incoming query is handed on: off, all, listed")
    forwarded: Names = Field([], description=FORWARDED)

    def draft(self) -> LinkDraft:
        if self.offer_id == "":
            raise problem("invalid", "offer_missing", "offer_id")
        return LinkDraft(**{name: _plain(name, value) for name, value in self.model_dump().items()})

    def check(self, call: Call) -> None:
        faults = Faults()
        drafts.columns(faults, call.world.settings, self.draft())
        faults.check()


class LinkChange(Change):
    """What is left out stays; null takes an optional field away. Code, channel and tags are out in the world."""

    name: Name | None = None
    contact: Name | None = None
    target: Target | None = Field(None, description="Another address, http or https; null: the offer's page again")
    starts_at: AwareDatetime | None = Field(None, description=STARTS)
    ends_at: AwareDatetime | None = Field(None, description=ENDS)
    over_target: Target | None = Field(None, description="Where it leads when it is over; null: to a page that says so")
    most_clicks: Clicks | None = Field(None, description="Over after so many clicks; null: without end")
    forwarding: Forward = "off"
    forwarded: Names = Field([], description=FORWARDED)
    disabled: bool = Field(False, description="Its visitors are told that it is closed; its QR's too")


class LinksQuery(ListQuery):
    channel: Annotated[str, one_of(CHANNELS)] | None = None
    search: str | None = Field(None, max_length=200, description="Words of code, name, contact or target")


class LinksImport(Body):
    csv: Annotated[str, chars(1, MOST_CSV)] = Field(
        description=f"Lines under the columns' names, 1,000 at most: {', '.join(bulks.COLUMNS)}", max_length=MOST_CSV
    )
    zone: str | None = Field(
        None, description="IANA zone of times without an offset; the installation's", max_length=100
    )
    dry_run: bool = Field(False, description="Only tell what would be made and what is wrong")


class LinkAnswer(Answer):
    code: str
    url: str
    state: str = Field(description=f"One of {', '.join(get_args(LinkState))}")
    target: str | None = Field(description="Where it leads now, without its tags; null: nowhere")
    own_target: str | None = Field(description="The address that it was given; null: the offer's page")
    tweet_id: str | None
    campaign_id: str
    offer_id: str | None
    qr_of: str | None = Field(description="The code of the link whose QR it is")
    channel: str
    name: str | None
    contact: str | None
    source: str = Field(description="utm_source")
    medium: str = Field(description="utm_medium")
    content: str = Field(description="utm_content")
    term: str | None = Field(description="utm_term")
    starts_at: Moment | None
    ends_at: Moment | None
    over_target: str | None
    most_clicks: int | None
    capped_at: Moment | None = Field(description="When its clicks were used up")
    forwarding: str
    forwarded: list[str]
    hits: int = Field(description="All requests")
    clicks: int = Field(description="Those judged human")
    visits: int = Field(description="Clicks whose page was really loaded")
    hits_by_class: dict[str, int]
    created_at: Moment
    updated_at: Moment
    disabled_at: Moment | None


class LinkInList(Answer):
    code: str
    url: str
    tweet_id: str | None
    channel: str
    name: str | None
    contact: str | None
    hits: int
    clicks: int
    visits: int
    created_at: Moment
    disabled_at: Moment | None


class Links(Items[LinkInList]):
    """A page of a campaign's links, newest first."""


class LineFault(Answer):
    line: int
    field: str | None
    code: str
    message: str


class LinksImported(Answer):
    lines: int
    made: int = Field(description="How many links were made; in a dry run none")
    wrong: list[LineFault] = Field(description="Of a dry run: each fault with the number of its line")


def _plain(name: str, value: Any) -> Any:
    if name == "forwarded":
        return tuple(value)
    optional = ("offer_id", "starts_at", "ends_at", "most_clicks")
    return value if name in optional or value is not None else ""


def _told(call: Call, code: str) -> LinkAnswer:
    """A link as it is answered."""
    settings = call.world.settings
    with call.world.db.read() as session:
        found = targets.find_destination(session, code)
        link = found.link
        counts = link_lists.counts(session, [link.id]).get(link.id, Counts())
        by_class = rollups.by_class(session, link.id)
        parent = links.find(session, link.qr_of).code if link.qr_of else None
    same = (
        "code", "tweet_id", "campaign_id", "offer_id", "channel", "name", "contact", "source", "medium", "content",
        "term", "starts_at", "ends_at", "over_target", "most_clicks", "capped_at", "forwarding", "forwarded",
        "created_at", "updated_at", "disabled_at",
    )  # fmt: skip
    return LinkAnswer(
        **{name: getattr(link, name) for name in same}, url=links.url(settings, link.code),
        state=found.state(call.now), target=found.target(settings, call.now), own_target=link.target, qr_of=parent,
        hits=counts.hits, clicks=counts.clicks, visits=counts.visits,
        hits_by_class={str(klass): number for klass, number in by_class.items()},
    )  # fmt: skip


def _find(call: Call, code: str) -> Link:
    with call.world.db.read() as session:
        return links.find_by_code(session, code)


@blueprint.post("/v1/campaigns/<campaign_id>/links")
@operation("Links", gives=LinkAnswer, status=201, body=LinkBody)
def make_link(call: Call, campaign_id: str, body: LinkBody) -> LinkAnswer:
    """Make a link for another channel, a contact or print"""
    return _told(call, making.make_link(call.world, campaign_id, body.draft(), who=call.token.name).code)


@blueprint.get("/v1/campaigns/<campaign_id>/links")
@operation("Links", gives=Links, query=LinksQuery, roles=ALL)
def list_links(call: Call, campaign_id: str, query: LinksQuery) -> Links:
    """List a campaign's links, newest first, its tweets' among them"""
    if query.channel and query.channel not in CHANNELS:
        raise problem("invalid", "not_a_choice", "channel")
    with call.world.db.read() as session:
        view = LinkView(campaigns.find(session, campaign_id).id, query.channel, query.search or "")
        found = link_lists.list_page(session, view, query.cursor, query.limit)
    return Links(items=[_listed(call, row) for row in found.items], next=found.next)


def _listed(call: Call, row: link_lists.LinkRow) -> LinkInList:
    same = ("code", "tweet_id", "channel", "name", "contact", "created_at", "disabled_at")
    return LinkInList(
        **{name: getattr(row.link, name) for name in same}, url=links.url(call.world.settings, row.link.code),
        hits=row.counts.hits, clicks=row.counts.clicks, visits=row.counts.visits,
    )  # fmt: skip


@blueprint.post("/v1/campaigns/<campaign_id>/links/import")
@operation("Links", gives=LinksImported, body=LinksImport)
def import_links(call: Call, campaign_id: str, body: LinksImport) -> LinksImported:
    """Make many links from lines of CSV, all or none; or only check them"""
    zone = zones.known(body.zone) if body.zone else call.world.settings.zone
    if body.dry_run:
        bulk = try_import(call.world, campaign_id, body.csv, zone)
        return LinksImported(lines=bulk.lines, made=0, wrong=_wrong(bulk))
    done = import_lines(call.world, campaign_id, body.csv, zone, who=call.token.name)
    if done.at is None:
        told = done.bulk.wrong[:MOST_FAULTS]
        raise Problem("invalid", [Fault(_place(each), each.fault.code, each.fault.values) for each in told])
    return LinksImported(lines=done.bulk.lines, made=len(done.bulk.columns), wrong=[])


def _place(wrong: Wrong) -> str:
    return f"lines.{wrong.line}.{wrong.fault.field}" if wrong.fault.field else f"lines.{wrong.line}"


def _wrong(bulk: Bulk) -> list[LineFault]:
    return [
        LineFault(
            line=each.line, field=each.fault.field, code=each.fault.code, message=words.tell(each.fault, locale())
        )
        for each in sorted(bulk.wrong, key=lambda each: each.line)[:MOST_FAULTS]
    ]


@blueprint.get("/v1/links/<code>")
@operation("Links", gives=LinkAnswer, roles=ALL)
def show_link(call: Call, code: str) -> LinkAnswer:
    """Show a link and how often it was followed"""
    return _told(call, code)


@blueprint.patch("/v1/links/<code>")
@operation("Links", gives=LinkAnswer, body=LinkChange)
def change_link(call: Call, code: str, body: LinkChange) -> LinkAnswer:
    """Let a link lead elsewhere, open later, end, or lead nowhere"""
    changes = body.changes()
    disabled = changes.pop("disabled", None)
    given = {name: _plain(name, value) for name, value in changes.items()}
    link = _find(call, code)
    change(call.world, link.id, lambda before: replace(before, **given), who=call.token.name, disabled=disabled)
    return _told(call, link.code)


@blueprint.post("/v1/links/<code>/qr")
@operation("Links", gives=LinkAnswer, status=201)
def make_qr(call: Call, code: str) -> LinkAnswer:
    """Make the link that its QR carries; asked again, the same one"""
    return _told(call, making.make_qr(call.world, _find(call, code).id, who=call.token.name).code)


@blueprint.get("/v1/links/<code>/qr.svg")
@operation("Links", makes="image/svg+xml", roles=ALL)
def show_qr_drawing(call: Call, code: str) -> Response:
    """Show a link's QR as a drawing, once it is made"""
    qr = _qr(call, code)
    url = links.url(call.world.settings, qr.code)
    return Response(
        qrs.svg(url, qr.name or qr.code, say("QR that opens %(url)s", url=url)), content_type="image/svg+xml"
    )


@blueprint.get("/v1/links/<code>/qr.png")
@operation("Links", makes="image/png", roles=ALL)
def show_qr_picture(call: Call, code: str) -> Response:
    """Show a link's QR as a picture for 8 cm of paper, once it is made"""
    qr = _qr(call, code)
    return Response(qrs.png(links.url(call.world.settings, qr.code), PICTURE_CM), content_type="image/png")


def _qr(call: Call, code: str) -> Link:
    with call.world.db.read() as session:
        qr = links.qr_of(session, links.find_by_code(session, code))
    if qr is None:
        raise problem("missing", "not_found")
    return qr
