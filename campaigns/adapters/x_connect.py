"""Connecting accounts on X: OAuth 1.0a in three legs, OAuth 2 with PKCE, and its refresh.

OAuth 2's forms are sent by ourselves: oauthlib refuses an address without https, which a test's server has not.
"""

import base64
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, Never
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
import tweepy

from campaigns.adapters import loggers
from campaigns.adapters.x_seam import FIELDS, Seam, body_of, dict_of, is_success, said_in, sort_status
from campaigns.adapters.x_tweepy import XPublisher
from campaigns.kernel.db import forbid_open
from campaigns.ports import Access, Account, Begun, Clock, Connected, Keys, Later, Refused, Way
from campaigns.settings import Settings

SCOPES = ("tweet.read", "tweet.write", "users.read", "media.write", "offline.access")
"""To read our timeline, post, know who we are, upload pictures, and stay connected."""
OWN_HOSTS = ("api.twitter.com", "api.x.com")
CALLBACK_CODES = (415, 417)
"""X's own: the address isn't among the app's; the app takes none at all."""
APP_ERRORS = ("invalid_client", "unauthorized_client")
NOBODY = Account("", "", "")


class XConnector:
    """X's pages and tokens, by the app that the settings name."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        loggers.pin()
        self._settings, self._clock = settings, clock
        by_keys, by_client = settings.x_consumer_key.get_secret_value(), settings.x_client_id.get_secret_value()
        has: tuple[tuple[Way, str], ...] = (("oauth1", by_keys), ("oauth2", by_client))
        self.ways: tuple[Way, ...] = tuple(way for way, key in has if key)

    def begin1(self, callback_url: str) -> Begun:
        form = self._leg("request_token", callback=callback_url)
        if form.get("oauth_callback_confirmed") != "true":
            raise Refused("x_callback_refused")
        token = form["oauth_token"]
        return Begun(f"{self._settings.x_api_base}/oauth/authorize?{urlencode({'oauth_token': token})}", token,
                     form["oauth_token_secret"])  # fmt: skip

    def finish1(self, token: str, secret: str, verifier: str) -> Connected:
        form = self._leg("access_token", token, secret, verifier=verifier)
        keys = Keys(form["oauth_token"], form["oauth_token_secret"])
        return self._connected("oauth1", keys)

    def begin2(self, callback_url: str) -> Begun:
        self._need("oauth2")
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
        digest = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "response_type": "code", "client_id": self._settings.x_client_id.get_secret_value(),
            "redirect_uri": callback_url, "scope": " ".join(SCOPES), "state": state,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="), "code_challenge_method": "S256",
        }  # fmt: skip
        return Begun(f"{_page2(self._settings.x_api_base)}?{urlencode(asked)}", state, verifier)

    def finish2(self, code: str, secret: str, callback_url: str) -> Connected:
        asked = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": callback_url, "code_verifier": secret,
        }  # fmt: skip
        return self._connected("oauth2", self._tokens(asked, "x_connect_over"))

    def refresh(self, refresh_token: str) -> Keys:
        asked = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self._tokens(asked, "x_unauthorized")

    def _connected(self, way: Way, keys: Keys) -> Connected:
        """Whose keys these are, by X's own word."""
        access = Access(way, NOBODY, keys.token, keys.secret)
        return Connected(XPublisher(self._settings, self._clock, access).whoami(), keys)

    def _need(self, way: Way) -> None:
        forbid_open()
        if way not in self.ways:
            raise Refused("x_keys_missing")

    def _leg(
        self, leg: str, token: str | None = None, secret: str | None = None, *, callback: str = "", verifier: str = ""
    ) -> dict[str, str]:
        """A leg of OAuth 1.0a: a signed request without a body, answered by a form."""
        self._need("oauth1")
        settings = self._settings
        app = settings.x_consumer_key.get_secret_value(), settings.x_consumer_secret.get_secret_value()
        signer = tweepy.OAuth1UserHandler(*app, token, secret).apply_auth()
        # tweepy's own calls for these legs know neither another host nor a time limit
        signer.client.callback_uri, signer.client.verifier = callback or None, verifier or None
        response = self._ask(f"/oauth/{leg}", auth=signer)
        if not is_success(response):
            _sort_leg(response, "x_connect_over" if leg == "access_token" else "x_app_refused")
        form = dict(parse_qsl(response.text, keep_blank_values=True))
        if not form.get("oauth_token") or not form.get("oauth_token_secret"):
            raise Later("x_down", "an answer of another shape")
        return form

    def _tokens(self, asked: dict[str, str], gone: str) -> Keys:
        """What X's token endpoint gives for a code or a refresh token; `gone`: it doesn't know that any more."""
        self._need("oauth2")
        client_id = self._settings.x_client_id.get_secret_value()
        secret = self._settings.x_client_secret.get_secret_value()
        now = self._clock.now()
        response = self._ask(
            "/2/oauth2/token", data=asked | {"client_id": client_id}, auth=(client_id, secret) if secret else None
        )
        if not is_success(response):
            _sort_tokens(response, gone)
        return _keys(body_of(response), asked.get("refresh_token", ""), now)

    def _ask(self, path: str, **more: Any) -> requests.Response:
        with Seam(self._settings.x_api_base, FIELDS[0], user_auth=False) as seam:
            seam.trust_env = False  # a .netrc would sign in our stead
            try:
                return seam.request("POST", path, **more)
            except requests.RequestException as fault:
                raise Later("x_down", type(fault).__name__) from None


def _page2(base: str) -> str:
    """Where OAuth 2 asks a person: beside X's API it is another host, and a path that the API hasn't."""
    if urlsplit(base).hostname in OWN_HOSTS:
        return "https://x.com/i/oauth2/authorize"
    return f"{base}/2/oauth2/authorize"


def _keys(body: dict[str, Any], used: str, now: datetime) -> Keys:
    """X's tokens. Without a new refresh token the one that was used goes on."""
    token, refresh, scopes = body.get("access_token"), body.get("refresh_token"), body.get("scope")
    lasts_s = body.get("expires_in")
    if not isinstance(token, str) or not token:
        raise Later("x_down", "an answer of another shape")
    is_known = isinstance(lasts_s, int) and not isinstance(lasts_s, bool) and 0 < lasts_s < 10**9
    ends_at = now + timedelta(seconds=lasts_s) if is_known and lasts_s else None
    return Keys(
        token, "", refresh if isinstance(refresh, str) and refresh else used, ends_at,
        scopes if isinstance(scopes, str) else "",
    )  # fmt: skip


def _sort_leg(response: requests.Response, unauthorized: str) -> Never:
    codes = [dict_of(each).get("code") for each in _errors(response)]
    if any(code in CALLBACK_CODES for code in codes):
        raise Refused("x_callback_refused", said_in(response)) from None
    if response.status_code in (400, 401, 403):
        raise Refused(unauthorized, said_in(response)) from None
    sort_status(response)


def _sort_tokens(response: requests.Response, gone: str) -> Never:
    if response.status_code in (400, 401):
        body = _object(response)
        said = body.get("error_description")
        words = said[:300] if isinstance(said, str) else said_in(response)
        is_app = response.status_code == 401 or body.get("error") in APP_ERRORS
        raise Refused("x_app_refused" if is_app else gone, words) from None
    sort_status(response)


def _object(response: requests.Response) -> dict[str, Any]:
    try:
        return dict_of(response.json())
    except requests.JSONDecodeError:
        return {}


def _errors(response: requests.Response) -> list[Any]:
    errors = _object(response).get("errors")
    return errors if isinstance(errors, list) else []
