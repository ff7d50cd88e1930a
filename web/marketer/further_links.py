"""POST /tweets/<id>/links, /links/<place>/remove."""

from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from campaigns.flows import edit_tweet as edit
from campaigns.tracking.linked import Further
from web.forms import showing
from web.marketer.blueprint import blueprint
from web.marketer.composer import shown_again
from web.marketer.composer_forms import FurtherForm
from web.request import Answer, world


@blueprint.post("/tweets/<uuid:tweet_id>/links")
def add_further_link(tweet_id: UUID) -> Answer:
    """POST /tweets/<id>/links: a further link, to another offer or to any address."""
    form = FurtherForm(request.form)
    with showing(form):
        edit.add_link(world(), str(tweet_id), Further(form.offer_id.data or None, form.target.data or ""))
        return _back(tweet_id, "made")
    return shown_again(str(tweet_id), further_form=form)


@blueprint.post("/tweets/<uuid:tweet_id>/links/<int:place>/remove")
def remove_further_link(tweet_id: UUID, place: int) -> Answer:
    """POST /tweets/<id>/links/<place>/remove."""
    form = FurtherForm()
    with showing(form):
        edit.remove_link(world(), str(tweet_id), place)
        return _back(tweet_id, "deleted")
    return shown_again(str(tweet_id), further_form=form)


def _back(tweet_id: UUID, done: str) -> Response:
    return redirect(url_for("marketer.edit_tweet", tweet_id=tweet_id, done=done, _anchor="links-head"), 303)
