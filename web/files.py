"""Files that a visitor keeps, for every audience that gives some out."""

from flask import Response

from campaigns.flows.export_leads import Download


def sent(download: Download) -> Response:
    """A file to keep, piece by piece."""
    response = Response(download.pieces, content_type=download.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{download.name}"'
    return response
