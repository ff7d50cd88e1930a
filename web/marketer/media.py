"""POST /tweets/<id>/media, /media/qr, /media/<id>/describe, /media/<id>/remove; GET /tweets/<id>/media/<id>."""

from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campaigns.flows import attach_media as attach
from campaigns.kernel.errors import problem
from campaigns.publishing import media
from web.forms import showing
from web.marketer.blueprint import blueprint
from web.marketer.composer import shown_again
from web.marketer.composer_forms import MediaForm
from web.request import Answer, viewer, world


@blueprint.post("/tweets/<uuid:tweet_id>/media")
def add_media(tweet_id: UUID) -> Answer:
    """POST /tweets/<id>/media: a picture, an animated one or a film, with what it shows in words."""
    form = MediaForm(request.form)
    with showing(form):
        sent = request.files.get("media")
        if sent is None or not sent.filename:
            raise problem("invalid", "required", "media")
        attach.attach(world(), str(tweet_id), sent.read(), form.alt.data or "", who=viewer().name)
        return _back(tweet_id, "uploaded")
    return shown_again(str(tweet_id), form)


@blueprint.post("/tweets/<uuid:tweet_id>/media/qr")
def add_qr(tweet_id: UUID) -> Answer:
    """POST /tweets/<id>/media/qr: its link as a QR, for a tweet that does without it in its words."""
    form = MediaForm()
    with showing(form):
        attach.attach_qr(world(), str(tweet_id), who=viewer().name)
        return _back(tweet_id, "made")
    return shown_again(str(tweet_id), form)


@blueprint.post("/tweets/<uuid:tweet_id>/media/<uuid:media_id>/describe")
def describe_media(tweet_id: UUID, media_id: UUID) -> Answer:
    """POST /tweets/<id>/media/<id>/describe: what it shows, for who can't see it."""
    form = MediaForm(request.form)
    with showing(form):
        attach.describe(world(), str(tweet_id), str(media_id), form.alt.data or "", who=viewer().name)
        return _back(tweet_id, "saved")
    return shown_again(str(tweet_id), form)


@blueprint.post("/tweets/<uuid:tweet_id>/media/<uuid:media_id>/remove")
def remove_media(tweet_id: UUID, media_id: UUID) -> Answer:
    """POST /tweets/<id>/media/<id>/remove."""
    form = MediaForm()
    with showing(form):
        attach.detach(world(), str(tweet_id), str(media_id), who=viewer().name)
        return _back(tweet_id, "deleted")
    return shown_again(str(tweet_id), form)


@blueprint.get("/tweets/<uuid:tweet_id>/media/<uuid:media_id>")
def tweet_media(tweet_id: UUID, media_id: UUID) -> Response:
    """GET /tweets/<id>/media/<id>: the file, for those who work here; nothing in it runs."""
    with world().db.read() as session:
        found = media.find(session, str(tweet_id), str(media_id))
    size, chunks = world().files.stream(found.key)
    response = Response(chunks, content_type=found.content_type)
    response.content_length = size
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


def _back(tweet_id: UUID, done: str) -> AnyResponse:
    return redirect(url_for("marketer.edit_tweet", tweet_id=tweet_id, done=done, _anchor="media-head"), 303)
