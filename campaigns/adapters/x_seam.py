"""How X is spoken to: one request at a time, by a setting's address, and what each answer, or none, means.

The seam is the session that tweepy sends through. It points the request at our setting before it is signed, sets the
timeouts that tweepy lacks and keeps the answer, so that outcomes are told by status and body and not by
tweepy's exceptions (a list for a body is an AttributeError there).
"""

import ssl
from datetime import UTC, datetime
from typing import Any, Never

import requests
import tweepy
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProxyError, SSLError

from campaigns.ports import Later, Refused, Unknown

TWEEPY_HOST = "https://api.twitter.com"
TIMEOUT_S = (5, 30)

FIELDS = ("tweet.fields", "post.fields")
"""X renamed the first into the second in 2026-08 and doesn't say whether it still takes both."""


FAULTS = (requests.RequestException, tweepy.TweepyException, AttributeError, KeyError, TypeError, ValueError)
"""What tweepy makes of an answer or of none; the answer itself tells what happened."""


class Seam(requests.Session):
    """The session between tweepy and X; lives for one call.

    A connection kept open and closed meanwhile by X would make a post's outcome unknown without need.
    """

    def __init__(self, base: str, fields: str, *, user_auth: bool) -> None:
        super().__init__()
        self._base, self._fields, self.user_auth = base, fields, user_auth
        self.last: requests.Response | None = None

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        self.last = None
        kwargs |= {"timeout": TIMEOUT_S, "allow_redirects": False}
        if kwargs.get("params"):
            kwargs["params"] = {
                self._fields if name in FIELDS else name: value for name, value in kwargs["params"].items()
            }
        self.last = super().request(method, self._base + str(url).removeprefix(TWEEPY_HOST), *args, **kwargs)
        return self.last


def read(
    client: tweepy.Client,
    seam: Seam,
    method: str,
    route: str,
    params: dict[str, Any] | None = None,
    *,
    json: dict[str, Any] | None = None,
    missing_is_fine: bool = False,
    empty_is_fine: bool = False,
) -> dict[str, Any]:
    """The answer to what may be asked again. Raises Refused and Later.

    | argument | meaning |
    |---|---|
    | missing_is_fine | a 404 is {} |
    | empty_is_fine | so is a success without a word |
    """
    try:
        client.request(method, route, params=params, json=json, user_auth=seam.user_auth)
    except FAULTS as fault:
        if seam.last is None:
            raise Later("x_down", _name(fault)) from None
    response = seam.last
    assert response is not None
    if response.status_code == 404 and missing_is_fine:
        return {}
    if not is_success(response):
        sort_status(response)
    if empty_is_fine and not response.content:
        return {}
    return body_of(response)


def body_of(response: requests.Response) -> dict[str, Any]:
    """The JSON object of an answer. Raises Later."""
    try:
        body = response.json()
    except requests.JSONDecodeError:
        raise Later("x_down", "an answer that isn't JSON") from None
    if not isinstance(body, dict):
        raise Later("x_down", "an answer of another shape")
    return body


def sort_post(response: requests.Response | None, fault: Exception) -> Never:
    """Raise what the outcome of a post is."""
    if response is None:
        if _never_left(fault):
            raise Later("x_down", _name(fault)) from None
        raise Unknown(_name(fault)) from None
    status = response.status_code
    if status >= 500 or status == 408 or is_success(response):  # a success that can't be read
        raise Unknown(f"{status} {said_in(response)}".strip()) from None
    sort_status(response)


def is_success(response: requests.Response) -> bool:
    """Whether X says that it did it."""
    return 200 <= response.status_code < 300


def _never_left(fault: Exception) -> bool:
    """Whether no connection came about, so that nothing can have been posted."""
    if isinstance(fault, requests.ConnectTimeout):
        return True
    cause = fault.args[0] if isinstance(fault, requests.ConnectionError) and fault.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    if isinstance(reason, ProxyError):
        reason = reason.original_error
    if isinstance(reason, SSLError):
        return bool(reason.args) and isinstance(reason.args[0], ssl.SSLCertVerificationError)
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def sort_status(response: requests.Response) -> Never:
    """Raise Refused or Later for a status that isn't success."""
    status, said = response.status_code, said_in(response)
    if status == 401:
        raise Refused("x_unauthorized", said) from None
    if status == 402:
        raise Later("x_credits", said) from None
    if status == 429:
        raise Later("x_limit", said, _reset(response)) from None
    if status >= 500 or status == 408:
        raise Later("x_down", f"{status} {said}".strip()) from None
    lower = said.lower()
    if status in (400, 403) and ("too long" in lower or "shorter" in lower):
        raise Refused("x_text_too_long", said) from None
    if status == 403 and "update limit" in lower:  # of a day: no status of its own, and it passes too
        raise Later("x_limit", said, _reset(response)) from None
    if status == 403:
        raise Refused("x_duplicate" if "duplicate" in lower else "x_forbidden", said) from None
    raise Refused("x_refused", f"{status} {said}".strip()) from None


def _reset(response: requests.Response) -> datetime | None:
    """When X takes requests again: the latest end of the windows that are used up."""
    ends = []
    for window in ("x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour"):
        if response.headers.get(f"{window}-remaining", "0") == "0":
            end = response.headers.get(f"{window}-reset", "")
            if end.isascii() and end.isdigit() and len(end) <= 10:
                ends.append(int(end))
    return datetime.fromtimestamp(max(ends), UTC) if ends else None


def said_in(response: requests.Response) -> str:
    """X's own words, in the first of the places where it puts them."""
    try:
        body = response.json()
    except requests.JSONDecodeError:
        return response.reason or ""
    if not isinstance(body, dict):
        return response.reason or ""
    errors = body.get("errors")
    first = dict_of(errors[0]) if isinstance(errors, list) and errors else {}
    for words in (body.get("detail"), first.get("message"), first.get("detail"), body.get("title")):
        if isinstance(words, str) and words:
            return words[:300]
    return response.reason or ""


def _name(fault: Exception) -> str:
    return type(fault).__name__


def dict_of(value: Any) -> dict[str, Any]:
    """The value where it is an object; else an empty one."""
    return value if isinstance(value, dict) else {}
