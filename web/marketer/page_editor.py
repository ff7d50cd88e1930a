"""GET, POST /offers/<id>/pages/new, /pages/<id>; POST /pages/<id>/close, /pages/<id>/picture,
/pages/<id>/picture/remove: the editor of a landing page. Its preview stands in previews.py."""

from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campaigns.flows import upload_picture as pictures
from campaigns.kernel.errors import Problem, problem
from campaigns.planning import campaigns, offers, pages, papers
from campaigns.planning.offers import Offer
from campaigns.planning.pages import Page
from web.forms import show, showing
from web.headers import policy
from web.marketer.blueprint import blueprint
from web.marketer.page_form import Editor, PictureForm, first_draft, kept_editor, sent_editor
from web.request import locale, now, world

ROWS_CHANGE = ("add.", "remove.")


@blueprint.route("/offers/<uuid:offer_id>/pages/new", methods=["GET", "POST"])
def new_page(offer_id: UUID) -> AnyResponse:
    """GET, POST /offers/<id>/pages/new."""
    with world().db.read() as session:
        offer = offers.find(session, str(offer_id))
    editor = sent_editor(request.form) if request.method == "POST" else kept_editor(first_draft(locale(), offer.title))
    if _is_sent():
        try:
            with world().db.write() as session:
                page = pages.create(session, offer, editor.draft(""), now())
                if request.form.get("do") == "online":
                    pages.publish(session, page, now())
            return _saved(page)
        except Problem as refused:
            _tell(editor, refused)
    return _shown(editor, offer, None, PictureForm())


@blueprint.route("/pages/<uuid:page_id>", methods=["GET", "POST"])
def page(page_id: UUID) -> AnyResponse:
    """GET, POST /pages/<id>: saved as it is, or saved and put online."""
    offer, found = _found(page_id)
    editor = sent_editor(request.form) if request.method == "POST" else kept_editor(pages.draft_of(found))
    if _is_sent():
        try:
            with world().db.write() as session:
                kept = pages.find(session, found.id, to_change=True)
                kept = pages.update(session, kept, editor.draft(kept.picture_alt), now())
                if request.form.get("do") == "online":
                    pages.publish(session, kept, now())
            return _saved(kept)
        except Problem as refused:
            _tell(editor, refused)
    return _shown(editor, offer, found, PictureForm(data={"picture_alt": found.picture_alt}))


@blueprint.post("/pages/<uuid:page_id>/close")
def close_page(page_id: UUID) -> AnyResponse:
    """POST /pages/<id>/close: visitors are told that it has ended."""
    with world().db.write() as session:
        pages.close(session, pages.find(session, str(page_id), to_change=True), now())
    return redirect(url_for("marketer.page", page_id=page_id, done="closed"), 303)


@blueprint.post("/pages/<uuid:page_id>/picture")
def upload_picture(page_id: UUID) -> AnyResponse:
    """POST /pages/<id>/picture: another picture, with what it shows in words."""
    offer, found = _found(page_id)
    form = PictureForm(request.form)
    with showing(form):
        sent = request.files.get("picture")
        if sent is None or not sent.filename:
            raise problem("invalid", "picture_unreadable", "picture")
        pictures.upload_picture(world(), found.id, sent.read(), form.picture_alt.data or "")
        return redirect(url_for("marketer.page", page_id=found.id, done="uploaded", _anchor="picture-head"), 303)
    return _shown(kept_editor(pages.draft_of(found)), offer, found, form)


@blueprint.post("/pages/<uuid:page_id>/picture/remove")
def remove_picture(page_id: UUID) -> AnyResponse:
    """POST /pages/<id>/picture/remove."""
    pictures.remove_picture(world(), str(page_id))
    return redirect(url_for("marketer.page", page_id=page_id, done="saved", _anchor="picture-head"), 303)


def _is_sent() -> bool:
    return request.method == "POST" and not request.form.get("do", "").startswith(ROWS_CHANGE)


def _found(page_id: UUID) -> tuple[Offer, Page]:
    with world().db.read() as session:
        found = pages.find(session, str(page_id))
        return offers.find(session, found.offer_id), found


def _saved(page: Page) -> AnyResponse:
    told = "online" if request.form.get("do") == "online" else "saved"
    return redirect(url_for("marketer.page", page_id=page.id, done=told), 303)


def _tell(editor: Editor, refused: Problem) -> None:
    if refused.kind not in ("invalid", "conflict"):
        raise refused
    show(editor.form, Problem(refused.kind, [editor.placed(fault) for fault in refused.faults]))


def _shown(editor: Editor, offer: Offer, page: Page | None, picture_form: PictureForm) -> Response:
    with world().db.read() as session:
        campaign = campaigns.find(session, offer.campaign_id)
        lacks_paper = offer.kind == "white_paper" and papers.get(session, offer.id) is None
    html = render_template(
        "marketer/page_editor.html", editor=editor, form=editor.form, offer=offer, page=page, campaign=campaign,
        picture_form=picture_form, lacks_paper=lacks_paper,
        address=pages.url(world().settings, page) if page else "",
        base=f"{world().settings.public_url}/p/",
    )  # fmt: skip
    response = Response(html, 422 if editor.form.has_faults or picture_form.has_faults else 200)
    response.headers["Content-Security-Policy"] = policy(frame_src="'self'")
    return response
