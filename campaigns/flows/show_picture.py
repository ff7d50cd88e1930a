"""The picture of a page in one of its sizes, made when it is first asked for and kept."""

from typing import Literal

from campaigns.kernel.errors import Problem, problem
from campaigns.planning import cards, pages, papers
from campaigns.world import World

DRAWN = 2
"""Raised when the drawing changes: what was kept is made anew."""


def show_picture(world: World, slug: str, size: Literal["small", "card"]) -> bytes:
    """A WebP of at most 9 KB (small), or a JPEG of 1200 × 600 (card), which every page has.

    Raises missing (`page_missing`, `file_missing` for the small one of a page without a picture).
    """
    with world.db.read() as session:
        page = pages.find_by_slug(session, slug)
        paper = papers.get(session, page.offer_id)
    source = cards.source(page, paper)
    if source is None and size == "small":
        raise problem("missing", "file_missing")
    kept = f"shown/{page.id}/{page.revision}-{paper.sha256[:12] if paper else 0}.{DRAWN}.{size}"
    try:
        return world.files.get(kept)
    except Problem:
        pass  # not made yet
    content = world.files.get(source) if source else None
    if size == "small" and content:
        made = cards.small(content, is_cover=page.picture_key is None)
    else:
        made = cards.card(page.headline, world.settings.organization, page.theme, content)
    world.files.put(kept, made)
    return made
