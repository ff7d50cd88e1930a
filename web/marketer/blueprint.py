"""The marketer's pages: home, campaigns, offers, pages, tweets, links, impact."""

from flask import Blueprint, Response, request

from campaigns.tracking import bulks
from web.access import gate
from web.request import take_file, viewer_or_none, world

blueprint = Blueprint("marketer", __name__)

AROUND_BYTES = 1_000_000
"""What a form holds beside its file; and a file that is a little too large is refused in the page that sent it."""


@blueprint.before_request
def allow_files() -> None:
    """The views that take a file take more than a form. Before the gate, which reads the form for its token."""
    settings = world().settings
    most = {
        "marketer.upload_paper": settings.paper_max_bytes,
        "marketer.upload_picture": settings.picture_max_bytes,
        "marketer.add_media": settings.media_max_bytes,
    }.get(request.endpoint or "")
    if most:
        take_file(most + AROUND_BYTES)
    # its lines may be a file, and are a field when they come back
    if request.endpoint in ("marketer.import_many", "marketer.import_many_tweets"):
        request.max_content_length = request.max_form_memory_size = 2 * bulks.MOST_BYTES + AROUND_BYTES


REMEMBERED, PERIODS = "perchoir-period", ("ever", "today", "7", "28", "90", "quarter", "year")
"""The cookie with the period that was chosen last, and those there are: an address that names one always wins."""
CHOSEN_AT = ("marketer.home", "marketer.campaign", "marketer.compare")
"""Where it is chosen; a list that a figure opens has the figure's period, which isn't anybody's choice."""


gate(blueprint, full=("admin", "marketer"), readers=("sales",), readable=(
    "home", "campaigns_list", "campaign", "compare", "conversion", "conversions", "links_list",
    "download_links", "download_report", "print_report", "link", "qr_drawing", "qr_picture",
), public=("approve", "shared_report"))  # fmt: skip


@blueprint.after_request
def remember_period(response: Response) -> Response:
    """The period that was chosen is the next page's too, for this browser, for a year."""
    told = request.args.get("period")
    if told in PERIODS and request.endpoint in CHOSEN_AT and response.status_code == 200 and viewer_or_none():
        response.set_cookie(
            REMEMBERED, told, max_age=365 * 86_400, secure=world().settings.is_https, httponly=True, samesite="Lax"
        )
    return response
