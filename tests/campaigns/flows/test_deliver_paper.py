from email import message_from_bytes, policy
from typing import Any

import pytest

from campaigns.capturing import deliveries
from campaigns.capturing.deliveries import Delivery
from campaigns.flows.deliver_paper import count_download, deliver_paper, send_again
from campaigns.flows.send_outbox import send_outbox
from campaigns.kernel.codes import new_id
from campaigns.kernel.errors import Problem
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.capturing import at_once, claim, count_of, mails_of, rows_of
from tests.makers.planning import make_campaign, make_page, make_white_paper


@pytest.fixture
def given(world: World) -> list[str]:
    """What the link of a white paper carries, once its form was sent."""
    claim(world, make_page(world))
    [delivery] = rows_of(world, Delivery)
    return [delivery.id, delivery.offer_id]


def revoke(world: World, delivery_id: str) -> None:
    with world.db.write() as session:
        session.get_one(Delivery, delivery_id).revoked_at = world.clock.now()


def test_the_paper_is_read_in_pieces_and_has_its_name(world: World, given: list[str]) -> None:
    paper = deliver_paper(world, given)
    content = b"".join(paper.chunks)
    assert (paper.delivery_id, paper.file_name, paper.size) == (given[0], "six-fridays.pdf", len(content))
    assert content.startswith(b"%PDF-")


def test_reading_alone_counts_nothing(world: World, given: list[str]) -> None:
    deliver_paper(world, given)
    [delivery] = rows_of(world, Delivery)
    assert (delivery.downloads, delivery.first_at) == (0, None)


def test_downloads_are_counted_with_the_first_and_the_last(world: World, clock: HandClock, given: list[str]) -> None:
    first = clock.now()
    count_download(world, given[0], first)
    last = clock.advance(days=1)
    count_download(world, given[0], last)
    [delivery] = rows_of(world, Delivery)
    assert (delivery.downloads, delivery.first_at, delivery.last_at) == (2, first, last)


def test_eight_downloads_at_once_are_eight(world: World, given: list[str]) -> None:
    at_once(8, lambda _: count_download(world, given[0], world.clock.now()))
    [delivery] = rows_of(world, Delivery)
    assert delivery.downloads == 8


@pytest.mark.parametrize("read", [deliver_paper, send_again])
def test_another_offers_paper_is_not_given(world: World, given: list[str], read: Any) -> None:
    other = make_white_paper(world, make_campaign(world, name="Other"))
    for value in ([given[0], other.id], [new_id(), given[1]]):
        with pytest.raises(Problem) as refused:
            read(world, value)
        assert refused.value.kind == "forbidden"
    assert len(mails_of(world)) == 1


@pytest.mark.parametrize("read", [deliver_paper, send_again])
def test_what_was_taken_back_is_gone(world: World, given: list[str], read: Any) -> None:
    revoke(world, given[0])
    with pytest.raises(Problem) as refused:
        read(world, given)
    assert refused.value.kind == "gone"
    assert len(mails_of(world)) == 1


def test_a_new_link_goes_to_the_leads_own_address_once_a_day(world: World, clock: HandClock, given: list[str]) -> None:
    clock.advance(days=8)
    at_once(4, lambda _: send_again(world, given))
    [_, again] = mails_of(world)
    assert again["to"] == "zoe@ecole.example"
    token = again["text"].partition("/d/")[2].split()[0]
    assert world.signer.read(deliveries.PURPOSE, token, clock.now(), 60)[0] == [*given, deliveries.MAILED]
    clock.advance(days=1)
    send_again(world, given)
    assert len(mails_of(world)) == 3
    assert count_of(world, Delivery) == [1]


def test_the_letter_arrives_whole_in_text_and_html(world: World, given: list[str]) -> None:
    assert send_outbox(world, "w1") == 1
    assert world.rehearsal
    [mail] = world.rehearsal.mails(10)
    letter = message_from_bytes(mail.raw, policy=policy.default)
    assert (letter["To"], letter["Subject"]) == ("zoe@ecole.example", "Your copy of “A school magazine in six Fridays”")
    assert letter["Message-ID"] == mails_of(world)[0]["message_id"]
    parts = [letter.get_body((kind,)) for kind in ("plain", "html")]
    for part in parts:
        assert part
        assert "http://localhost/d/" in part.get_content()
        assert "7 days" in part.get_content()
