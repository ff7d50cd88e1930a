"""X through tweepy: one request a call, an honest answer to each.

The seam is the session that tweepy sends through. It points the request at our setting before it is signed, sets the
timeouts that tweepy lacks and keeps the answer, so that outcomes are told by status and body and not by
tweepy's exceptions (a list for a body is an AttributeError there).
"""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Never

import requests
import tweepy
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProxyError, SSLError

from campaigns.adapters import loggers
from campaigns.kernel.db import forbid_open
from campaigns.ports import PLAIN, Access, Account, Clock, Extras, Later, Metrics, Post, Refused, Unknown
from campaigns.publishing.addresses import moment_of
from campaigns.settings import Settings

TWEEPY_HOST = "https://api.twitter.com"
TIMEOUT_S = (5, 30)
PAGE_POSTS = 100
COUNTED = ",public_metrics,non_public_metrics"
"""What X counts; the second is told to the owner only, of posts of the last 30 days."""
MOST_PAGES = 32
"""X shows the newest 3,200 posts of a timeline; reading fewer could call a post absent that is there."""

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


class XPublisher:
    """X, by an account's OAuth 1.0a keys, which don't expire, or by its OAuth 2 token.

    | argument | meaning |
    |---|---|
    | access | None: the account that the settings open |
    """

    rehearses = False

    def __init__(self, settings: Settings, clock: Clock, access: Access | None = None) -> None:
        loggers.pin()
        self._settings, self._clock, self._access = settings, clock, access or _own_access(settings)
        self._account: Account | None = None
        self._fields = FIELDS[0]
        self._lock = threading.Lock()

    def whoami(self) -> Account:
        with self._lock:
            if self._account is None:
                with self._call() as (client, seam):
                    body = _read(client, seam, "GET", "/2/users/me")
                data = _data(body)
                self._account = Account(str(data["id"]), str(data["username"]), str(data.get("name", "")))
            return self._account

    def post(self, text: str, extras: Extras = PLAIN) -> Post:
        with self._call() as (client, seam):
            try:
                body = client.create_tweet(text=text, user_auth=seam.user_auth, **_extras(extras))
                x_id = str(body["data"]["id"])
            except FAULTS as fault:
                _sort_post(seam.last, fault)
        return Post(x_id, text, self._clock.now())

    def own_posts(self, since: datetime, *, metrics: bool = False) -> list[Post]:
        route = f"/2/users/{self.whoami().id}/tweets"
        found: list[Post] = []
        params: dict[str, Any] = {
            "start_time": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "max_results": PAGE_POSTS,
            # another's post that we repeated may carry our link too
            "exclude": "retweets",
            FIELDS[0]: f"created_at,entities{COUNTED}" if metrics else "created_at,entities",
        }
        for _ in range(MOST_PAGES):
            body = self._timeline(route, params)
            found += [_post(each) for each in _list(body)]
            token = _dict(body.get("meta")).get("next_token")
            if not token:
                break
            params["pagination_token"] = token
        return found

    def delete(self, x_id: str) -> None:
        if not (x_id.isascii() and x_id.isdigit()):
            raise Refused("x_refused", "no id of a post")
        with self._call() as (client, seam):
            _read(client, seam, "DELETE", f"/2/tweets/{x_id}", missing_is_fine=True)

    def _timeline(self, route: str, params: dict[str, Any]) -> dict[str, Any]:
        """A page of the timeline. A name of the fields that is refused, or passed over, is tried by the other one."""
        try:
            body = self._timeline_page(route, params)
            if all("created_at" in each for each in _list(body)):
                return body
        except Refused as refused:
            if refused.code != "x_refused":
                raise
        self._fields = FIELDS[1] if self._fields == FIELDS[0] else FIELDS[0]
        return self._timeline_page(route, params)

    def _timeline_page(self, route: str, params: dict[str, Any]) -> dict[str, Any]:
        with self._call() as (client, seam):
            return _read(client, seam, "GET", route, params)

    @contextmanager
    def _call(self) -> Iterator[tuple[tweepy.Client, Seam]]:
        forbid_open()
        settings = self._settings
        access, keys = self._access, {}
        if access.kind == "oauth2":
            keys = {"bearer_token": access.token}
        else:
            keys = {
                "consumer_key": settings.x_consumer_key.get_secret_value(),
                "consumer_secret": settings.x_consumer_secret.get_secret_value(),
                "access_token": access.token, "access_token_secret": access.secret,
            }  # fmt: skip
        # waiting for a limit would be a sleep of a quarter of an hour
        client = tweepy.Client(**keys, return_type=dict, wait_on_rate_limit=False)
        client.session.close()
        with Seam(settings.x_api_base, self._fields, user_auth=access.kind == "oauth1") as seam:
            client.session = seam
            yield client, seam


class XPublishers:
    """X, by the accounts that were connected here."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock

    def of(self, access: Access) -> XPublisher:
        return XPublisher(self._settings, self._clock, access)


def _own_access(settings: Settings) -> Access:
    token, secret = settings.x_access_token.get_secret_value(), settings.x_access_token_secret.get_secret_value()
    return Access("oauth1", Account("", "", ""), token, secret)


def _extras(extras: Extras) -> dict[str, Any]:
    """As tweepy names them; what isn't there isn't sent."""
    told: dict[str, Any] = {}
    if extras.reply_to:
        told["in_reply_to_tweet_id"] = extras.reply_to
    if extras.media:
        told["media_ids"] = list(extras.media)
    if extras.poll:
        told |= {"poll_options": list(extras.poll.options), "poll_duration_minutes": extras.poll.minutes}
    if extras.reply_settings != "everyone":
        told["reply_settings"] = extras.reply_settings
    return told


def _read(
    client: tweepy.Client,
    seam: Seam,
    method: str,
    route: str,
    params: dict[str, Any] | None = None,
    *,
    missing_is_fine: bool = False,
) -> dict[str, Any]:
    """The answer to what may be asked again. Raises Refused and Later."""
    try:
        client.request(method, route, params=params, user_auth=seam.user_auth)
    except FAULTS as fault:
        if seam.last is None:
            raise Later("x_down", _name(fault)) from None
    response = seam.last
    assert response is not None
    if response.status_code == 404 and missing_is_fine:
        return {}
    if not _is_success(response):
        _sort_status(response)
    try:
        body = response.json()
    except requests.JSONDecodeError:
        raise Later("x_down", "an answer that isn't JSON") from None
    if not isinstance(body, dict):
        raise Later("x_down", "an answer of another shape")
    return body


def _sort_post(response: requests.Response | None, fault: Exception) -> Never:
    """Raise what the outcome of a post is."""
    if response is None:
        if _never_left(fault):
            raise Later("x_down", _name(fault)) from None
        raise Unknown(_name(fault)) from None
    status = response.status_code
    if status >= 500 or status == 408 or _is_success(response):  # a success that can't be read
        raise Unknown(f"{status} {_said(response)}".strip()) from None
    _sort_status(response)


def _is_success(response: requests.Response) -> bool:
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


def _sort_status(response: requests.Response) -> Never:
    """Raise Refused or Later for a status that isn't success."""
    status, said = response.status_code, _said(response)
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


def _said(response: requests.Response) -> str:
    """X's own words, in the first of the places where it puts them."""
    try:
        body = response.json()
    except requests.JSONDecodeError:
        return response.reason or ""
    if not isinstance(body, dict):
        return response.reason or ""
    errors = body.get("errors")
    first = _dict(errors[0]) if isinstance(errors, list) and errors else {}
    for words in (body.get("detail"), first.get("message"), first.get("detail"), body.get("title")):
        if isinstance(words, str) and words:
            return words[:300]
    return response.reason or ""


def _name(fault: Exception) -> str:
    return type(fault).__name__


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(body: dict[str, Any]) -> list[dict[str, Any]]:
    data = body.get("data", [])
    if not isinstance(data, list) or not all(isinstance(each, dict) and "id" in each for each in data):
        raise Later("x_down", "an answer of another shape")
    return data


def _data(body: dict[str, Any]) -> dict[str, Any]:
    data = _dict(body.get("data"))
    if not data.get("id") or not data.get("username"):
        raise Later("x_down", "an answer of another shape")
    return data


def _post(data: dict[str, Any]) -> Post:
    urls = _dict(data.get("entities")).get("urls")
    found = [_dict(url) for url in urls] if isinstance(urls, list) else []
    targets = [str(url[name]) for url in found for name in ("expanded_url", "unwound_url") if url.get(name)]
    return Post(
        str(data["id"]), str(data.get("text", "")), _posted_at(data), tuple(dict.fromkeys(targets)), _metrics(data),
        _edits(data),
    )  # fmt: skip


def _edits(data: dict[str, Any]) -> tuple[str, ...]:
    """The ids that a post had before: an edit makes another one. Both spellings, as for the fields."""
    known = data.get("edit_history_tweet_ids") or data.get("edit_history_post_ids")
    return tuple(str(each) for each in known if str(each) != str(data["id"])) if isinstance(known, list) else ()


def _metrics(data: dict[str, Any]) -> Metrics | None:
    """What X counts, where it tells; a name that it leaves out is 0, or not told."""
    public, own = _dict(data.get("public_metrics")), _dict(data.get("non_public_metrics"))
    if not public:
        return None
    names = ("impression_count", "like_count", "retweet_count", "reply_count", "quote_count", "bookmark_count")
    private = ("url_link_clicks", "user_profile_clicks", "engagements")
    return Metrics(*(_whole(public.get(name)) or 0 for name in names), *(_whole(own.get(name)) for name in private))


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _posted_at(data: dict[str, Any]) -> datetime:
    """Its moment; where X doesn't say, its id does."""
    try:
        if "created_at" in data:
            return datetime.fromisoformat(str(data["created_at"])).astimezone(UTC)
        return moment_of(str(data["id"]))
    except (ValueError, OverflowError, OSError):
        raise Later("x_down", "an answer of another shape") from None
