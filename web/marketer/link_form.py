"""GET, POST /campaigns/<id>/links/new, /links/<id>/edit; GET /links/new; POST /links/preview: writing a link down."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from wtforms import RadioField, SelectField, StringField

from campaigns import words
from campaigns.flows.change_link import change_link
from campaigns.flows.make_link import make_link
from campaigns.kernel.errors import Faults, Problem
from campaigns.planning import campaigns, offers, pages
from campaigns.planning.campaigns import Campaign
from campaigns.planning.offers import Offer
from campaigns.publishing import calendars
from campaigns.tracking import drafts, links
from campaigns.tracking.drafts import LinkDraft
from campaigns.tracking.links import CODE_LENGTH, Link
from web.forms import StaffForm, Typed, _, choices, showing
from web.marketer.blueprint import blueprint
from web.marketer.link_words import channel_words
from web.marketer.links import choose_campaign
from web.options import zones_with
from web.request import Answer, locale, say, viewer, world

NO_CODE_YET = "x" * CODE_LENGTH
"""Stands in a preview for the code that is drawn when the link is made."""


class ChangeForm(StaffForm):
    """What can still change of a link that is out."""

    name = StringField(_("Name"))
    contact = StringField(_("Contact"))
    target = StringField(_("Address it leads to"))
    starts_at = StringField(_("Opens"))
    ends_at = StringField(_("Is over"))
    zone = SelectField(_("Time zone"))
    most_clicks = StringField(_("Over after so many clicks"))
    over_target = StringField(_("Where it leads when it is over"))
    forwarding = RadioField(_("What of a visitor’s query goes on"))
    forwarded = StringField(_("Which parameters"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone.choices = zones_with(self.zone.data)
        self.forwarding.choices = choices(
            {"off": say("Nothing"), "all": say("All of it"), "listed": say("Only these parameters")}
        )


class LinkForm(ChangeForm):
    channel = SelectField(_("Channel"))
    code = StringField(_("Code"))
    offer_id = SelectField(_("Offer"))
    source = StringField("utm_source")
    medium = StringField("utm_medium")
    content = StringField("utm_content")
    term = StringField("utm_term")

    def __init__(self, *args: Any, offered: list[Offer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channel.choices = choices(channel_words())
        titles = {offer.id: offer.title for offer in offered}
        self.offered = frozenset(titles)
        self.offer_id.choices = choices({"": say("None: an address below")} | titles)


@dataclass(frozen=True)
class Preview:
    """Where a link would lead, as far as it is written down."""

    short: str
    has_code: bool
    tags: Mapping[str, str]
    address: str | None
    fault: str


def _draft(form: ChangeForm, before: LinkDraft) -> LinkDraft:
    """What was typed, over what was there. Raises invalid with every field's fault."""
    typed = Typed(request.form)
    zone = form.zone.data or viewer().zone
    draft = replace(
        before, name=typed.text("name"), contact=typed.text("contact"), target=typed.text("target"),
        starts_at=_moment(typed, "starts_at", zone, before.starts_at),
        ends_at=_moment(typed, "ends_at", zone, before.ends_at), over_target=typed.text("over_target"),
        most_clicks=typed.whole("most_clicks"), forwarding=typed.text("forwarding") or "off",
        forwarded=tuple(typed.text("forwarded").replace(",", " ").split()),
    )  # fmt: skip
    if isinstance(form, LinkForm):
        draft = replace(
            draft, channel=typed.text("channel"), code=typed.text("code"), offer_id=typed.text("offer_id") or None,
            source=typed.text("source"), medium=typed.text("medium"), content=typed.text("content"),
            term=typed.text("term"),
        )  # fmt: skip
    _check(typed.faults, draft)
    return draft


def _moment(typed: Typed, name: str, zone: str, before: datetime | None) -> datetime | None:
    """A field's moment in the zone; one that wasn't touched keeps its seconds."""
    text = typed.text(name).strip()
    if not text or (before and text == _wall(before, zone)):
        return before if text else None
    found = [before]
    with typed.faults.gather():
        found = [calendars.instant(text, zone, name)]
    return found[0]


def _check(faults: Faults, draft: LinkDraft) -> None:
    """When something can't be read: tell what is wrong with the other fields in the same breath."""
    if not faults.found:
        return
    unread, more = {fault.field for fault in faults.found}, Faults()
    drafts.columns(more, world().settings, draft)
    if draft.code.strip():
        with more.gather():
            drafts.spell_code(draft.code)
    faults.found.extend(fault for fault in more.found if fault.field not in unread)
    faults.check()


def _wall(moment: datetime | None, zone: str) -> str:
    return calendars.local(moment, zone)[:16] if moment else ""


@blueprint.get("/links/new")
def which_campaign() -> Answer:
    """GET /links/new?code=: for which campaign, when there are several."""
    code = request.args.get("code") or None
    return choose_campaign("marketer.new_link", say("New link"), code=code)


@blueprint.route("/campaigns/<uuid:campaign_id>/links/new", methods=["GET", "POST"])
def new_link(campaign_id: UUID) -> Answer:
    """GET, POST /campaigns/<id>/links/new: for another channel, a contact, print."""
    campaign, form = _new(str(campaign_id))
    if request.method == "POST" and request.form.get("do") != "preview":
        with showing(form):
            draft = _draft(form, LinkDraft())
            made = make_link(world(), campaign.id, draft, who=viewer().name, user_id=viewer().id)
            return redirect(url_for("marketer.link", link_id=made.id, done="made"), 303)
    html = render_template(
        "marketer/link_form.html", form=form, campaign=campaign, link=None, preview=_preview(campaign, form),
        domain=links.url(world().settings, ""),
    )  # fmt: skip
    return html, 422 if form.has_faults else 200


@blueprint.post("/links/preview")
def preview_link() -> Answer:
    """POST /links/preview?campaign_id=: where the link would lead, as the form shows it while one types."""
    campaign, form = _new(request.args.get("campaign_id", ""))
    return render_template("marketer/link_preview.html", preview=_preview(campaign, form))


def _new(campaign_id: str) -> tuple[Campaign, LinkForm]:
    with world().db.read() as session:
        campaign = campaigns.find(session, campaign_id)
        offered = offers.list_of(session, campaign.id)
    first = offered[0].id if offered else ""
    data = {
        "channel": "newsletter", "code": request.args.get("code", "")[:64], "offer_id": first, "zone": viewer().zone,
        "forwarding": "off",
    }  # fmt: skip
    return campaign, LinkForm(request.form, data=data, offered=offered)


def _preview(campaign: Campaign, form: LinkForm) -> Preview:
    settings, text = world().settings, {field.name: field.data or "" for field in form}
    draft = LinkDraft(
        channel=text["channel"], code=text["code"].strip() or NO_CODE_YET, source=text["source"],
        medium=text["medium"], content=text["content"], term=text["term"],
    )  # fmt: skip
    tags = {name: value for name, value in drafts.tags(settings, campaign, draft).items() if value}
    target, fault, address = text["target"].strip(), "", None
    if not target and text["offer_id"]:
        with world().db.read() as session:
            online = pages.online_page_of(session, text["offer_id"]) if text["offer_id"] in form.offered else None
        target = pages.url(settings, online) if online else ""
        fault = "" if online else say("Nowhere yet: the offer has no page online.")
    if target:
        try:
            address = drafts.preview(settings, tags, target)
        except Problem as refused:
            fault = words.tell_all(refused, locale()) + "."
    short = links.url(settings, draft.code)
    return Preview(
        short, draft.code != NO_CODE_YET, tags, address, fault or say("Choose an offer, or write an address.")
    )


@blueprint.route("/links/<uuid:link_id>/edit", methods=["GET", "POST"])
def edit_link(link_id: UUID) -> Answer:
    """GET, POST /links/<id>/edit: all but its code, channel and tags, which are out in the world."""
    with world().db.read() as session:
        found = links.find(session, str(link_id))
        campaign = campaigns.find(session, found.campaign_id)
    if found.qr_of:
        return redirect(url_for("marketer.edit_link", link_id=found.qr_of))
    form = ChangeForm(request.form, data=_kept(found))
    if request.method == "POST":
        with showing(form):
            change_link(world(), found.id, lambda before: _draft(form, before), who=viewer().name, user_id=viewer().id)
            return redirect(url_for("marketer.link", link_id=found.id, done="saved"), 303)
    html = render_template(
        "marketer/link_form.html", form=form, campaign=campaign, link=found, preview=None,
        domain=links.url(world().settings, ""), channels=channel_words(),
    )  # fmt: skip
    return html, 422 if form.has_faults else 200


def _kept(link: Link) -> dict[str, Any]:
    zone = viewer().zone
    return {
        "name": link.name or "", "contact": link.contact or "", "target": link.target or "",
        "starts_at": _wall(link.starts_at, zone), "ends_at": _wall(link.ends_at, zone), "zone": zone,
        "most_clicks": link.most_clicks or "", "over_target": link.over_target or "", "forwarding": link.forwarding,
        "forwarded": " ".join(link.forwarded),
    }  # fmt: skip
