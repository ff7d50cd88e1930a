"""An account's token is refreshed before it ends: by one process at a time, kept at once, and never set back."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from campaigns.kernel.db import forbid_open
from campaigns.kernel.errors import Problem
from campaigns.ports import Account, Begun, Connected, Keys, Later, Refused, Way
from campaigns.publishing import accounts
from campaigns.publishing.accounts import XAccount
from campaigns.refreshing import ready_access
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import make_account

FEUILLET = Account("17", "feuillet", "Feuillet")


@dataclass
class OneTime:
    """X's token endpoint: a refresh token is good once. `meanwhile` happens while it is asked."""

    clock: HandClock
    good: set[str] = field(default_factory=lambda: {"refresh-0"})
    asked: list[str] = field(default_factory=list)
    meanwhile: Callable[[], object] | None = None
    raises: Exception | None = None
    ways: tuple[Way, ...] = ("oauth2",)

    def refresh(self, refresh_token: str) -> Keys:
        forbid_open()
        self.asked.append(refresh_token)
        if self.meanwhile:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        if self.raises:
            raise self.raises
        if refresh_token not in self.good:
            raise Refused("x_unauthorized", "Value passed for the token was invalid.")
        n = len(self.asked)
        self.good = {f"refresh-{n}"}
        return Keys(f"token-{n}", "", f"refresh-{n}", self.clock.now() + timedelta(hours=2), "tweet.read")

    def begin1(self, callback_url: str) -> Begun:
        raise NotImplementedError

    def finish1(self, token: str, secret: str, verifier: str) -> Connected:
        raise NotImplementedError

    def begin2(self, callback_url: str) -> Begun:
        raise NotImplementedError

    def finish2(self, code: str, secret: str, callback_url: str) -> Connected:
        raise NotImplementedError


@pytest.fixture
def x(clock: HandClock) -> OneTime:
    return OneTime(clock)


@pytest.fixture
def connected(world: World, x: OneTime) -> World:
    return replace(world, connector=x)


def an_account(world: World, refresh: str = "refresh-0", **lasts: float) -> XAccount:
    ends_at = world.clock.now() + timedelta(**(lasts or {"hours": 2}))
    return make_account(world, "oauth2", FEUILLET, Keys("token-0", "", refresh, ends_at, "tweet.read"))


def as_it_is(world: World, account: XAccount) -> XAccount:
    with world.db.read() as session:
        return accounts.find(session, account.id)


def test_a_token_that_lasts_is_used_as_it_is(connected: World, x: OneTime) -> None:
    account = an_account(connected)
    access = ready_access(connected, account.id)
    assert (access.kind, access.token, access.account, x.asked) == ("oauth2", "token-0", FEUILLET, [])


def test_accounts_without_an_end_are_never_refreshed(connected: World, x: OneTime, clock: HandClock) -> None:
    account = make_account(connected, "oauth1", FEUILLET, Keys("token", "secret"))
    clock.advance(days=400)
    assert ready_access(connected, account.id).secret == "secret"
    assert x.asked == []


def test_a_token_that_ends_soon_is_refreshed_once_and_kept(connected: World, x: OneTime, clock: HandClock) -> None:
    account = an_account(connected)
    with connected.db.write() as session:
        accounts.failed(session, account.id, "x_down", "", clock.now())
    clock.advance(minutes=116)
    assert ready_access(connected, account.id).token == "token-1"
    assert ready_access(connected, account.id).token == "token-1"
    kept = as_it_is(connected, account)
    assert accounts.keys_of(kept, connected.vault).refresh == "refresh-1"
    assert (kept.ends_at, kept.refreshing_until, kept.problem) == (clock.now() + timedelta(hours=2), None, None)
    assert x.asked == ["refresh-0"]
    clock.advance(hours=2)
    assert ready_access(connected, account.id).token == "token-2"
    assert x.asked == ["refresh-0", "refresh-1"]


def test_who_comes_while_it_is_refreshed_waits_and_asks_nothing(connected: World, x: OneTime, clock: HandClock) -> None:
    account = an_account(connected, minutes=-1)
    others: list[Later] = []

    def another() -> None:
        with pytest.raises(Later, match="x_refreshing") as wait:
            ready_access(connected, account.id)
        others.append(wait.value)

    x.meanwhile = another
    assert ready_access(connected, account.id).token == "token-1"
    assert [wait.until for wait in others] == [clock.now() + timedelta(seconds=3)]
    assert x.asked == ["refresh-0"]


def test_who_died_while_refreshing_holds_it_for_a_minute(connected: World, x: OneTime, clock: HandClock) -> None:
    account = an_account(connected, minutes=-1)
    with connected.db.write() as session:
        assert accounts.take_refresh(session, account.id, clock.now())
    with pytest.raises(Later, match="x_refreshing"):
        ready_access(connected, account.id)
    clock.advance(seconds=61)
    assert ready_access(connected, account.id).token == "token-1"


def test_a_refused_refresh_is_marked_at_the_account(connected: World, x: OneTime) -> None:
    account = an_account(connected, "refresh-used", minutes=-1)
    with pytest.raises(Refused, match="x_unauthorized"):
        ready_access(connected, account.id)
    marked = as_it_is(connected, account)
    assert (marked.problem, marked.detail) == ("x_unauthorized", "Value passed for the token was invalid.")


def test_an_account_that_was_connected_again_meanwhile_keeps_its_new_keys(connected: World, x: OneTime) -> None:
    for good in ({"refresh-0"}, set[str]()):  # X takes the old refresh token, or not any more
        account = an_account(connected, minutes=-1)
        x.good, x.asked = good, []
        new = Keys("token-new", "", "refresh-new", connected.clock.now() + timedelta(hours=2), "tweet.read")
        x.meanwhile = lambda new=new: make_account(connected, "oauth2", FEUILLET, new)
        assert ready_access(connected, account.id).token == "token-new"
        kept = as_it_is(connected, account)
        assert (accounts.keys_of(kept, connected.vault).refresh, kept.problem) == ("refresh-new", None)
        assert x.asked == ["refresh-0"]


def test_an_account_that_was_disconnected_meanwhile_stays_so(connected: World, x: OneTime, clock: HandClock) -> None:
    account = an_account(connected, minutes=-1)

    def disconnect() -> None:
        with connected.db.write() as session:
            accounts.disconnect(accounts.find(session, account.id), clock.now())

    x.meanwhile = disconnect
    with pytest.raises(Problem, match="x_account_gone"):
        ready_access(connected, account.id)
    assert as_it_is(connected, account).sealed is None


def test_an_x_that_is_away_costs_nothing_while_the_token_lasts(connected: World, x: OneTime, clock: HandClock) -> None:
    account = an_account(connected, minutes=3)
    x.raises = Later("x_down", "503")
    assert ready_access(connected, account.id).token == "token-0"
    assert as_it_is(connected, account).problem == "x_down"
    clock.advance(minutes=4)
    with pytest.raises(Later, match="x_down"):
        ready_access(connected, account.id)
    x.raises = None
    clock.advance(minutes=1, seconds=1)
    assert ready_access(connected, account.id).token.startswith("token-")
    assert as_it_is(connected, account).problem is None


def test_without_a_refresh_token_it_ends_with_its_token(connected: World, x: OneTime, clock: HandClock) -> None:
    account = an_account(connected, "", minutes=3)
    assert ready_access(connected, account.id).token == "token-0"
    clock.advance(minutes=3)
    with pytest.raises(Refused, match="x_unauthorized"):
        ready_access(connected, account.id)
    assert (as_it_is(connected, account).problem, x.asked) == ("x_unauthorized", [])


def test_without_an_app_nothing_can_be_refreshed(world: World) -> None:
    account = an_account(world, minutes=-1)
    with pytest.raises(Refused, match="x_keys_missing"):
        ready_access(world, account.id)
    assert as_it_is(world, account).problem == "x_keys_missing"


def test_an_account_that_is_none_or_was_disconnected_is_told(connected: World, clock: HandClock) -> None:
    account = an_account(connected)
    with connected.db.write() as session:
        accounts.disconnect(accounts.find(session, account.id), clock.now())
    with pytest.raises(Problem, match="x_account_gone"):
        ready_access(connected, account.id)
    with pytest.raises(Problem, match="account_missing"):
        ready_access(connected, "0193a1b2-0000-7000-8000-00000000000a")
