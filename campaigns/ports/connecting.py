"""Connecting accounts on X: whose they are, and what opens them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from campaigns.ports.posting import Account

Way = Literal["oauth1", "oauth2"]


@dataclass(frozen=True)
class Keys:
    """What opens an account, in the clear: never logged, never shown.

    | field | meaning |
    |---|---|
    | token, secret | OAuth 1.0a's pair; OAuth 2's token alone |
    | refresh, ends_at, scopes | of OAuth 2: what gets the next token, usable once; when this one ends; what it may do |
    """

    token: str = ""
    secret: str = ""
    refresh: str = ""
    ends_at: datetime | None = None
    scopes: str = ""

    def __repr__(self) -> str:
        return "Keys(…)"


@dataclass(frozen=True)
class Begun:
    """A connection that waits for its person's word on X.

    | field | meaning |
    |---|---|
    | url | X's page that asks them |
    | token | comes back with them: OAuth 1.0a's request token, OAuth 2's state |
    | secret | stays here until then: the request token's secret, PKCE's verifier |
    """

    url: str
    token: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Connected:
    """An account whose person agreed, and what opens it."""

    account: Account
    keys: Keys


class Connector(Protocol):
    """How a person lets us post by their account. Raises Refused and Later.

    Nothing of it is worth saving: what went wrong is begun again by the person. But a refreshed token is to be kept
    at once, since X takes the former one with the request.
    """

    ways: tuple[Way, ...]
    """Those that the settings have an app for; of another one all calls are refused (`x_keys_missing`)."""

    def begin1(self, callback_url: str) -> Begun:
        """OAuth 1.0a, the first leg. Refused: `x_callback_refused`, `x_app_refused`."""

    def finish1(self, token: str, secret: str, verifier: str) -> Connected:
        """The third leg, with what X sent back. Refused: `x_connect_over`."""

    def begin2(self, callback_url: str) -> Begun:
        """OAuth 2 with PKCE. Nothing is asked of X yet."""

    def finish2(self, code: str, secret: str, callback_url: str) -> Connected:
        """The code that came back, for tokens; the callback is the one that began it. Refused: `x_connect_over`."""

    def refresh(self, refresh_token: str) -> Keys:
        """The next token.

        Refused: `x_unauthorized` (the person connects again), `x_app_refused` (the settings are wrong).
        After Later it may be tried again: where X took it all the same, that is refused.
        """
