"""A lead downloads the white paper it was given, or has a new link sent; a link in a letter begins a visit."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import structlog

from campaigns.capturing import deliveries, leads, letters, persons, submissions, touches
from campaigns.kernel.errors import Problem, problem
from campaigns.kernel.letters import put
from campaigns.planning import offers, pages, papers
from campaigns.settings import Settings
from campaigns.tracking import bots, requests
from campaigns.tracking.requests import Request
from campaigns.world import World

log = structlog.get_logger("deliver_paper")


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


def note_followed(world: World, value: list[str], asked: Request) -> bool:
    """A person followed a link in their letter: a touch of theirs, once a visit; whether it is one.

    Not for who asks not to be followed, and at identity level 0 for nobody. Whatever becomes of it, the paper comes.
    """
    now = world.clock.now()
    if not deliveries.is_mailed(value) or not _is_known_visit(world.settings, asked):
        return False
    try:
        with world.db.write() as session:
            delivery = deliveries.get(session, value)
            lead = leads.get(session, delivery.lead_id) if delivery else None
            if delivery is None or lead is None or submissions.any_since(session, lead.person_id, now - touches.REPEAT):
                return False
            return touches.of_mail(session, lead.person_id, delivery.id, lead.campaign_id, now) is not None
    except Problem as refused:
        log.warning("mail_link_not_kept", kind=refused.kind)
        return False


def _is_known_visit(settings: Settings, asked: Request) -> bool:
    """A person's, by the rules of clicks: mail scanners follow links too."""
    judged = requests.judge(
        method=asked.method, purpose=requests.purpose_of(asked.headers), is_machine=bots.is_bot(asked.agent),
        is_member=asked.member, is_dead=False,
    )  # fmt: skip
    return judged == "human" and not asked.is_private and settings.identity_level > 0


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
        url = f"{world.settings.public_url}/d/{deliveries.token(world.signer, delivery, now, mailed=True)}"
        letter = letters.paper(world.settings, page, offer, url)
        key, host = f"again:{delivery.id}:{now.date()}", world.settings.public_host
        put(session, key, persons.mailbox(person), letter, locale=page.locale, host=host, now=now)
