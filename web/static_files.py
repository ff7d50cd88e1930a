"""Style sheets, scripts and fonts, under an address that holds their version: browsers keep them for a year."""

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, send_from_directory

FOLDER = Path(__file__).parent / "static"

blueprint = Blueprint("static_files", __name__)


@lru_cache(1)
def version() -> str:
    """A hash over all files, at the first page of the process."""
    whole = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            whole.update(path.name.encode() + path.read_bytes())
    return whole.hexdigest()[:10]


def static(path: str) -> str:
    """The address of a file of web/static."""
    return f"/static/{version()}/{path}"


@blueprint.get("/static/<wanted>/<path:path>")
def file(wanted: str, path: str) -> Response:
    """GET /static/<version>/…: another version's address still gives today's file, but not for a year."""
    response = send_from_directory(FOLDER, path, max_age=31536000 if wanted == version() else 60)
    if wanted == version():
        response.cache_control.public = True
        response.cache_control.immutable = True
    # a landing page's preview is a sandboxed frame, to which even our own style sheets are another origin's
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
