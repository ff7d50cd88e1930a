"""PUT, GET /api/v1/offers/{offer_id}/paper."""

from flask import request
from pydantic import Field

from campaigns.flows.upload_paper import upload_paper
from campaigns.planning import offers, papers
from campaigns.planning.papers import Paper
from web.api.blueprint import Call, blueprint
from web.api.bodies import Answer, Moment, Query, refuse_type
from web.api.operations import operation

TYPES = ("application/pdf", "application/octet-stream")


class PaperQuery(Query):
    name: str = Field("", max_length=200, description="What the prospect's file is called; the offer's title otherwise")


class PaperAnswer(Answer):
    sha256: str
    bytes: int
    pages: int
    name: str
    uploaded_at: Moment


def told(paper: Paper) -> PaperAnswer:
    """As it is answered."""
    return PaperAnswer(
        sha256=paper.sha256, bytes=paper.bytes, pages=paper.pages, name=paper.name, uploaded_at=paper.uploaded_at
    )


@blueprint.put("/v1/offers/<offer_id>/paper")
@operation("Papers", gives=PaperAnswer, query=PaperQuery, takes="application/pdf")
def put_paper(call: Call, offer_id: str, query: PaperQuery) -> PaperAnswer:
    """Upload a white paper's PDF; it takes the place of the one before

    The content decides, not the name: a PDF that is broken, empty or locked by a password is refused.
    """
    if request.mimetype not in TYPES:
        refuse_type("application/pdf")
    request.max_content_length = call.world.settings.paper_max_bytes
    return told(upload_paper(call.world, offer_id, request.get_data(cache=False), query.name))


@blueprint.get("/v1/offers/<offer_id>/paper")
@operation("Papers", gives=PaperAnswer)
def show_paper(call: Call, offer_id: str) -> PaperAnswer:
    """Show the facts of a white paper's PDF"""
    with call.world.db.read() as session:
        return told(papers.find(session, offers.find(session, offer_id).id))
