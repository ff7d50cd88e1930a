"""Give a page its picture: made anew, so that nothing but the pixels comes in."""

from campaigns.kernel.codes import new_code
from campaigns.planning import pages, pictures
from campaigns.planning.pages import Page
from campaigns.world import World


def upload_picture(world: World, page_id: str, content: bytes, alt: str) -> Page:
    """The page with its new picture; the file of the one before is deleted.

    | argument | meaning |
    |---|---|
    | alt | what the picture says, for those who can't see it |

    Raises missing (`page_missing`), invalid (`picture_…`). 2 transactions, files between them.
    """
    pictures.check_size(len(content), world.settings.picture_max_bytes)
    with world.db.read() as session:
        pages.find(session, page_id)
    key = f"pictures/{page_id}/{new_code()}.webp"
    pages.check_picture_alt(alt)
    world.files.put(key, pictures.remake(content))
    with world.db.write() as session:
        page = pages.find(session, page_id, to_change=True)
        before = pages.set_picture(session, page, key, alt, world.clock.now())
    if before:
        world.files.delete(before)
    return page


def remove_picture(world: World, page_id: str) -> Page:
    """The page without a picture."""
    with world.db.write() as session:
        page = pages.find(session, page_id, to_change=True)
        before = pages.set_picture(session, page, None, "", world.clock.now())
    if before:
        world.files.delete(before)
    return page
