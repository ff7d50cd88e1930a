"""The API as a story uses it: one call a line, and a refusal ends the story."""

from typing import Any

import requests


class Machine:
    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def __call__(self, method: str, path: str, **more: Any) -> Any:
        answer = self.session.request(method, f"{self.url}/api/v1{path}", timeout=30, **more)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


FIELDS = [
    {"name": "email", "label": "E-mail address", "kind": "email", "required": True},
    {"name": "school", "label": "Your school", "kind": "text", "required": False},
]
CONSENTS = [{"purpose": "news", "text": "Write to me about my school’s magazine."}]


def put_online(api: Machine, campaign: dict[str, Any], offer: dict[str, Any], slug: str) -> Any:
    """A landing page of an offer, online."""
    return api(
        "POST", f"/offers/{offer['id']}/pages",
        json={"slug": slug, "locale": "en", "headline": offer["title"], "body": "**Six** Fridays.", "fields": FIELDS,
              "consents": CONSENTS, "published": True},
    )  # fmt: skip


def tweet_out(api: Machine, campaign: dict[str, Any], offer: dict[str, Any], text: str) -> Any:
    """A tweet that is to leave at once."""
    tweet = api("POST", "/tweets", json={"campaign_id": campaign["id"], "offer_id": offer["id"], "text": text})
    api("POST", f"/tweets/{tweet['id']}/publish")
    return tweet
