"""A lead downloads the white paper it was given, or has a new link sent."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from campaigns.capturing import deliveries, leads, letters, persons
from campaigns.kernel.errors import problem
from campaigns.kernel.letters import put
from campaigns.planning import offers, pages, papers
from campaigns.world import World


@dataclass(frozen=True)
class Paper:
    """A file on its way."""

    delivery_id: str
    file_name: str
    size: int
    chunks: Iterator[bytes]


def deliver_paper(world: World, value: list[str]) -> Paper:
    """The paper that a token tells of. Raises forbidden, gone (see deliveries.find), missing (`file_missing`)."""
    with world.db.read() as session:
        delivery = deliveries.find(session, value)
        paper = papers.find(session, delivery.offer_id)
    size, chunks = world.files.stream(paper.file_key)
    return Paper(delivery.id, paper.name, size, chunks)


def count_download(world: World, delivery_id: str, at: datetime) -> None:
    """It was sent whole."""
    with world.db.write() as session:
        deliveries.note_download(session, delivery_id, at)


def send_again(world: World, value: list[str]) -> None:
    """A letter with a new link, to the address of the lead; asked twice, one letter a day."""
    now = world.clock.now()
    with world.db.write() as session:
        delivery = deliveries.find(session, value)
        lead = leads.find(session, delivery.lead_id)
        person = persons.get(session, lead.person_id)
        if person is None:
            raise problem("missing", "lead_missing")
        page, offer = pages.find(session, lead.page_id), offers.find(session, delivery.offer_id)
        url = f"{world.settings.public_url}/d/{deliveries.token(world.signer, delivery, now)}"
        letter = letters.paper(world.settings, page, offer, url)
        key, host = f"again:{delivery.id}:{now.date()}", world.settings.public_host
        put(session, key, persons.mailbox(person), letter, locale=page.locale, host=host, now=now)
