from typing import Any

import pytest

from campaigns.tracking import bots
from campaigns.tracking.requests import Request, judge, kept_text, purpose_of

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def _request(**more: Any) -> Request:
    return Request(
        **(
            {"method": "GET", "code": "a", "agent": FIREFOX, "referrer": "", "address": "192.0.2.1", "headers": {}}
            | more
        )
    )


def _judged(*, is_dead: bool = False, **more: Any) -> str:
    request = _request(**more)
    return judge(
        method=request.method,
        purpose=purpose_of(request.headers),
        is_machine=bots.is_bot(kept_text(request.agent)),
        is_member=request.member,
        is_dead=is_dead,
    )


def test_a_persons_get_is_a_click() -> None:
    assert _judged() == "human"


@pytest.mark.parametrize(
    "more,klass",
    [
        ({"method": "HEAD"}, "bot"),
        ({"method": "OPTIONS"}, "bot"),
        ({"agent": ""}, "bot"),
        ({"agent": "Twitterbot/1.0"}, "bot"),
        ({"agent": "\x00\n"}, "bot"),
        ({"headers": {"Sec-Purpose": "prefetch;prerender"}}, "prefetch"),
        ({"headers": {"Sec-Purpose": "prerender"}}, "prefetch"),
        ({"headers": {"Purpose": "Prefetch"}}, "prefetch"),
        ({"headers": {"X-Moz": "prefetch"}}, "prefetch"),
        ({"headers": {"X-Purpose": "preview"}}, "preview"),
        ({"headers": {"Purpose": "preview"}}, "preview"),
        ({"member": True}, "internal"),
    ],
)
def test_what_is_never_a_click(more: dict[str, Any], klass: str) -> None:
    assert _judged(**more) == klass


def test_a_link_that_leads_nowhere_is_dead_whoever_asks() -> None:
    assert _judged(agent="Twitterbot/1.0", is_dead=True) == "dead_link"
    assert _judged(method="HEAD", is_dead=True) == "dead_link"
    assert _judged(member=True, is_dead=True) == "dead_link"
    assert _judged(is_dead=True) == "dead_link"


@pytest.mark.parametrize("headers,private", [({"Sec-GPC": "1"}, True), ({"DNT": "1"}, True), ({"DNT": "0"}, False)])
def test_who_asks_not_to_be_followed_isnt(headers: dict[str, str], private: bool) -> None:
    assert _request(headers=headers).is_private is private


@pytest.mark.parametrize("text", ["\ud800\udfff", "a" * 10_000, "\x00\x1b[31m", "e\u0301" * 600, "\u202e؟"])
def test_what_is_kept_of_a_strangers_text_fits_any_database(text: str) -> None:
    kept = kept_text(text)
    assert len(kept) <= 500
    assert kept.isprintable()
    assert kept.encode()
