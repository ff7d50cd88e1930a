"""Give an offer its paper: checked by its content, kept beside the database, the one before forgotten afterwards."""

import hashlib

from campaigns.kernel.codes import new_code
from campaigns.kernel.errors import problem
from campaigns.planning import offers, papers
from campaigns.planning.papers import Paper
from campaigns.world import World


def upload_paper(world: World, offer_id: str, content: bytes, name: str = "") -> Paper:
    """The paper as it is kept. The same content again changes nothing.

    | argument | meaning |
    |---|---|
    | name | what the file was called; it becomes the prospect's file's name, never a path |

    Raises missing (`offer_missing`), invalid (`not_a_paper`, `paper_…`). 2 transactions, files between them.
    """
    papers.check_size(len(content), world.settings.paper_max_bytes)
    sha256 = hashlib.sha256(content).hexdigest()
    with world.db.read() as session:
        offer = offers.find(session, offer_id)
        current = papers.get(session, offer_id)
    if offer.kind != "white_paper":
        raise problem("invalid", "not_a_paper", "paper")
    if current and current.sha256 == sha256:
        return current
    facts = papers.inspect(content)
    # a key of its own for each upload: deleting the one before can't hit one that came back in the meantime
    key = f"papers/{offer_id}/{sha256}-{new_code()}"
    world.files.put(f"{key}.pdf", content)
    world.files.put(f"{key}.webp", facts.cover)
    with world.db.write() as session:
        offers.find(session, offer_id, to_change=True)
        before = papers.get(session, offer_id)
        old = [before.file_key, before.cover_key] if before else []
        paper = papers.replace(
            session,
            offer_id,
            sha256=sha256,
            bytes=len(content),
            pages=facts.pages,
            name=papers.file_name(name, offer.title),
            file_key=f"{key}.pdf",
            cover_key=f"{key}.webp",
            uploaded_at=world.clock.now(),
        )
    for former in filter(None, old):
        world.files.delete(former)
    return paper
