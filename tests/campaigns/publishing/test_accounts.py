"""Accounts: what opens them is never in the clear in the database, and one refresher at a time."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from campaigns.kernel.errors import Problem
from campaigns.kernel.vaults import Vault
from campaigns.ports import Account, Keys
from campaigns.publishing import accounts
from campaigns.publishing.accounts import XAccount
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import make_account

FEUILLET = Account("17", "feuillet", "Feuillet")


def test_keys_are_encrypted_and_come_back(world: World) -> None:
    account = make_account(world, "oauth1", FEUILLET, Keys("the-token", "the-secret"))
    access = accounts.access(account, world.vault)
    assert (access.kind, access.token, access.secret, access.account) == ("oauth1", "the-token", "the-secret", FEUILLET)
    with world.db.read() as session:
        kept = session.execute(text("SELECT sealed FROM accounts")).scalar_one()
    assert "the-" not in kept
    assert "the-" not in repr(access) + repr(accounts.keys_of(account, world.vault))


def test_a_changed_secret_key_reads_on_and_relocks(world: World) -> None:
    account = make_account(world, "oauth1", FEUILLET, Keys("the-token", "the-secret"))
    old, new = world.settings.keys()[0], "n" * 3 + "ew-secret-key-0123456789-abcdefghij"
    both = Vault([new, old])
    assert accounts.access(account, both).token == "the-token"
    with world.db.write() as session:
        assert accounts.relock(session, both) == 1
    with world.db.read() as session:
        assert accounts.access(accounts.find(session, account.id), Vault([new])).token == "the-token"
        with pytest.raises(Problem, match="vault_closed"):
            accounts.access(accounts.find(session, account.id), Vault([old]))


def test_connecting_it_again_keeps_the_account_and_its_tweets(world: World) -> None:
    first = make_account(world, "oauth1", FEUILLET, Keys("one", "1"))
    with world.db.write() as session:
        accounts.failed(session, first.id, "x_unauthorized", "no", world.clock.now())
        accounts.disconnect(accounts.find(session, first.id), world.clock.now())
    again = make_account(world, "oauth1", FEUILLET, Keys("two", "2"))
    assert (again.id, again.problem, again.disconnected_at) == (first.id, None, None)
    assert accounts.access(again, world.vault).token == "two"


def test_a_disconnected_account_has_no_keys_and_takes_no_tweets(world: World) -> None:
    account = make_account(world, "oauth2", FEUILLET, Keys("token"))
    with world.db.write() as session:
        accounts.disconnect(accounts.find(session, account.id), world.clock.now())
    with world.db.read() as session:
        gone: XAccount = accounts.find(session, account.id)
        assert gone.sealed is None
        assert accounts.list_of(session) == []
        with pytest.raises(Problem, match="x_account_gone"):
            accounts.usable(session, account.id)
        with pytest.raises(Problem, match="x_account_gone"):
            accounts.access(gone, world.vault)


@pytest.mark.parametrize("wrong", ["", "x", "0193a1b2-0000-7000-8000-00000000000a"])
def test_an_account_that_is_none_is_refused(world: World, wrong: str) -> None:
    with world.db.read() as session, pytest.raises(Problem, match="account_missing"):
        accounts.usable(session, wrong)


def test_one_refresher_at_a_time(world: World, clock: HandClock) -> None:
    account = make_account(world, "oauth2", FEUILLET, Keys("token", ends_at=clock.now() + timedelta(hours=2)))
    assert not accounts.needs_refresh(account, clock.now())
    clock.advance(minutes=116)
    assert accounts.needs_refresh(account, clock.now())
    with world.db.write() as session:
        assert accounts.take_refresh(session, account.id, clock.now())
        assert not accounts.take_refresh(session, account.id, clock.now())
        clock.advance(seconds=61)  # the first one died
        assert accounts.take_refresh(session, account.id, clock.now())
