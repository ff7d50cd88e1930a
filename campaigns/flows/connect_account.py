"""An account on X is connected: by its tokens, which X is asked about first, or as one of the rehearsal."""

import re

from campaigns import ports
from campaigns.kernel import zones
from campaigns.kernel.errors import Faults, problem
from campaigns.people import audits
from campaigns.ports import Access, Keys, Later, Refused, Unknown
from campaigns.publishing import accounts
from campaigns.publishing.accounts import XAccount
from campaigns.refreshing import ready_access
from campaigns.world import World

HANDLE = re.compile(r"[A-Za-z0-9_]{1,15}")
MOST_TOKEN = 200


def connect_by_tokens(world: World, token: str, secret: str, zone: str, *, who: str, user_id: str) -> XAccount:
    """The account that these tokens of OAuth 1.0a open; connected already, it has these from now on.

    Raises invalid (`required`, `too_long`, `zone_unknown`, `x_keys_missing` without an app, `x_unauthorized`),
    later (`x_down`, `x_limit` …).
    """
    faults, token, secret = Faults(), token.strip(), secret.strip()
    for field, typed in (("token", token), ("secret", secret)):
        if not typed:
            faults.add(field, "required")
        elif len(typed) > MOST_TOKEN:
            faults.add(field, "too_long", most=MOST_TOKEN, count=len(typed))
    if not world.settings.x_consumer_key.get_secret_value():
        faults.add("token", "x_keys_missing")
    with faults.gather():
        zones.known(zone)
    faults.check()
    whose = _whose(world, Access("oauth1", ports.Account("", "", ""), token, secret))
    return _keep(world, "oauth1", whose, Keys(token, secret), zone, who, user_id)


def connect_rehearsed(world: World, handle: str, name: str, zone: str, *, who: str, user_id: str) -> XAccount:
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
        accounts.worked(session, account_id, world.clock.now())


def disconnect_account(world: World, account_id: str, *, who: str, user_id: str) -> None:
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
    world: World, kind: accounts.Kind, whose: ports.Account, keys: Keys, zone: str, who: str, user_id: str
) -> XAccount:
    now = world.clock.now()
    with world.db.write() as session:
        made = accounts.connect(session, world.vault, kind, whose, keys, zone=zone, user_id=user_id, now=now)
        audits.note(session, "account.connected", now, who=who, user_id=user_id, subject=f"@{made.handle}", kind=kind)
        return made
