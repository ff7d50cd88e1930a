from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from campaigns.capturing import deliveries
from campaigns.capturing.conversions import Conversion
from campaigns.capturing.deliveries import Delivery
from campaigns.capturing.touches import Touch
from campaigns.flows.upload_paper import upload_paper
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.capturing import claim, mails_of, rows_of
from tests.makers.forms import altered
from tests.makers.planning import make_page, make_white_paper, pdf_bytes
from tests.makers.tracking import FIREFOX

WEEK_S = 7 * 86400


@pytest.fixture
def url(world: World) -> str:
    """The link that a lead got."""
    claim(world, make_page(world))
    [delivery] = rows_of(world, Delivery)
    return f"/d/{deliveries.token(world.signer, delivery, world.clock.now())}"


def downloads(world: World) -> int:
    return sum(delivery.downloads for delivery in rows_of(world, Delivery))


def test_the_paper_comes_as_a_file_and_counts_once(world: World, client: FlaskClient, url: str) -> None:
    answer = client.get(url)
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.data == pdf_bytes()
    assert answer.content_length == len(answer.data)
    assert answer.headers["Content-Disposition"] == "attachment; filename=six-fridays.pdf"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert downloads(world) == 1


def test_a_name_in_french_stays_whole(world: World, client: FlaskClient) -> None:
    offer = make_white_paper(world, paper=False)
    upload_paper(world, offer.id, pdf_bytes(), 'Été "à l’école".pdf')
    claim(world, make_page(world, offer))
    [delivery] = rows_of(world, Delivery)
    answer = client.get(f"/d/{deliveries.token(world.signer, delivery, world.clock.now())}")
    assert answer.headers["Content-Disposition"].endswith(
        "filename*=UTF-8''%C3%89t%C3%A9%20%C3%A0%20l%E2%80%99%C3%A9cole.pdf"
    )


def test_an_address_that_lost_its_token_is_refused(world: World, client: FlaskClient, url: str) -> None:
    answer = client.get("/d/")
    assert answer.status_code == 403
    assert "This link isn’t whole" in answer.text
    assert downloads(world) == 0


def test_looking_without_taking_counts_nothing(world: World, client: FlaskClient, url: str) -> None:
    head = client.head(url)
    assert (head.status_code, head.data) == (200, b"")
    assert downloads(world) == 0


def test_a_download_that_was_cut_short_counts_nothing(world: World, client: FlaskClient) -> None:
    offer = make_white_paper(world, paper=False)
    upload_paper(world, offer.id, pdf_bytes() + b"\n%" + b"x" * 3_000_000, "large.pdf")
    claim(world, make_page(world, offer))
    [delivery] = rows_of(world, Delivery)
    url = f"/d/{deliveries.token(world.signer, delivery, world.clock.now())}"
    answer = client.get(url, buffered=False)
    assert next(iter(answer.response)).startswith(b"%PDF-")
    answer.close()
    assert downloads(world) == 0
    with client.get(url) as whole:
        assert len(whole.data) > 3_000_000
    assert downloads(world) == 1


def test_a_piece_of_it_is_the_whole_of_it(world: World, client: FlaskClient, url: str) -> None:
    answer = client.get(url, headers={"Range": "bytes=0-9"})
    assert (answer.status_code, len(answer.data)) == (200, len(pdf_bytes()))


def test_a_link_lasts_a_week_and_then_offers_a_new_one(
    world: World, client: FlaskClient, clock: HandClock, url: str
) -> None:
    clock.advance(seconds=WEEK_S)
    assert client.get(url).data == pdf_bytes()
    clock.advance(seconds=1)
    expired = client.get(url)
    assert (expired.status_code, downloads(world)) == (410, 1)
    assert "Have a new one sent" in expired.text
    assert client.post(url).status_code == 200
    assert [mail["to"] for mail in mails_of(world)] == ["zoe@ecole.example"] * 2
    token = mails_of(world)[1]["text"].partition("/d/")[2].split()[0]
    assert client.get(f"/d/{token}").status_code == 200


@pytest.mark.parametrize("spoil", ["", "x", "é", "%00", "a.b", "cut", "purpose"])
def test_a_link_that_is_not_ours_gives_nothing(world: World, client: FlaskClient, url: str, spoil: str) -> None:
    other = world.signer.sign("via", ["a", "b"], world.clock.now())
    wrong = {"cut": altered(url), "purpose": f"/d/{other}"}.get(spoil, f"/d/{spoil}")
    for answer in (client.get(wrong), client.post(wrong)):
        assert answer.status_code in (403, 404)
    assert downloads(world) == 0
    assert len(mails_of(world)) == 1


def test_what_was_taken_back_is_gone(world: World, client: FlaskClient, url: str) -> None:
    [delivery] = rows_of(world, Delivery)
    with world.db.write() as session:
        session.get_one(Delivery, delivery.id).revoked_at = world.clock.now()
    assert client.get(url).status_code == 410
    assert downloads(world) == 0


def test_asking_again_and_again_sends_one_letter_and_says_the_same(
    world: World, client: FlaskClient, clock: HandClock, url: str
) -> None:
    clock.advance(seconds=WEEK_S + 1)
    answers = [client.post(url) for _ in range(8)]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert len(mails_of(world)) == 2


def test_another_site_can_not_have_letters_sent(world: World, client: FlaskClient, url: str) -> None:
    assert client.post(url, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert len(mails_of(world)) == 1


def mailed_link(world: World) -> str:
    return "/d/" + mails_of(world)[-1]["text"].partition("/d/")[2].split()[0]


def mail_touches(world: World) -> int:
    return sum(touch.is_mailed for touch in rows_of(world, Touch))


@pytest.mark.both_databases
def test_the_letters_link_is_a_touch_and_the_page_of_thanks_is_none(
    world: World, client: FlaskClient, clock: HandClock, url: str
) -> None:
    clock.advance(hours=1)
    client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    assert client.get(url).status_code == 200  # as the page of thanks gives it
    assert client.head(mailed_link(world)).status_code == 200
    assert client.get(mailed_link(world), headers={"Sec-GPC": "1"}).status_code == 200
    assert client.get(mailed_link(world), headers={"User-Agent": "GoogleImageProxy (bot)"}).status_code == 200
    assert mail_touches(world) == 0
    for _time in range(2):
        answer = client.get(mailed_link(world))
        assert (answer.status_code, answer.data) == (200, pdf_bytes())
        assert mail_touches(world) == 1


def test_a_letters_link_that_has_expired_was_followed_too(
    world: World, client: FlaskClient, clock: HandClock, url: str
) -> None:
    client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    clock.advance(seconds=WEEK_S + 1)
    assert client.get(mailed_link(world)).status_code == 410
    assert mail_touches(world) == 1


@pytest.mark.parametrize("level,touches", [("0", 0), ("2", 1)])
def test_at_level_0_nobody_is_followed(
    environ: dict[str, str], request: pytest.FixtureRequest, level: str, touches: int, clock: HandClock
) -> None:
    environ["PERCHOIR_IDENTITY_LEVEL"] = level
    world: World = request.getfixturevalue("world")
    client: FlaskClient = request.getfixturevalue("client")
    claim(world, make_page(world))
    clock.advance(hours=1)
    client.get(mailed_link(world), headers={"User-Agent": FIREFOX})
    assert mail_touches(world) == touches


def test_a_letters_link_stands_in_the_journey(
    world: World, client: FlaskClient, clock: HandClock, url: str, staff: Callable[..., FlaskClient]
) -> None:
    clock.advance(hours=1)
    client.get(mailed_link(world), headers={"User-Agent": FIREFOX})
    [delivery] = rows_of(world, Delivery)
    assert "Came by a link in our mail" in staff("sales").get(f"/leads/{delivery.lead_id}").text
    [conversion] = rows_of(world, Conversion)
    assert "A link in our mail" in staff("marketer").get(f"/conversions/{conversion.id}").text
