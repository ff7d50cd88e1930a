"""X through tweepy: one request a call, an honest answer to each (see x_seam)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import tweepy

from campaigns.adapters import loggers, x_media
from campaigns.adapters.x_seam import FAULTS, FIELDS, Seam, dict_of, read, sort_post
from campaigns.kernel.db import forbid_open
from campaigns.ports import PLAIN, Access, Account, Clock, Extras, Later, Media, Metrics, Post, Profile, Refused, Upload
from campaigns.publishing.addresses import moment_of
from campaigns.settings import Settings

PAGE_POSTS = 100
COUNTED = ",public_metrics,non_public_metrics"
"""What X counts; the second is told to the owner only, of posts of the last 30 days."""
MOST_PAGES = 32
"""X shows the newest 3,200 posts of a timeline; reading fewer could call a post absent that is there."""


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
                    body = read(client, seam, "GET", "/2/users/me")
                data = _data(body)
                self._account = Account(str(data["id"]), str(data["username"]), str(data.get("name", "")))
            return self._account

    @property
    def _user_id(self) -> str:
        """Of a connected account it is known; asking for it costs as much as ten posts read."""
        return self._access.account.id or self.whoami().id

    def post(self, text: str, extras: Extras = PLAIN) -> Post:
        with self._call() as (client, seam):
            try:
                body = client.create_tweet(text=text, user_auth=seam.user_auth, **_extras(extras))
                x_id = str(body["data"]["id"])
            except FAULTS as fault:
                sort_post(seam.last, fault)
        return Post(x_id, text, self._clock.now())

    def upload(self, media: Media) -> Upload:
        with self._call() as (client, seam):
            return x_media.upload(client, seam, media)

    def finish_upload(self, x_id: str, alt: str) -> Upload:
        with self._call() as (client, seam):
            return x_media.finish(client, seam, _checked(x_id), alt)

    def own_posts(self, since: datetime, *, metrics: bool = False) -> list[Post]:
        route = f"/2/users/{self._user_id}/tweets"
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
            token = dict_of(body.get("meta")).get("next_token")
            if not token:
                break
            params["pagination_token"] = token
        return found

    def delete(self, x_id: str) -> None:
        with self._call() as (client, seam):
            read(client, seam, "DELETE", f"/2/tweets/{_checked(x_id)}", missing_is_fine=True)

    def repost(self, x_id: str) -> None:
        route, asked = f"/2/users/{self._user_id}/retweets", {"tweet_id": _checked(x_id)}
        try:
            with self._call() as (client, seam):
                read(client, seam, "POST", route, json=asked)
        except Refused as refused:
            if refused.code == "x_refused" and refused.detail.startswith("404"):
                raise Refused("x_post_gone", refused.detail) from None
            if "already" not in refused.detail.lower():
                raise

    def unrepost(self, x_id: str) -> None:
        route = f"/2/users/{self._user_id}/retweets/{_checked(x_id)}"
        with self._call() as (client, seam):
            read(client, seam, "DELETE", route, missing_is_fine=True)

    def profile(self) -> Profile:
        with self._call() as (client, seam):
            body = read(client, seam, "GET", "/2/users/me", {"user.fields": "public_metrics"})
        return _profile(dict_of(_data(body).get("public_metrics")))

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
            return read(client, seam, "GET", route, params)

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


def _checked(x_id: str) -> str:
    """It becomes a part of an address."""
    if not (x_id.isascii() and x_id.isdigit()):
        raise Refused("x_refused", "no id of a post")
    return x_id


def _profile(told: dict[str, Any]) -> Profile:
    """X counts tweets until 2026-08, posts since."""
    names = ("followers_count", "following_count", "listed_count")
    posts = _whole(told.get("post_count", told.get("tweet_count")))
    found = [*(_whole(told.get(name)) for name in names), posts]
    if any(each is None for each in found):
        raise Later("x_down", "an answer of another shape")
    return Profile(*(each for each in found if each is not None))


def _list(body: dict[str, Any]) -> list[dict[str, Any]]:
    data = body.get("data", [])
    if not isinstance(data, list) or not all(isinstance(each, dict) and "id" in each for each in data):
        raise Later("x_down", "an answer of another shape")
    return data


def _data(body: dict[str, Any]) -> dict[str, Any]:
    data = dict_of(body.get("data"))
    if not data.get("id") or not data.get("username"):
        raise Later("x_down", "an answer of another shape")
    return data


def _post(data: dict[str, Any]) -> Post:
    urls = dict_of(data.get("entities")).get("urls")
    found = [dict_of(url) for url in urls] if isinstance(urls, list) else []
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
    public, own = dict_of(data.get("public_metrics")), dict_of(data.get("non_public_metrics"))
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
