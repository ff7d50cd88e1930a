"""POST /p/<slug>/pay and GET /p/<slug>/paid: from the thanks page to the money and back."""

from dataclasses import replace
from datetime import date

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from campaigns.flows.settle_payment import settle_payment
from campaigns.planning import pages
from campaigns.ports import CheckoutTerms, Later, OpenCheckout
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.planning import make_page
from tests.makers.selling import HOOK, Buyer, make_buyer, till
from web import create_app


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | HOOK


def slug_of(world: World, buyer: Buyer) -> str:
    with world.db.read() as session:
        return pages.find(session, buyer.place.page_id).slug


def token_of(world: World, buyer: Buyer) -> str:
    return world.signer.sign("claim", [buyer.lead_id, buyer.coupon_id, None], world.clock.now())


def pay(client: FlaskClient, world: World, buyer: Buyer, token: str | None = None, **headers: str) -> TestResponse:
    claim = token_of(world, buyer) if token is None else token
    return client.post(f"/p/{slug_of(world, buyer)}/pay", data={"claim": claim}, headers=headers)


def back(client: FlaskClient, world: World, buyer: Buyer) -> str:
    answer = client.get(f"/p/{slug_of(world, buyer)}/paid?claim={token_of(world, buyer)}")
    assert answer.status_code == 200
    return answer.text


def test_the_button_leads_to_the_payment_page_and_no_cookie_is_set(client: FlaskClient, world: World) -> None:
    answer = pay(client, world, make_buyer(world))
    assert answer.status_code == 303
    assert answer.location.startswith("/rehearsal/till/cs_rehearsal_")
    assert "Set-Cookie" not in answer.headers


def test_the_thanks_page_has_the_button_and_its_policy_lets_it_lead_to_stripe(
    client: FlaskClient, world: World
) -> None:
    buyer = make_buyer(world)
    answer = client.get(f"/p/{slug_of(world, buyer)}/thanks?claim={token_of(world, buyer)}")
    assert f'action="/p/{slug_of(world, buyer)}/pay"' in answer.text
    assert "form-action 'self' https://checkout.stripe.com;" in answer.headers["Content-Security-Policy"]


def test_it_says_waiting_until_the_message_of_the_money_came(client: FlaskClient, world: World) -> None:
    buyer = make_buyer(world)
    pay(client, world, buyer)
    assert "We are waiting for the payment" in back(client, world, buyer)
    paying = till(world).of(client_reference_id=buyer.lead_id, metadata={"coupon_id": buyer.coupon_id})
    settle_payment(world, *paying.completed("unpaid"))
    assert "We are waiting for the payment" in back(client, world, buyer)
    settle_payment(world, *paying.succeeded())
    shown = back(client, world, buyer)
    assert "Paid, thank you" in shown
    assert "€96" in shown


def test_a_payment_that_failed_says_so_and_leads_back_to_the_code(client: FlaskClient, world: World) -> None:
    buyer = make_buyer(world)
    settle_payment(world, *till(world).of(metadata={"coupon_id": buyer.coupon_id}).failed())
    shown = back(client, world, buyer)
    assert "The payment didn’t go through" in shown
    assert f"/p/{slug_of(world, buyer)}/thanks?claim=" in shown


def test_a_used_code_pays_nothing_and_the_page_says_it(client: FlaskClient, world: World) -> None:
    buyer = make_buyer(world)
    settle_payment(world, *till(world).of(metadata={"coupon_id": buyer.coupon_id}).completed())
    answer = pay(client, world, buyer)
    assert (answer.status_code, "This code was used already" in answer.text) == (410, True)


def test_a_code_past_its_day_pays_nothing(client: FlaskClient, world: World, clock: HandClock) -> None:
    buyer = make_buyer(world, expires_on=date(2026, 11, 2))
    clock.advance(hours=15)
    answer = pay(client, world, buyer)
    assert (answer.status_code, "This code has expired" in answer.text) == (410, True)


def test_while_stripe_is_away_the_code_is_shown_and_kept(world: World) -> None:
    class AwayStripe:
        rehearses = False

        def __getattr__(self, name: str) -> object:
            return getattr(world.payments, name)

        def open_checkout(self, terms: CheckoutTerms) -> OpenCheckout:
            raise Later("stripe_down", terms.key)

    away = replace(world, payments=AwayStripe())  # type: ignore[arg-type]
    buyer = make_buyer(world)
    answer = pay(create_app(away).test_client(), world, buyer)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert buyer.code in answer.text
    assert "Your code is kept" in answer.text


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_another_site_s_page_can_t_press_the_button(client: FlaskClient, world: World, headers: dict[str, str]) -> None:
    assert pay(client, world, make_buyer(world), **headers).status_code == 403


def test_a_claim_that_isn_t_ours_or_is_of_another_offer_opens_nothing(client: FlaskClient, world: World) -> None:
    buyer, other = make_buyer(world), make_buyer(world, email="ben@school.example")
    token = token_of(world, buyer)
    forged = token[:-12] + ("A" if token[-12] != "A" else "B") + token[-11:]
    assert [pay(client, world, buyer, each).status_code for each in ("", "x", forged)] == [403] * 3
    assert pay(client, world, other, token).status_code == 403
    assert client.get(f"/p/{slug_of(world, other)}/paid?claim={token}").status_code == 403


def test_a_claim_of_a_paper_has_nothing_to_pay(client: FlaskClient, world: World) -> None:
    page = make_page(world)
    token = world.signer.sign("claim", ["l", None, None], world.clock.now())
    assert client.post(f"/p/{page.slug}/pay", data={"claim": token}).status_code == 403


def test_who_has_paid_is_told_so_though_the_page_was_closed_meanwhile(client: FlaskClient, world: World) -> None:
    buyer = make_buyer(world)
    settle_payment(world, *till(world).of(metadata={"coupon_id": buyer.coupon_id}).completed())
    with world.db.write() as session:
        pages.close(session, pages.find(session, buyer.place.page_id, to_change=True), world.clock.now())
    assert "Paid, thank you" in back(client, world, buyer)


def test_who_comes_back_days_later_is_still_told(client: FlaskClient, world: World, clock: HandClock) -> None:
    buyer = make_buyer(world)
    token, path = token_of(world, buyer), f"/p/{slug_of(world, buyer)}"
    clock.advance(days=9)
    assert pay(client, world, buyer, token).status_code == 410
    assert "We are waiting for the payment" in client.get(f"{path}/paid?claim={token}").text
    clock.advance(days=7)
    assert client.get(f"{path}/paid?claim={token}").status_code == 410


def test_a_robot_that_presses_it_without_end_is_asked_to_wait(client: FlaskClient, world: World) -> None:
    buyer = make_buyer(world)
    told = [pay(client, world, buyer).status_code for _ in range(21)]
    assert (set(told[:20]), told[20]) == ({303}, 429)


def test_the_page_speaks_its_own_language(client: FlaskClient, world: World) -> None:
    buyer = make_buyer(world)
    with world.db.write() as session:
        page = pages.find(session, buyer.place.page_id, to_change=True)
        page.locale = "fr"
    assert "Nous attendons le paiement" in back(client, world, buyer)
