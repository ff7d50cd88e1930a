"""GET /links/<id>: what a link brought; POST /links/<id>/disable, /enable, /qr; GET /links/<id>/qr.svg, /qr.png."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campaigns.flows import make_link
from campaigns.flows.change_link import change_link
from campaigns.measuring import link_lists, link_reports
from campaigns.measuring.link_lists import Counts
from campaigns.measuring.link_reports import LinkCurve, Part
from campaigns.publishing import tweets
from campaigns.tracking import links, qrs, rollups, targets
from campaigns.tracking.links import Link
from web import drawings, filters, link_drawings
from web.marketer import table_files
from web.marketer.blueprint import blueprint
from web.marketer.link_words import channel_words, class_words, device_words, state_words
from web.marketer.links import missing
from web.marketer.report_tables import of_curve, of_parts, of_uniques
from web.request import Answer, locale, now, say, viewer, world, zone

PARTS = ("source", "country", "device", "browser", "machine")


@dataclass(frozen=True)
class Source:
    """Where clicks came from: the evidence, the referring host."""

    evidence: str
    host: str
    clicks: int


@blueprint.get("/links/<uuid:link_id>")
def link(link_id: UUID) -> Answer:
    """GET /links/<id>?by=hour|day: three counts, the curve, where clicks came from, the last hits."""
    settings, asked = world().settings, request.args.get("by")
    wanted = next((each for each in ("hour", "day") if each == asked), None)
    with world().db.read() as session:
        own = links.find(session, str(link_id))
        found = targets.find_destination(session, own.code)
        tweet = tweets.find(session, own.tweet_id) if own.tweet_id else None
        sent_at = tweet.sent_at if tweet else None
        uniques = link_reports.uniques(session, own.id)
        curve = link_reports.curve(session, own.id, zone(), since=sent_at, wanted=wanted)
        shown = {
            "link": own, "campaign": found.campaign, "tweet": tweet, "state": found.state(now()),
            "target": found.open_target(settings), "tagged": _tagged(found, settings),
            "by_class": rollups.by_class(session, own.id),
            "counts": link_lists.counts(session, [own.id]).get(own.id, Counts()),
            "uniques": uniques, "hits": link_reports.last_hits(session, own.id),
            "qr": links.qr_of(session, own), "parent": links.find(session, own.qr_of) if own.qr_of else None,
        }  # fmt: skip
        parts = link_reports.parts(session, own.id, PARTS)
    tables = {
        "curve": lambda: of_curve(curve.steps if curve else []), "parts": lambda: of_parts(parts),
        "uniques": lambda: of_uniques(uniques),
    }  # fmt: skip
    if answer := table_files.asked_for(tables, f"link-{own.code}"):
        return answer
    classes = class_words()
    machines = [(classes.get(name, name), hits) for name, hits in parts["machine"].values]  # a name, else its class
    countries = [(filters.country(code, locale()), clicks) for code, clicks in parts["country"].values]
    return render_template(
        "marketer/link.html", **shown, **_drawn(curve, sent_at), parts=parts, sources=_sources(parts["source"]),
        sent_at=sent_at, url=links.url(settings, own.code), states=state_words(), channels=channel_words(),
        classes=classes, machines=machines, countries=countries, devices=device_words(), sizes=qrs.CENTIMETRES,
    )  # fmt: skip


def _tagged(found: targets.Destination, settings: Any) -> str | None:
    target = found.open_target(settings)
    return found.tagged(target) if target else None


def _drawn(curve: LinkCurve | None, sent_at: Any) -> dict[str, Any]:
    if curve is None:
        return {"curve": None, "wide": None, "narrow": None}
    frames = {"wide": drawings.WIDE, "narrow": drawings.NARROW}
    return {"curve": curve} | {
        name: link_drawings.draw(curve, frame, zone(), sent_at) for name, frame in frames.items()
    }


def _sources(part: Part) -> list[Source]:
    return [Source(*value.partition(" ")[::2], hits) for value, hits in part.values]


@blueprint.post("/links/<uuid:link_id>/disable")
def disable_link(link_id: UUID) -> Answer:
    """POST /links/<id>/disable: its visitors are told that it is closed."""
    return _turn(link_id, disabled=True)


@blueprint.post("/links/<uuid:link_id>/enable")
def enable_link(link_id: UUID) -> Answer:
    """POST /links/<id>/enable: it leads on again."""
    return _turn(link_id, disabled=False)


def _turn(link_id: UUID, *, disabled: bool) -> AnyResponse:
    change_link(world(), str(link_id), lambda draft: draft, who=viewer().name, user_id=viewer().id, disabled=disabled)
    return redirect(url_for("marketer.link", link_id=link_id, done="saved"), 303)


@blueprint.post("/links/<uuid:link_id>/qr")
def make_qr(link_id: UUID) -> Answer:
    """POST /links/<id>/qr: a link of its own for print, so that what was scanned is told from what was tapped."""
    make_link.make_qr(world(), str(link_id), who=viewer().name, user_id=viewer().id)
    return redirect(url_for("marketer.link", link_id=link_id, done="made") + "#qr", 303)


@blueprint.get("/links/<uuid:link_id>/qr.svg")
def qr_drawing(link_id: UUID) -> Response:
    """GET /links/<id>/qr.svg: its QR, once it is made; sharp at any size."""
    qr, url = _qr(link_id)
    described = say("QR that opens %(url)s", url=url)
    return _file(qrs.svg(url, qr.name or qr.code, described), "image/svg+xml", f"qr-{qr.code}.svg")


@blueprint.get("/links/<uuid:link_id>/qr.png")
def qr_picture(link_id: UUID) -> Response:
    """GET /links/<id>/qr.png?cm=: the same for 2, 4, 8 or 20 cm of paper at 300 dots an inch."""
    qr, url = _qr(link_id)
    asked = request.args.get("cm", "")
    size = next((each for each in qrs.CENTIMETRES if str(each) == asked), qrs.CENTIMETRES[1])
    return _file(qrs.png(url, size), "image/png", f"qr-{qr.code}-{size}cm.png")


def _qr(link_id: UUID) -> tuple[Link, str]:
    with world().db.read() as session:
        qr = links.qr_of(session, links.find(session, str(link_id)))
    if qr is None:
        raise missing()
    return qr, links.url(world().settings, qr.code)


def _file(content: bytes, media_type: str, name: str) -> Response:
    response = Response(content, content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
