"""An account on X is connected: by its person's word on X's page, by its tokens, or as one of the rehearsal."""

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from campaigns import ports
from campaigns.kernel import zones
from campaigns.kernel.errors import Faults, problem
from campaigns.people import audits
from campaigns.ports import Access, Keys, Later, Refused, Unknown, Way
from campaigns.publishing import accounts, postings, prices
from campaigns.publishing.accounts import XAccount
from campaigns.refreshing import ready_access
from campaigns.world import World

HANDLE = re.compile(r"[A-Za-z0-9_]{1,15}")
MOST_TOKEN = 200

T = TypeVar("T")


@dataclass(frozen=True)
class Waiting:
    """A connection that a member began, until X sends them back. `callback_url`: where to, the same at both ends."""

    way: Way
    token: str = field(repr=False)
    secret: str = field(repr=False)
    zone: str
    callback_url: str


def begin_connection(world: World, way: str, zone: str, callback_url: str) -> tuple[Waiting, str]:
    """What waits, and X's page that asks the person.

    Raises invalid (`zone_unknown`, `x_keys_missing`, `x_callback_refused`, `x_app_refused`), later (`x_down` …).
    """
    zones.known(zone)
    if world.connector is None or way not in world.connector.ways:
        raise problem("invalid", "x_keys_missing")
    ask = world.connector.begin1 if way == "oauth1" else world.connector.begin2
    begun = _of_x(lambda: ask(callback_url))
    return Waiting("oauth1" if way == "oauth1" else "oauth2", begun.token, begun.secret, zone, callback_url), begun.url


def finish_connection(world: World, waits: Waiting, said: Mapping[str, str], *, who: str, user_id: str) -> XAccount:
    """The account whose person agreed; connected already, it keeps its drafts and has these keys from now on.

    | argument | meaning |
    |---|---|
    | said | what X sent back with them |

    Raises invalid (`x_connect_denied`, `x_connect_over`, `x_keys_missing` …), later (`x_down` …).
    """
    if "denied" in said or said.get("error") == "access_denied":
        raise problem("invalid", "x_connect_denied")
    told = said.get("oauth_token" if waits.way == "oauth1" else "state", "")
    answer = said.get("oauth_verifier" if waits.way == "oauth1" else "code", "")
    if not hmac.compare_digest(told.encode(), waits.token.encode()) or not answer:
        raise problem("invalid", "x_connect_over")
    connector = world.connector
    if connector is None:
        raise problem("invalid", "x_keys_missing")
    if waits.way == "oauth1":
        done = _of_x(lambda: connector.finish1(waits.token, waits.secret, answer))
    else:
        done = _of_x(lambda: connector.finish2(answer, waits.secret, waits.callback_url))
    return _keep(world, waits.way, done.account, done.keys, waits.zone, who, user_id)


def _of_x(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except Refused as refused:
        raise problem("invalid", refused.code) from None
    except Later as wait:
        raise problem("later", wait.code) from None
    except Unknown:
        raise problem("later", "x_down") from None


def connect_by_tokens(world: World, token: str, secret: str, zone: str, *, who: str, user_id: str | None) -> XAccount:
    """The account that these tokens of OAuth 1.0a open; connected already, it has these from now on.

    Raises invalid (`required`, `too_long`, `zone_unknown`, `x_keys_missing` without an app, `x_unauthorized`),
    later (`x_down`, `x_limit` …).
    """
    faults, token, secret = Faults(), token.strip(), secret.strip()
    for name, typed in (("token", token), ("secret", secret)):
        if not typed:
            faults.add(name, "required")
        elif len(typed) > MOST_TOKEN:
            faults.add(name, "too_long", most=MOST_TOKEN, count=len(typed))
    if not world.settings.x_consumer_key.get_secret_value():
        faults.add("token", "x_keys_missing")
    with faults.gather():
        zones.known(zone)
    faults.check()
    whose = _whose(world, Access("oauth1", ports.Account("", "", ""), token, secret))
    return _keep(world, "oauth1", whose, Keys(token, secret), zone, who, user_id)


def connect_rehearsed(world: World, handle: str, name: str, zone: str, *, who: str, user_id: str | None) -> XAccount:
    """An account of the wall, under a handle of its own. Raises invalid (`handle_malformed`, `zone_unknown`)."""
    faults, handle = Faults(), handle.strip().removeprefix("@")
    if not HANDLE.fullmatch(handle):
        faults.add("handle", "handle_malformed")
    with faults.gather():
        zones.known(zone)
    faults.check()
    whose = ports.Account(f"rehearsal:{handle.lower()}", handle, name.strip()[:100] or handle)
    return _keep(world, "rehearsal", whose, Keys(), zone, who, user_id)


def check_account(world: World, account_id: str) -> None:
    """Ask X whose the account is; the answer is kept with it. Raises missing, gone (`x_account_gone`)."""
    try:
        whose = world.publishers.of(ready_access(world, account_id)).whoami()
    except (Refused, Later, Unknown) as said:
        code = "x_unknown" if isinstance(said, Unknown) else said.code
        with world.db.write() as session:
            accounts.failed(session, account_id, code, said.detail, world.clock.now())
        return
    with world.db.write() as session:
        found = accounts.find(session, account_id)
        found.handle, found.name = whose.handle, whose.name
        now, price = world.clock.now(), prices.micros(world.settings.x_price_own_read)
        accounts.worked(session, account_id, now)
        postings.note(session, "profile", price, now, account_id=account_id, rehearsed=found.rehearses)


def disconnect_account(world: World, account_id: str, *, who: str, user_id: str | None) -> None:
    """Its keys are forgotten; its tweets, and what they brought, stay. Once more changes nothing. Raises missing."""
    now = world.clock.now()
    with world.db.write() as session:
        found = accounts.find(session, account_id)
        if found.disconnected_at is None:
            accounts.disconnect(found, now)
            audits.note(session, "account.disconnected", now, who=who, user_id=user_id, subject=f"@{found.handle}")


def _whose(world: World, access: Access) -> ports.Account:
    try:
        return world.publishers.of(access).whoami()
    except Refused as refused:
        raise problem("invalid", refused.code, "token") from None
    except Later as wait:
        raise problem("later", wait.code, "token") from None
    except Unknown:
        raise problem("later", "x_down", "token") from None


def _keep(
    world: World, kind: accounts.Kind, whose: ports.Account, keys: Keys, zone: str, who: str, user_id: str | None
) -> XAccount:
    now = world.clock.now()
    if kind != "rehearsal" and whose.id == world.settings.x_user_id:
        raise problem("conflict", "x_account_usual", "token")  # it would be counted, limited and read twice
    with world.db.write() as session:
        made = accounts.connect(session, world.vault, kind, whose, keys, zone=zone, user_id=user_id, now=now)
        audits.note(session, "account.connected", now, who=who, user_id=user_id, subject=f"@{made.handle}", kind=kind)
        if kind != "rehearsal":
            postings.note(session, "profile", prices.micros(world.settings.x_price_own_read), now, account_id=made.id)
        return made
