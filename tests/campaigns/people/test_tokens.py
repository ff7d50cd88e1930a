"""API tokens: shown once, kept as a hash, revoked for good."""

import pytest

from campaigns.kernel.errors import Problem
from campaigns.people import tokens
from campaigns.world import World


def test_a_token_opens_until_it_is_revoked(world: World) -> None:
    with world.db.write() as session:
        token, secret = tokens.create(session, " The shop ", "sales", world.clock.now())
        assert (token.name, secret[:4]) == ("The shop", "pch_")
        assert secret not in str(vars(token))
        found = tokens.find(session, secret)
        assert found
        assert found.id == token.id
        tokens.revoke(session, token.id, world.clock.now())
        session.flush()
        assert tokens.find(session, secret) is None
        first = tokens.revoke(session, token.id, world.clock.now()).revoked_at
        assert first == world.clock.now()


@pytest.mark.parametrize("secret", ["", "pch_", "pch_é\x00", "Bearer x", "pch_" + "a" * 5000])
def test_what_is_no_secret_opens_nothing(world: World, secret: str) -> None:
    with world.db.read() as session:
        assert tokens.find(session, secret) is None


def test_a_token_needs_a_name_and_one_of_the_roles(world: World) -> None:
    with pytest.raises(Problem) as refused, world.db.write() as session:
        tokens.create(session, " ", "root", world.clock.now())
    assert [(fault.field, fault.code) for fault in refused.value.faults] == [
        ("name", "required"), ("role", "role_unknown"),
    ]  # fmt: skip


def test_the_living_stand_before_the_revoked(world: World) -> None:
    with world.db.write() as session:
        made = [tokens.create(session, name, "admin", world.clock.now())[0] for name in ("a", "b", "c")]
        tokens.revoke(session, made[1].id, world.clock.now())
        session.flush()
        assert [token.name for token in tokens.list_all(session)] == ["c", "a", "b"]


def test_an_unknown_token_is_missing(world: World) -> None:
    for wrong in ("0193a1b2-0000-7000-8000-00000000000a", "x"):
        with pytest.raises(Problem) as refused, world.db.write() as session:
            tokens.revoke(session, wrong, world.clock.now())
        assert refused.value.faults[0].code == "token_missing"
