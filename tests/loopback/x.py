"""A fake X: the tweets of one account, or of several, behind X's own signatures, duplicates and timelines."""

import itertools
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from campaigns.ports import Clock
from tests.loopback.server import Answer, Loopback, Request
from tests.loopback.x_doors import (
    ACCESS_SECRET,
    ACCESS_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    CONSUMER_KEY,
    CONSUMER_SECRET,
    Doors,
)
from tests.loopback.x_uploads import Uploads

USER = {"id": "1700000000000000001", "username": "feuillet", "name": "Feuillet"}
URL = re.compile(r"https?://[^\s]+[^\s.,;:!?)\]}'\"]")


class FakeX(Loopback):
    """X's API v2 as far as Perchoir uses it.

    | attribute | meaning |
    |---|---|
    | tweets | what stands on X: dicts with id, text (as it was sent), created_at (a moment), user (an id), reply_to |
    | users | by a token of OAuth 1.0a, who it is, see `let_in`; any other token is USER's |
    | hidden_looks | how many reads of the timeline don't show the newest tweets yet |
    | fields | names of the fields' parameter that are known: both, or one of tweet.fields, post.fields |
    | reposts | the ids of what the account reposted |
    | counts | of the account, by X's names |
    | doors, uploads | where accounts are connected; media |
    | passes_over | an unknown name is passed over in silence instead of refused |
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.tweets: list[dict[str, Any]] = []
        self.users: dict[str, dict[str, str]] = {}
        self.hidden_looks = 0
        self.fields = {"tweet.fields", "post.fields"}
        self.passes_over = False
        self._ids = itertools.count(1980000000000000001)
        self.doors = Doors(clock)
        self.uploads = Uploads()
        self.reposts: list[str] = []
        self.counts = {"followers_count": 120, "following_count": 30, "listed_count": 4}

    @property
    def environ(self) -> dict[str, str]:
        """What connects Perchoir to it."""
        return {
            "PERCHOIR_X_CONSUMER_KEY": CONSUMER_KEY,
            "PERCHOIR_X_CONSUMER_SECRET": CONSUMER_SECRET,
            "PERCHOIR_X_ACCESS_TOKEN": ACCESS_TOKEN,
            "PERCHOIR_X_ACCESS_SECRET": ACCESS_SECRET,
            "PERCHOIR_X_API_BASE": self.url,
        }

    @property
    def client_environ(self) -> dict[str, str]:
        """What lets accounts be connected by OAuth 2."""
        return {
            "PERCHOIR_X_CLIENT_ID": CLIENT_ID,
            "PERCHOIR_X_CLIENT_SECRET": CLIENT_SECRET,
            "PERCHOIR_X_API_BASE": self.url,
        }

    def is_signed(self, request: Request) -> bool:
        """Whether X's own rules for OAuth 1.0a find the signature right, or it carries a token that lasts."""
        return self.doors.lets_in(request)

    def let_in(self, token: str, secret: str, user: dict[str, str]) -> None:
        """Another account, which opens with this token."""
        self.doors.secrets[token], self.users[token] = secret, user

    def user_of(self, request: Request) -> dict[str, str]:
        """Who asks, by the token."""
        return self.users.get(self.doors.token_of(request), USER)

    def put(self, text: str, at: datetime | None = None, user: str = USER["id"]) -> dict[str, Any]:
        """A tweet that stands there already."""
        with self.lock:
            tweet = {"id": str(next(self._ids)), "text": text, "created_at": at or self.clock.now(), "user": user}
            self.tweets.append(tweet)
        return tweet

    def answer(self, request: Request) -> Answer:
        if (at_a_door := self.doors.answer(request)) is not None:
            return at_a_door
        if not self.is_signed(request):
            return _problem(401, "Unauthorized", "Unauthorized")
        found = self.uploads.answer(request) or self._of_posts(request) or self._of_account(request)
        return found or _problem(404, "Not Found Error", "Not Found")

    def _of_posts(self, request: Request) -> Answer | None:
        if request.name == "POST /2/tweets":
            return self._create(request)
        if request.name == f"GET /2/users/{self.user_of(request)['id']}/tweets":
            return self._timeline(request.query, self.user_of(request)["id"])
        if request.method == "DELETE" and request.path.startswith("/2/tweets/"):
            return self._delete(request.path.rpartition("/")[2])
        return None

    def _of_account(self, request: Request) -> Answer | None:
        if request.name == "GET /2/users/me":
            return Answer(200, {"data": self.user_of(request) | self._profile(request.query.get("user.fields", ""))})
        if request.path.startswith(f"/2/users/{self.user_of(request)['id']}/retweets"):
            return self._repost(request)
        return None

    def _create(self, request: Request) -> Answer:
        try:
            asked = json.loads(request.body)
        except ValueError:  # whoever sent it died in the middle
            return _problem(400, "Invalid Request", "The body is no JSON.")
        text, media_ids = asked["text"], asked.get("media", {}).get("media_ids", [])
        if fault := self.uploads.fault_of(media_ids) if media_ids else "":
            return _problem(400, "Invalid Request", fault)
        user = self.user_of(request)["id"]
        with self.lock:
            since = self.clock.now() - timedelta(days=1)
            mine = [each for each in self.tweets if each.get("user") == user]
            if any(each["text"] == text and each["created_at"] > since for each in mine):
                return _problem(403, "Forbidden", "You are not allowed to create a Tweet with duplicate content.")
            tweet = self.put(text, user=user)
            tweet["media"] = media_ids
            tweet["reply_to"] = asked.get("reply", {}).get("in_reply_to_tweet_id")
        shown = _shown(tweet, everything=False)
        return Answer(201, {"data": shown}, {"x-rate-limit-limit": "100", "x-rate-limit-remaining": "99"})

    def _timeline(self, query: Mapping[str, str], user: str) -> Answer:
        names = {name for name in query if name in ("tweet.fields", "post.fields")}
        if unknown := names - self.fields:
            if not self.passes_over:
                return _problem(400, "Invalid Request", f"The query parameter [{unknown.pop()}] is not one of …")
            names -= unknown
        with self.lock:
            hidden = self.hidden_looks > 0
            self.hidden_looks = max(0, self.hidden_looks - 1)
            since = datetime.fromisoformat(query["start_time"]) if "start_time" in query else None
            mine = [each for each in reversed(self.tweets) if each.get("user", user) == user]
            found = [each for each in mine if since is None or each["created_at"] >= since]
        if hidden:
            found = []
        start, size = int(query.get("pagination_token") or 0), int(query.get("max_results") or 10)
        page = found[start : start + size]
        meta: dict[str, Any] = {"result_count": len(page)}
        if start + size < len(found):
            meta["next_token"] = str(start + size)
        body: dict[str, Any] = {"meta": meta}
        if page:  # X leaves `data` out when there is nothing
            asked = ",".join(query.get(name, "") for name in names)
            history = f"edit_history_{self._words}_ids"
            body["data"] = [
                _shown(each, everything=bool(names))
                | _counted(each, asked)
                | {history: [*each.get("former", []), each["id"]]}
                for each in page
            ]
        return Answer(200, body)

    @property
    def _words(self) -> str:
        """X says tweet until 2026-08, post since."""
        return "tweet" if "tweet.fields" in self.fields else "post"

    def edit(self, x_id: str, text: str) -> str:
        """The account edits a tweet on X: it has another id from now on."""
        with self.lock:
            [tweet] = [each for each in self.tweets if each["id"] == x_id]
            tweet["former"] = [*tweet.get("former", []), x_id]
            tweet["id"], tweet["text"] = str(next(self._ids)), text
            return str(tweet["id"])

    def _profile(self, asked: str) -> dict[str, Any]:
        if "public_metrics" not in asked:
            return {}
        return {"public_metrics": self.counts | {f"{self._words}_count": len(self.tweets)}}

    def _repost(self, request: Request) -> Answer:
        x_id = json.loads(request.body)["tweet_id"] if request.method == "POST" else request.path.rpartition("/")[2]
        with self.lock:
            if request.method == "DELETE":
                self.reposts = [each for each in self.reposts if each != x_id]
            elif x_id not in [each["id"] for each in self.tweets]:
                return _problem(404, "Not Found Error", "Could not find tweet with id.")
            elif x_id not in self.reposts:
                self.reposts.append(x_id)
        told: dict[str, Any] = {"retweeted": request.method == "POST"}
        return Answer(200, {"data": told | ({"id": x_id} if self._words == "tweet" else {"rest_id": x_id})})

    def _delete(self, x_id: str) -> Answer:
        with self.lock:
            kept = [each for each in self.tweets if each["id"] != x_id]
            gone = len(kept) == len(self.tweets)
            self.tweets[:] = kept
        return (
            _problem(404, "Not Found Error", "Could not find it") if gone else Answer(200, {"data": {"deleted": True}})
        )


def _shown(tweet: dict[str, Any], *, everything: bool) -> dict[str, Any]:
    """As X shows it: links wrapped, their targets in the entities when these are asked for."""
    urls, text = [], tweet["text"]
    for number, url in enumerate(URL.findall(text)):
        short = f"https://t.co/{tweet['id'][-6:]}{number}xyz"
        urls.append({"start": 0, "end": 23, "url": short, "expanded_url": url, "display_url": quote(url[:20])})
        text = text.replace(url, short, 1)
    shown = {"id": tweet["id"], "text": text}
    if everything:
        shown["created_at"] = tweet["created_at"].strftime("%Y-%m-%dT%H:%M:%S.000Z")
        if urls:
            shown["entities"] = {"urls": urls}
    return shown


def _counted(tweet: dict[str, Any], asked: str) -> dict[str, Any]:
    """What X counts of it, as far as it was asked for: tweet["counts"] holds the numbers by X's names."""
    counts: dict[str, Any] = tweet.get("counts", {})
    told = {}
    if "public_metrics" in asked:
        told["public_metrics"] = {name: n for name, n in counts.items() if name.endswith("_count")}
    if "non_public_metrics" in asked and "url_link_clicks" in counts:
        told["non_public_metrics"] = {name: n for name, n in counts.items() if not name.endswith("_count")}
    return told


def _problem(status: int, title: str, detail: str) -> Answer:
    return Answer(status, {"title": title, "detail": detail, "type": "about:blank", "status": status})
