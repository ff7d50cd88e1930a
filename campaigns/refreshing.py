"""Refreshing: what opens an account, good for the minutes that a request takes.

Each flow that uses a connected account begins here, with nothing open. OAuth 2's tokens last two hours; what gets the
next one is usable once, so one process refreshes at a time and keeps what it got in a transaction of its own.
"""

import time
from datetime import timedelta
from typing import NoReturn

from campaigns.kernel.errors import Problem
from campaigns.ports import Access, Keys, Later, Refused
from campaigns.publishing import accounts
from campaigns.publishing.accounts import XAccount
from campaigns.world import World

OTHERS_WAIT = timedelta(seconds=3)
KEEP_TRIES, KEEP_PAUSE_S = 9, 0.1
"""The keys are nowhere else: a database that is away for half a minute mustn't lose the account."""


def ready_access(world: World, account_id: str) -> Access:
    """What opens an account now; its token is refreshed first where it ends soon.

    Raises Refused (`x_unauthorized`, `x_app_refused`, `x_keys_missing`; marked at the account), Later (`x_refreshing`:
    somebody else is at it; what X said, once the token has ended), missing (`account_missing`), gone
    (`x_account_gone`, `vault_closed`). Queries: 1; 4 with a refresh.
    """
    with world.db.read() as session:
        account = accounts.find(session, account_id)
    if accounts.needs_refresh(account, world.clock.now()):
        account = _refreshed(world, account)
    return accounts.access(account, world.vault)


def why_closed(world: World, account_id: str | None) -> Later | Refused | None:
    """What keeps an account from being used, its token refreshed where that was needed; None: nothing.

    | argument | meaning |
    |---|---|
    | account_id | None: the settings' own account, which is never refreshed |
    """
    if account_id is None:
        return None
    try:
        ready_access(world, account_id)
    except (Later, Refused) as said:
        return said
    except Problem as gone:
        if gone.kind != "gone":  # the database is away
            raise
        return Refused(gone.faults[0].code)
    return None


def _refreshed(world: World, account: XAccount) -> XAccount:
    """The account with keys that last; or as it is, while its token does."""
    if not accounts.keys_of(account, world.vault).refresh:
        return account if _lasts(world, account) else _refuse(world, account, Refused("x_unauthorized"))
    taken = _taken(world, account.id)
    if taken is None:
        return _lasting(world, account, Later("x_refreshing", until=world.clock.now() + OTHERS_WAIT))
    if not accounts.needs_refresh(taken, world.clock.now()):
        return taken
    used = accounts.keys_of(taken, world.vault)
    try:
        return _keep(world, account.id, used, _ask(world, used))
    except Refused as refused:
        current = _as_it_is(world, account.id)
        # else a person connected it again meanwhile
        return _refuse(world, account, refused) if _is_still(world, current, used) else current
    except Later as wait:
        with world.db.write() as session:
            accounts.failed(session, account.id, wait.code, wait.detail, world.clock.now())
            accounts.leave_refresh(session, account.id)
        return _lasting(world, taken, wait)


def _taken(world: World, account_id: str) -> XAccount | None:
    """The account, its refreshing ours for a minute; None: somebody else is at it.

    Where another one was quicker it has other keys already.
    """
    now = world.clock.now()
    with world.db.write() as session:
        if not accounts.take_refresh(session, account_id, now):
            return None
        account = accounts.find(session, account_id)
        if not accounts.needs_refresh(account, now):
            account.refreshing_until = None
        return account


def _lasting(world: World, account: XAccount, otherwise: Later) -> XAccount:
    """The account as it is, as long as its token is good; else it raises."""
    if _lasts(world, account):
        return account
    raise otherwise


def _ask(world: World, used: Keys) -> Keys:
    if world.connector is None:
        raise Refused("x_keys_missing")
    return world.connector.refresh(used.refresh)


def _keep(world: World, account_id: str, used: Keys, fresh: Keys) -> XAccount:
    """Keep the new keys, unless the account was connected again or disconnected while X was asked."""
    for attempt in range(KEEP_TRIES):
        try:
            with world.db.write() as session:
                if _is_still(world, accounts.find(session, account_id, to_change=True), used):
                    accounts.refreshed(session, world.vault, account_id, fresh, world.clock.now())
            break
        except Problem:
            if attempt + 1 == KEEP_TRIES:
                raise
            time.sleep(KEEP_PAUSE_S * 2**attempt)
    return _as_it_is(world, account_id)


def _as_it_is(world: World, account_id: str) -> XAccount:
    with world.db.read() as session:
        return accounts.find(session, account_id)


def _is_still(world: World, account: XAccount, used: Keys) -> bool:
    return account.sealed is not None and accounts.keys_of(account, world.vault).refresh == used.refresh


def _lasts(world: World, account: XAccount) -> bool:
    return account.ends_at is not None and account.ends_at > world.clock.now()


def _refuse(world: World, account: XAccount, refused: Refused) -> NoReturn:
    """Raise the refusal, marked at the account."""
    with world.db.write() as session:
        accounts.failed(session, account.id, refused.code, refused.detail, world.clock.now())
    raise refused
