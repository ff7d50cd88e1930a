"""Mail tokens: one purpose, one use, a short life."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from campaigns.kernel.errors import Problem
from campaigns.people import mail_tokens
from campaigns.people.mail_tokens import LIFE_S, Purpose
from campaigns.people.users import User
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.people import make_member


def issue(world: World, user: User, purpose: Purpose) -> str:
    with world.db.write() as session:
        return mail_tokens.issue(session, user, purpose, world.clock.now())


def refusal(world: World, secret: str, purpose: Purpose) -> str | None:
    try:
        with world.db.write() as session:
            mail_tokens.spend(session, secret, purpose, world.clock.now())
    except Problem as refused:
        return refused.faults[0].code
    return None


@pytest.mark.parametrize("purpose,minutes", [("invite", 7 * 24 * 60), ("password", 30), ("sign_in", 10)])
def test_a_link_works_once_until_its_time(world: World, clock: HandClock, purpose: Purpose, minutes: int) -> None:
    user = make_member(world)
    secret = issue(world, user, purpose)
    clock.advance(minutes=minutes)
    assert refusal(world, secret, purpose) is None
    assert refusal(world, secret, purpose) == "token_used"
    late = issue(world, user, purpose)
    clock.advance(seconds=LIFE_S[purpose] + 1)
    assert refusal(world, late, purpose) == "token_expired"


def test_a_new_link_ends_the_one_before_of_the_same_purpose(world: World) -> None:
    user = make_member(world)
    first, other, second = (issue(world, user, purpose) for purpose in ("password", "sign_in", "password"))
    assert refusal(world, first, "password") == "token_used"
    assert refusal(world, second, "password") is None
    assert refusal(world, other, "sign_in") is None


def test_a_link_of_another_purpose_or_of_one_shut_out_is_forged(world: World) -> None:
    user = make_member(world)
    secret = issue(world, user, "sign_in")
    assert refusal(world, secret, "password") == "token_forged"
    with world.db.write() as session:
        session.merge(user).disabled_at = world.clock.now()
    assert refusal(world, secret, "sign_in") == "token_forged"
    assert refusal(world, "é\x00" * 30, "sign_in") == "token_forged"


def test_of_eight_who_spend_a_link_at_once_one_is_let_in(world: World) -> None:
    secret = issue(world, make_member(world), "password")
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda _: refusal(world, secret, "password"), range(8)))
    assert told.count(None) == 1
    assert told.count("token_used") == 7
