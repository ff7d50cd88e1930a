"""The API as a story uses it: one call a line, and a refusal ends the story."""

from typing import Any

import requests

from campaigns.demo import pdf
from campaigns.kernel.codes import new_id

FIELDS = [
    {"name": "email", "label": "E-mail address", "kind": "email", "required": True},
    {"name": "school", "label": "Your school", "kind": "text", "required": False},
]
CONSENTS = [{"purpose": "news", "text": "Write to me about my school’s magazine."}]
PRICE = {"amount": 21_000, "currency": "EUR"}


IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/22B83 "
    "Twitter for iPhone/11.2"
)


def come(url: str, email: str, **answers: str) -> None:
    """A prospect of X's app follows a link and sends the form, without a browser."""
    session = requests.Session()
    session.headers["User-Agent"] = IPHONE
    page = session.get(url, timeout=30)
    thanks = session.post(page.url, data={"email": email, **answers}, timeout=30)
    assert "/thanks" in thanks.url, thanks.text


class Machine:
    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def __call__(self, method: str, path: str, **more: Any) -> Any:
        answer = self.session.request(method, f"{self.url}/api/v1{path}", timeout=30, **more)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def campaign(self, name: str) -> Any:
        return self("POST", "/campaigns", json={"name": name})

    def coupon(self, campaign: dict[str, Any], **more: Any) -> Any:
        """30 % off 210 €."""
        plain = {"kind": "coupon", "title": "30% off your first year", "percent_off": 30, "price": PRICE}
        return self("POST", f"/campaigns/{campaign['id']}/offers", json=plain | more)

    def paper(self, campaign: dict[str, Any], document: bytes | None = None) -> Any:
        """A white paper with its PDF."""
        paper = self(
            "POST", f"/campaigns/{campaign['id']}/offers", json={"kind": "white_paper", "title": "Six Fridays"}
        )
        self("PUT", f"/offers/{paper['id']}/paper", data=document or pdf("Six Fridays", 3),
             headers={"Content-Type": "application/pdf"})  # fmt: skip
        return paper

    def put_online(self, offer: dict[str, Any], slug: str, locale: str = "en") -> Any:
        """A landing page of an offer."""
        return self(
            "POST", f"/offers/{offer['id']}/pages",
            json={"slug": slug, "locale": locale, "headline": offer["title"], "body": "**Six** Fridays.",
                  "fields": FIELDS, "consents": CONSENTS, "published": True},
        )  # fmt: skip

    def tweet_out(self, offer: dict[str, Any], text: str) -> Any:
        """A tweet that is to leave at once, in words of its own: the same twice are refused."""
        text = f"{text} {new_id()[-6:]}"
        tweet = self(
            "POST", "/tweets", json={"campaign_id": offer["campaign_id"], "offer_id": offer["id"], "text": text}
        )
        self("POST", f"/tweets/{tweet['id']}/publish")
        return tweet

    def state_of(self, tweet: dict[str, Any]) -> Any:
        return self("GET", f"/tweets/{tweet['id']}")["state"]

    def report(self, campaign: dict[str, Any]) -> Any:
        return self("GET", f"/campaigns/{campaign['id']}/report")
