"""GET /d/<token>: the white paper, to whom it was given. POST /d/<token>: the link has expired, send it again."""

import unicodedata
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote

from flask import Response, render_template
from werkzeug.http import dump_options_header

from campaigns.capturing.deliveries import PURPOSE
from campaigns.flows.deliver_paper import Paper, count_download, deliver_paper, note_followed, send_again
from campaigns.kernel.errors import Problem, problem
from campaigns.world import World
from web.prospect.blueprint import blueprint
from web.prospect.seen import asked
from web.request import client_key, is_foreign, now, world

AGAIN_A_DAY = 5
VERY_OLD_S = 10 * 365 * 86400


@blueprint.get("/d/<token>")
def download(token: str) -> Response:
    """GET: 200 and the PDF; 410 when the link expired or was taken back, 403 when it isn't ours."""
    try:
        value, _ = world().signer.read(PURPOSE, token, now(), world().settings.download_token_s)
    except Problem as refused:
        if refused.kind != "gone":
            raise
        # an expired link is still a signed one: whoever holds it may have a new one sent to the lead's own address
        value, _ = world().signer.read(PURPOSE, token, now(), VERY_OLD_S)
        note_followed(world(), value, asked())
        return Response(render_template("prospect/expired.html", sent=False), 410)
    paper = deliver_paper(world(), value)
    note_followed(world(), value, asked())
    response = Response(_counted(world(), paper, now()), mimetype="application/pdf")
    response.content_length = paper.size
    response.headers["Content-Disposition"] = attachment(paper.file_name)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.get("/d/")
@blueprint.post("/d/")
def bare_download() -> Response:
    """GET, POST /d/: 403, an address that lost its token."""
    raise problem("forbidden", "token_forged")


def attachment(name: str) -> str:
    """The header for a file to be kept: its name for every browser, and in ASCII for those of yore.

    >>> attachment("Été.pdf")
    "attachment; filename=Ete.pdf; filename*=UTF-8''%C3%89t%C3%A9.pdf"
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    names = {"filename": plain} if plain == name else {"filename": plain, "filename*": f"UTF-8''{quote(name, safe='')}"}
    return dump_options_header("attachment", names)


def _counted(world: World, paper: Paper, asked_at: datetime) -> Iterator[bytes]:
    """The paper's bytes; the download counts once the last one was taken, and not for HEAD, which takes none."""
    yield from paper.chunks
    count_download(world, paper.delivery_id, asked_at)


@blueprint.post("/d/<token>")
def again(token: str) -> Response:
    """POST: a new link to the lead's own mailbox. The answer is the same whatever happens."""
    if is_foreign():
        raise problem("forbidden", "foreign_origin")
    value, _ = world().signer.read(PURPOSE, token, now(), VERY_OLD_S)
    if world().limits.count(f"again:{client_key()}", 86400, now()) <= AGAIN_A_DAY:
        send_again(world(), value)
    return Response(render_template("prospect/expired.html", sent=True))
