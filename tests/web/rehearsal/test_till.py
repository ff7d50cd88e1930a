"""/rehearsal/till: from the coupon to money that came and went back, without a card."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from campaigns.flows.open_checkout import open_checkout
from campaigns.selling import coupons
from campaigns.selling.sales import Sale, StripeEvent
from campaigns.world import World
from tests.makers.selling import Buyer, make_buyer
from tests.web.doors import csrf
from web import create_app

Staff = Callable[..., FlaskClient]
BACK, AWAY = "http://localhost/p/x/paid?claim=c", "http://localhost/p/x/thanks?claim=c"


def opened(world: World, **more: Any) -> tuple[Buyer, str]:
    """A buyer and the path of the payment page."""
    buyer = make_buyer(world, **more)
    url = open_checkout(world, buyer.coupon_id, "en", BACK, AWAY)
    return buyer, url.removeprefix("http://localhost")


def sale_of(world: World) -> Sale:
    with world.db.read() as session:
        return session.scalars(select(Sale)).one()


def sales_count(world: World) -> int:
    with world.db.read() as session:
        return len(session.scalars(select(Sale)).all())


def test_a_stranger_sees_what_is_paid_and_the_code(world: World, client: FlaskClient) -> None:
    buyer, path = opened(world)
    page = client.get(path)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "private, no-store"
    told = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))
    assert "Price €120.00" in told
    assert f"Code {buyer.code} −€24.00" in told
    assert "To pay €96.00" in told
    assert "The shop’s side" not in told


@pytest.mark.both_databases
def test_paying_is_a_rehearsed_sale_and_leads_back_to_the_shop(world: World, client: FlaskClient) -> None:
    buyer, path = opened(world)
    answer = client.post(f"{path}/pay")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/p/x/paid?claim=c")
    sale = sale_of(world)
    assert (sale.amount, sale.currency, sale.state, sale.rehearsed) == (9_600, "EUR", "paid", True)
    assert (sale.lead_id, sale.found_by) == (buyer.lead_id, "reference")
    with world.db.read() as session:
        assert coupons.find(session, buyer.coupon_id).redeemed_at == world.clock.now()


def test_paying_twice_is_one_sale(world: World, client: FlaskClient) -> None:
    _, path = opened(world)
    assert [client.post(f"{path}/pay").status_code for _ in range(3)] == [303, 303, 303]
    assert sales_count(world) == 1


def test_a_page_that_lapsed_takes_no_money_and_frees_the_code(world: World, client: FlaskClient) -> None:
    buyer, path = opened(world)
    answer = client.post(f"{path}/lapse")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/p/x/thanks?claim=c")
    assert "Lapsed" in client.get(path).text
    assert client.post(f"{path}/pay").status_code == 410
    assert sales_count(world) == 0
    again = open_checkout(world, buyer.coupon_id, "en", BACK, AWAY)
    assert not again.endswith(path)


def test_a_page_that_was_paid_does_not_lapse(world: World, client: FlaskClient) -> None:
    _, path = opened(world)
    client.post(f"{path}/pay")
    assert client.post(f"{path}/lapse").status_code == 410
    assert sale_of(world).state == "paid"


def test_a_code_that_pays_everything_is_confirmed(world: World, client: FlaskClient) -> None:
    buyer, path = opened(world, percent_off=100)
    assert "Confirm, nothing to pay" in client.get(path).text
    client.post(f"{path}/pay")
    assert (sale_of(world).amount, sale_of(world).coupon_id) == (0, buyer.coupon_id)


def test_members_give_money_back_in_part_then_whole(world: World, staff: Staff) -> None:
    _, path = opened(world)
    client = staff("marketer")
    token = csrf(client)
    client.post(f"{path}/pay")
    page = client.post(f"{path}/refund", data={"csrf_token": token, "amount": "46.50"}, follow_redirects=True)
    assert "Given back in part" in page.text
    assert "€49.50 at most" in page.text
    assert (sale_of(world).state, sale_of(world).refunded) == ("partly_refunded", 4_650)
    client.post(f"{path}/refund", data={"csrf_token": token, "all": "yes", "amount": ""})
    assert (sale_of(world).state, sale_of(world).refunded) == ("refunded", 9_600)
    assert "Give back this part" not in client.get(path).text


@pytest.mark.parametrize("amount", ["", "x", "0", "-5", "96.01", "1e9", "9" * 400, "\x00", "NaN", "1,005.005"])
def test_an_amount_that_can_t_be_given_back_is_told_beside_the_field(world: World, staff: Staff, amount: str) -> None:
    _, path = opened(world)
    client = staff("marketer")
    token = csrf(client)
    client.post(f"{path}/pay")
    page = client.post(f"{path}/refund", data={"csrf_token": token, "amount": amount})
    assert page.status_code == 422
    assert 'class="error"' in page.text
    assert sale_of(world).refunded == 0


def test_the_message_delivered_again_changes_nothing(world: World, staff: Staff) -> None:
    _, path = opened(world)
    client = staff("admin")
    token = csrf(client)
    client.post(f"{path}/pay")
    page = client.post(f"{path}/again", data={"csrf_token": token}, follow_redirects=True)
    assert "It is still one sale" in page.text
    with world.db.read() as session:
        assert len(session.scalars(select(StripeEvent)).all()) == 1


def test_the_message_of_a_payment_that_was_not_made_is_not_sent(world: World, staff: Staff) -> None:
    _, path = opened(world)
    client = staff("admin")
    client.post(f"{path}/again", data={"csrf_token": csrf(client)})
    assert sales_count(world) == 0


def test_a_stranger_gives_nothing_back(world: World, client: FlaskClient) -> None:
    _, path = opened(world)
    client.post(f"{path}/pay")
    for what in ("refund", "again"):
        assert client.post(f"{path}/{what}", data={"all": "yes"}).status_code == 302
    assert sale_of(world).state == "paid"


def test_no_member_s_form_is_taken_without_its_token(world: World, staff: Staff) -> None:
    _, path = opened(world)
    client = staff("marketer")
    client.post(f"{path}/pay")
    assert client.post(f"{path}/refund", data={"all": "yes"}).status_code == 403
    assert sale_of(world).refunded == 0


def test_another_site_s_form_pays_nothing(world: World, client: FlaskClient) -> None:
    _, path = opened(world)
    for what in ("pay", "lapse"):
        assert client.post(f"{path}/{what}", headers={"Origin": "https://evil.example"}).status_code == 403
        assert client.post(f"{path}/{what}", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert sales_count(world) == 0


@pytest.mark.parametrize("checkout_id", ["x", "cs_rehearsal_0", "é", "%00", "a" * 300])
def test_a_payment_that_isn_t_there(client: FlaskClient, checkout_id: str) -> None:
    path = f"/rehearsal/till/{checkout_id}"
    assert [client.get(path).status_code, client.post(f"{path}/pay").status_code] == [404, 404]


def test_once_stripe_is_connected_the_till_is_closed(world: World, client: FlaskClient) -> None:
    _, path = opened(world)
    connected = replace(world, payments=Connected())  # type: ignore[arg-type]  # nobody asks it anything
    real = create_app(connected).test_client()
    assert real.get(path).status_code == 404
    assert real.post(f"{path}/pay").status_code == 404
    assert sales_count(world) == 0


class Connected:
    """Stripe itself."""

    rehearses = False


def test_the_list_shows_each_payment_with_its_state(world: World, staff: Staff) -> None:
    _, path = opened(world)
    client = staff("sales")
    assert "To be paid" in client.get("/rehearsal/till").text
    client.post(f"{path}/pay")
    page = client.get("/rehearsal/till").text
    assert "To be paid" not in page
    assert f'href="{path}"' in page
    assert "€96.00" in page


def test_before_the_first_payment_the_list_says_when_one_comes(staff: Staff) -> None:
    assert "No payment yet" in staff("admin").get("/rehearsal/till").text
