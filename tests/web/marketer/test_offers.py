"""Offers: a white paper with its PDF, a coupon with its terms."""

import io
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from campaigns.planning import offers
from campaigns.planning.offers import Offer
from campaigns.world import World
from tests.makers.planning import make_campaign, make_coupon, make_page, make_white_paper, pdf_bytes
from tests.makers.pressed import field, opened, press, soup, told_beside

Staff = Callable[..., FlaskClient]


def offer_of(world: World, location: str) -> Offer:
    with world.db.read() as session:
        return offers.find(session, location.split("/offers/")[1][:36])


def upload(client: FlaskClient, offer: Offer, content: bytes, name: str = "guide.pdf") -> object:
    return press(client, f"/offers/{offer.id}", "the PDF", {"paper": (io.BytesIO(content), name)})


def test_a_white_paper_is_offered_and_gets_its_pdf(world: World, staff: Staff) -> None:
    campaign, marketer = make_campaign(world), staff("marketer")
    path = f"/campaigns/{campaign.id}/offers/new?kind=white_paper"
    made = press(marketer, path, "Go on to the PDF", {"title": "Six Fridays"})
    assert made.status_code == 303
    offer = offer_of(world, made.location)
    answer = upload(marketer, offer, pdf_bytes(3), "six-fridays.pdf")
    assert answer.status_code == 303  # type: ignore[attr-defined]
    page = opened(marketer, f"/offers/{offer.id}")
    facts = [each.get_text(strip=True) for each in page.select(".facts dd")]
    assert facts[:2] == ["six-fridays.pdf", "3"]
    cover = marketer.get(page.select_one(".paper img")["src"])  # type: ignore[index, arg-type]
    assert cover.content_type == "image/webp"
    assert cover.data[8:12] == b"WEBP"


@pytest.mark.parametrize(
    "content,told",
    [(b"<html>no", "This isn’t a PDF"), (b"%PDF-1.7 cut", "can’t be read"), (b"", "This isn’t a PDF")],
)
def test_what_is_no_pdf_is_refused_beside_the_field(world: World, staff: Staff, content: bytes, told: str) -> None:
    offer = make_white_paper(world, paper=False)
    answer = upload(staff("marketer"), offer, content)
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert told in told_beside(soup(answer), "White paper, as a PDF")  # type: ignore[arg-type]


def test_a_locked_pdf_is_refused_and_the_one_before_stays(world: World, staff: Staff) -> None:
    offer, marketer = make_white_paper(world), staff("marketer")
    answer = upload(marketer, offer, pdf_bytes(password="secret"))
    assert "locked by a password" in told_beside(soup(answer), "White paper, as a PDF")  # type: ignore[arg-type]
    assert marketer.get(f"/offers/{offer.id}/cover.webp").status_code == 200


def test_no_file_at_all_is_told(world: World, staff: Staff) -> None:
    offer = make_white_paper(world, paper=False)
    answer = press(staff("marketer"), f"/offers/{offer.id}", "Upload the PDF")
    assert "Upload the white paper first" in told_beside(soup(answer), "White paper, as a PDF")


def test_a_file_a_little_too_large_is_refused_beside_the_field(
    environ: dict[str, str], request: pytest.FixtureRequest
) -> None:
    environ["PERCHOIR_PAPER_MAX_BYTES"] = "10000"
    world, staff = request.getfixturevalue("world"), request.getfixturevalue("staff")
    offer = make_white_paper(world, paper=False)
    answer = upload(staff("marketer"), offer, b"%PDF-" + b"x" * 200_000)
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert "0.2 MB" in told_beside(soup(answer), "White paper, as a PDF")  # type: ignore[arg-type]


def test_a_file_far_too_large_is_not_even_read(world: World, staff: Staff) -> None:
    offer = make_white_paper(world, paper=False)
    answer = staff("marketer").post(
        f"/offers/{offer.id}/paper", content_type="multipart/form-data; boundary=b",
        environ_overrides={"CONTENT_LENGTH": "60000000"},
    )  # fmt: skip
    assert answer.status_code == 413


def test_a_form_without_a_file_stays_small(world: World, staff: Staff) -> None:
    campaign = make_campaign(world)
    path = f"/campaigns/{campaign.id}/offers/new?kind=white_paper"
    assert press(staff("marketer"), path, "Go on", {"title": "x" * 70_000}).status_code == 413


def test_a_cover_is_for_members_only(world: World, staff: Staff, client: FlaskClient) -> None:
    offer = make_white_paper(world)
    assert client.get(f"/offers/{offer.id}/cover.webp").status_code == 302
    assert staff("sales").get(f"/offers/{offer.id}/cover.webp").status_code == 403


def test_a_coupon_is_offered_and_leads_on_to_its_page(world: World, staff: Staff) -> None:
    campaign, marketer = make_campaign(world), staff("marketer")
    made = press(marketer, f"/campaigns/{campaign.id}/offers/new?kind=coupon", "Go on to its page", {
        "title": "30% off", "percent_off": "30", "price": "210,00", "currency": "EUR", "stock": "400",
        "expires_on": "2026-12-13",
    })  # fmt: skip
    assert made.status_code == 303
    assert made.location.split("?")[0].endswith("/pages/new")
    offer = offer_of(world, made.location)
    assert (offer.percent_off, offer.price_amount, offer.stock) == (30, 21_000, 400)
    listed = opened(marketer, f"/campaigns/{campaign.id}/offers").get_text(" ", strip=True)
    assert "30% off" in listed
    assert "instead of €210.00" in listed


def test_a_coupon_that_is_wrong_hears_all_of_it_and_keeps_what_was_typed(world: World, staff: Staff) -> None:
    campaign = make_campaign(world)
    answer = press(staff("marketer"), f"/campaigns/{campaign.id}/offers/new?kind=coupon", "Go on to its page", {
        "title": "", "percent_off": "thirty", "price": "cheap", "stock": "0", "expires_on": "2020-01-01",
    })  # fmt: skip
    page = soup(answer)
    assert answer.status_code == 422
    assert told_beside(page, "Title")
    assert told_beside(page, "Percent off") == "Write a whole number"
    assert told_beside(page, "Full price")
    assert told_beside(page, "Number of codes")
    assert field(page, "Percent off")["value"] == "thirty"
    assert field(page, "Full price")["value"] == "cheap"


def test_a_coupon_takes_a_percentage_or_an_amount(world: World, staff: Staff) -> None:
    campaign, marketer = make_campaign(world), staff("marketer")
    path = f"/campaigns/{campaign.id}/offers/new?kind=coupon"
    both = soup(press(marketer, path, "Go on", {"title": "Both", "percent_off": "10", "amount_off": "5"}))
    assert "one of the two" in told_beside(both, "Percent off")
    amount = press(marketer, path, "Go on", {"title": "Five", "amount_off": "5", "currency": "CHF"})
    assert offer_of(world, amount.location).amount_off == 500


def test_what_is_given_out_already_stays(world: World, staff: Staff) -> None:
    offer = make_coupon(world)
    with world.db.write() as session:
        assert offers.take_one(session, offer.id)
    page = soup(press(staff("marketer"), f"/offers/{offer.id}", "Save the changes", {"percent_off": "90"}))
    assert "can’t change any more" in told_beside(page, "Percent off")
    assert "1 code is given out" in page.get_text()


def test_a_stock_below_what_was_given_out_is_refused(world: World, staff: Staff) -> None:
    offer, marketer = make_coupon(world), staff("marketer")
    with world.db.write() as session:
        assert offers.take_one(session, offer.id)
        assert offers.take_one(session, offer.id)
    page = soup(press(marketer, f"/offers/{offer.id}", "Save the changes", {"stock": "1"}))
    assert "2 codes are given out already" in told_beside(page, "Number of codes")
    assert press(marketer, f"/offers/{offer.id}", "Save the changes", {"stock": "60"}).status_code == 303


def test_an_offer_lists_its_pages(world: World, staff: Staff) -> None:
    offer = make_coupon(world)
    page = make_page(world, offer, slug="first-year", headline="Your first year")
    html = opened(staff("marketer"), f"/offers/{offer.id}")
    assert html.find("a", href=f"/pages/{page.id}", string="Your first year")
    assert html.find("a", href="/p/first-year")


@pytest.mark.parametrize("path", ["/offers/0193a1b2-0000-7000-8000-00000000000a", "/offers/x", "/pages/1"])
def test_what_isnt_there_is_a_page_that_says_so(staff: Staff, path: str) -> None:
    assert staff("marketer").get(path).status_code == 404


def test_an_unknown_kind_of_offer_is_not_there(world: World, staff: Staff) -> None:
    path = f"/campaigns/{make_campaign(world).id}/offers/new?kind=survey"
    assert staff("marketer").get(path).status_code == 404
