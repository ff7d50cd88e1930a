"""A member looks at the first page of an offer's paper, online or not."""

from campaigns.kernel.errors import problem
from campaigns.planning import papers
from campaigns.world import World


def show_cover(world: World, offer_id: str) -> bytes:
    """A WebP of at most 60 KB. Raises missing (`paper_missing`, `file_missing`)."""
    with world.db.read() as session:
        paper = papers.find(session, offer_id)
    if paper.cover_key is None:
        raise problem("missing", "file_missing")
    return world.files.get(paper.cover_key)
