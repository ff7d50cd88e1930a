"""The picture of a page in one of its sizes, made when it is first asked for and kept."""

from dataclasses import dataclass
from typing import Literal

from campaigns.kernel.errors import Problem, problem
from campaigns.planning import cards, pages, papers
from campaigns.world import World


@dataclass(frozen=True)
class Shown:
    """A picture, and the version of the page that it shows."""

    content: bytes
    version: str


def show_picture(world: World, slug: str, size: Literal["small", "card"]) -> Shown:
    """A WebP of at most 9 KB (small), or a JPEG of 1200 × 600 (card), which every page has.

    Raises missing (`page_missing`, `file_missing` for the small one of a page without a picture).
    """
    with world.db.read() as session:
        page = pages.find_by_slug(session, slug)
        paper = papers.get(session, page.offer_id)
    source = cards.source(page, paper)
    if source is None and size == "small":
        raise problem("missing", "file_missing")
    version = cards.version(page, paper)
    kept = f"shown/{page.id}/{version}.{size}"
    try:
        return Shown(world.files.get(kept), version)
    except Problem:
        pass  # not made yet
    content = world.files.get(source) if source else None
    if size == "small" and content:
        made = cards.small(content, is_cover=page.picture_key is None)
    else:
        made = cards.card(page.headline, world.settings.organization, page.theme, content)
    world.files.put(kept, made)
    return Shown(made, version)
