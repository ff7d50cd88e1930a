from datetime import timedelta

import pytest

from campaigns.kernel.errors import Problem
from campaigns.people import tokens
from campaigns.people.tokens import ApiToken
from campaigns.world import World


def test_a_token_is_found_by_its_secret_which_is_not_kept(world: World) -> None:
    with world.db.write() as session:
        token, secret = tokens.create(session, "Zapier", "sales", world.clock.now())
    assert secret.startswith("pch_")
    assert len(secret) == 47
    with world.db.read() as session:
        found = tokens.find(session, secret)
        assert found
        assert (found.id, found.name, found.role) == (token.id, "Zapier", "sales")
        for wrong in ("", "pch_", secret[:-1], secret + "x", secret[4:], "pch_" + "x" * 10_000, "pch_\x00"):
            assert tokens.find(session, wrong) is None
    assert secret not in token.token_hash


def test_a_token_that_was_revoked_opens_nothing(world: World) -> None:
    with world.db.write() as session:
        token, secret = tokens.create(session, "Zapier", "sales", world.clock.now())
        session.get_one(ApiToken, token.id).revoked_at = world.clock.now()
    with world.db.read() as session:
        assert tokens.find(session, secret) is None


def test_its_use_is_noted_once_a_minute(world: World) -> None:
    now = world.clock.now()
    with world.db.write() as session:
        token, secret = tokens.create(session, "Zapier", "sales", now)
        assert tokens.is_stale(token, now)
        tokens.note_use(session, token.id, now)
    with world.db.read() as session:
        found = tokens.find(session, secret)
    assert found
    assert not tokens.is_stale(found, now + timedelta(seconds=59))
    assert tokens.is_stale(found, now + timedelta(seconds=60))


def test_a_token_needs_a_name_and_a_role(world: World) -> None:
    with world.db.write() as session, pytest.raises(Problem) as refused:
        tokens.create(session, " ", "owner", world.clock.now())
    assert [fault.code for fault in refused.value.faults] == ["required", "role_unknown"]
