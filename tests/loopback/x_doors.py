"""The fake X's doors: where a person lets an app in, by OAuth 1.0a and OAuth 2, and where the app gets its tokens."""

import base64
import hashlib
import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from oauthlib.oauth1 import RequestValidator, SignatureOnlyEndpoint

from campaigns.ports import Clock
from tests.loopback.server import Answer, Request

# X's keys have 20 to 60 letters; oauthlib refuses shorter ones
CONSUMER_KEY = "loopback-consumer-key-0001"
CONSUMER_SECRET = "loopback-consumer-secret-0001"
ACCESS_TOKEN = "1700000000000000001-loopback-access-token"
ACCESS_SECRET = "loopback-access-secret-0001"
CLIENT_ID, CLIENT_SECRET = "loopback-client-id-0001", "loopback-client-secret-0001"
LASTS_S = 7200


class _Keys(RequestValidator):
    enforce_ssl = False
    dummy_client = "d" * 24

    def __init__(self, secrets: dict[str, str]) -> None:
        super().__init__()
        self.secrets = secrets

    @property
    def client_key_length(self) -> tuple[int, int]:
        return 8, 80

    @property
    def nonce_length(self) -> tuple[int, int]:
        return 8, 80

    @property
    def access_token_length(self) -> tuple[int, int]:
        return 8, 80

    @property
    def safe_characters(self) -> set[str]:
        return super().safe_characters | {"-"}

    def validate_client_key(self, client_key: str, request: Any) -> bool:
        return client_key == CONSUMER_KEY

    def get_client_secret(self, client_key: str, request: Any) -> str:
        return CONSUMER_SECRET

    def get_access_token_secret(self, client_key: str, token: str, request: Any) -> str:
        return self.secrets.get(token, "unknown")

    def validate_timestamp_and_nonce(self, *_: Any, **__: Any) -> bool:
        return True


@dataclass
class _Asked:
    """What an app asked a person for; `verifier` is there once they agreed."""

    callback: str
    secret: str = ""
    challenge: str = ""
    scopes: str = ""
    verifier: str = ""


class Doors:
    """X's OAuth. Its pages agree by themselves and lead back.

    | attribute | meaning |
    |---|---|
    | callbacks | the addresses that the app may ask for; None: any |
    | secrets | OAuth 1.0a's tokens and their secrets: the app's own account, and who agreed |
    | bearers | OAuth 2's tokens and when they end |
    | refreshes | refresh tokens that are still good, and the scopes they carry |
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.callbacks: set[str] | None = None
        self.secrets = {ACCESS_TOKEN: ACCESS_SECRET}
        self.bearers: dict[str, datetime] = {}
        self.refreshes: dict[str, str] = {}
        self._requests: dict[str, _Asked] = {}
        self._codes: dict[str, _Asked] = {}
        self._numbers = itertools.count(1)
        self._endpoint = SignatureOnlyEndpoint(_Keys(self.secrets))

    def lets_in(self, request: Request) -> bool:
        """Whether a request to the API carries a good signature, or a token that hasn't ended."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme == "Bearer":
            return self.bearers.get(token, self.clock.now()) > self.clock.now()
        token = self._said(request).get("oauth_token", "")
        return self.is_signed(request) and token in self.secrets and token not in self._requests

    def token_of(self, request: Request) -> str:
        """OAuth 1.0a's token; empty: none."""
        return self._said(request).get("oauth_token", "")

    def is_signed(self, request: Request) -> bool:
        """Whether OAuth 1.0a's own rules find the signature right."""
        headers = {"Authorization": request.headers.get("authorization", "")}
        body = request.body.decode() if "urlencoded" in request.headers.get("content-type", "") else None
        return bool(self._endpoint.validate_request(request.url, request.method, body, headers)[0])

    def answer(self, request: Request) -> Answer | None:
        """The answer at a door; None elsewhere."""
        doors = {
            "POST /oauth/request_token": self._request_token, "GET /oauth/authorize": self._page1,
            "POST /oauth/access_token": self._access_token, "GET /2/oauth2/authorize": self._page2,
            "POST /2/oauth2/token": self._token,
        }  # fmt: skip
        found = doors.get(request.name)
        return found(request) if found else None

    def _said(self, request: Request) -> dict[str, str]:
        """The parameters in the Authorization header."""
        pairs = (each.partition("=") for each in request.headers.get("authorization", "")[len("OAuth ") :].split(","))
        return {name.strip(): unquote(value.strip('" ')) for name, _, value in pairs}

    def _new(self, kind: str) -> str:
        return f"loopback-{kind}-{next(self._numbers):04}"

    def _request_token(self, request: Request) -> Answer:
        callback = self._said(request).get("oauth_callback", "")
        if not self.is_signed(request):
            return _errors(401, 32, "Could not authenticate you.")
        if not callback or (self.callbacks is not None and callback not in self.callbacks):
            return _errors(403, 415, "Callback URL not approved for this client application.")
        token = self._new("request-token")
        self.secrets[token] = self._new("request-secret")
        self._requests[token] = _Asked(callback, self.secrets[token])
        form = {"oauth_token": token, "oauth_token_secret": self.secrets[token], "oauth_callback_confirmed": "true"}
        return Answer(200, urlencode(form))

    def _page1(self, request: Request) -> Answer:
        token = request.query.get("oauth_token", "")
        if token not in self._requests:
            return Answer(403, "There is no request token for this page.")
        asked = self._requests[token]
        asked.verifier = self._new("verifier")
        return _back(asked.callback, {"oauth_token": token, "oauth_verifier": asked.verifier})

    def _access_token(self, request: Request) -> Answer:
        said = self._said(request)
        asked = self._requests.get(said.get("oauth_token", ""))
        if not self.is_signed(request) or not asked or said.get("oauth_verifier") != (asked.verifier or None):
            return Answer(401, "Invalid request token.")
        # both are usable once
        del self._requests[said["oauth_token"]], self.secrets[said["oauth_token"]]
        token = self._new("access-token")
        self.secrets[token] = self._new("access-secret")
        return Answer(200, urlencode({"oauth_token": token, "oauth_token_secret": self.secrets[token]}))

    def _page2(self, request: Request) -> Answer:
        query = request.query
        callback = query.get("redirect_uri", "")
        is_known = query.get("client_id") == CLIENT_ID and (self.callbacks is None or callback in self.callbacks)
        is_whole = query.get("response_type") == "code" and query.get("state") and query.get("code_challenge")
        if not is_known or not is_whole or query.get("code_challenge_method") != "S256":
            return Answer(400, "Something went wrong. You weren’t able to give access to the App.")
        code = self._new("code")
        self._codes[code] = _Asked(callback, challenge=query["code_challenge"], scopes=query.get("scope", ""))
        return _back(callback, {"state": query["state"], "code": code})

    def _token(self, request: Request) -> Answer:
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {basic}":
            return _said_no(401, "unauthorized_client", "Missing valid authorization header")
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        if form.get("grant_type") == "refresh_token":
            scopes = self.refreshes.pop(form.get("refresh_token", ""), None)
            return (
                self._give(scopes)
                if scopes
                else _said_no(400, "invalid_request", "Value passed for the token was invalid.")
            )
        asked = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if not asked or asked.callback != form.get("redirect_uri") or asked.challenge != proof:
            return _said_no(400, "invalid_request", "Value passed for the authorization code was invalid.")
        return self._give(asked.scopes)

    def _give(self, scopes: str) -> Answer:
        token, refresh = self._new("bearer"), self._new("refresh")
        self.bearers[token] = self.clock.now() + timedelta(seconds=LASTS_S)
        body = {"token_type": "bearer", "expires_in": LASTS_S, "access_token": token, "scope": scopes}
        if "offline.access" in scopes.split():
            self.refreshes[refresh] = scopes
            body["refresh_token"] = refresh
        return Answer(200, body)


def _back(callback: str, with_: dict[str, str]) -> Answer:
    return Answer(302, "", {"Location": f"{callback}{'&' if '?' in callback else '?'}{urlencode(with_)}"})


def _errors(status: int, code: int, message: str) -> Answer:
    return Answer(status, {"errors": [{"code": code, "message": message}]})


def _said_no(status: int, error: str, description: str) -> Answer:
    return Answer(status, {"error": error, "error_description": description})
