"""The stand-ins that stories lean on: the payment page pays, tells the hook, and leads back."""

import json

import pytest
import requests

from campaigns.adapters.stripe_events import Secrets, read_event
from tests.clock import HandClock
from tests.loopback.server import Answer, Loopback, Request, Trouble
from tests.loopback.stripe import SECRET, FakeStripe, decode_form
from tests.ports.conftest import Compose
from tests.ports.test_payments import CHECKOUT


class Hook(Loopback):
    """Takes messages."""

    def answer(self, request: Request) -> Answer:
        return Answer(204)


def test_the_payment_page_pays_tells_the_hook_and_leads_back(
    composed: Compose, stripe_server: FakeStripe, clock: HandClock
) -> None:
    opened = composed(stripe_server.environ).payments.open_checkout(CHECKOUT)
    assert "Pay 24.50 EUR" in requests.get(opened.url, timeout=5).text
    with Hook() as hook:
        stripe_server.hook = f"{hook.url}/hooks/stripe"
        paid = requests.post(opened.url, timeout=5, allow_redirects=False)
        [message] = hook.asked("POST /hooks/stripe")
    assert paid.headers["Location"] == f"https://feuillet.example/p/cahier/paid?session={opened.stripe_id}"
    event = read_event(message.body, message.headers["stripe-signature"], Secrets((SECRET,)), clock.now())
    assert (event.what, event.object_key) == ("paid", opened.stripe_id)


def test_trouble_comes_as_often_as_it_was_asked_for() -> None:
    with Hook() as hook:
        hook.trouble("POST /a", Trouble(status=503), times=2)
        seen = [requests.post(hook.url + path, timeout=5).status_code for path in ("/a", "/b", "/a", "/a")]
        hook.trouble("POST /", Trouble(cut="silent"), times=None)
        for _ in range(3):
            with pytest.raises(requests.ConnectionError):
                requests.post(hook.url + "/a", timeout=5)
        hook.calm()
        seen.append(requests.post(hook.url + "/a", timeout=5).status_code)
    assert seen == [503, 204, 503, 204, 204]


def test_a_bracketed_form_is_what_it_means() -> None:
    form = "mode=payment&line_items[0][price_data][currency]=eur&line_items[0][quantity]=1&metadata[a%20b]=%C3%A9"
    assert decode_form(form) == {
        "mode": "payment",
        "line_items": [{"price_data": {"currency": "eur"}, "quantity": "1"}],
        "metadata": {"a b": "é"},
    }
    assert json.dumps(decode_form("")) == "{}"
