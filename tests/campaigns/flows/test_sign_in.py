"""Signing in: by password, by link; refused, twice, and at once."""

import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import pytest

from campaigns.flows import sign_in
from campaigns.flows.send_link import send_link
from campaigns.flows.sign_in import Browser
from campaigns.kernel.errors import Problem
from campaigns.people import knocks, users
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.people import (
    PASSWORD,
    actions,
    is_in,
    knock,
    mailed_secret,
    mails,
    make_invitation,
    make_member,
)

BROWSER = Browser("tests")


def come_in(world: World, password: str = PASSWORD, email: str = "lea@feuillet.example", **more: str) -> str:
    return sign_in.with_password(world, knock(email, **more), password, BROWSER)


def refusal(world: World, password: str = PASSWORD, email: str = "lea@feuillet.example", **more: str) -> str | None:
    try:
        come_in(world, password, email, **more)
    except Problem as refused:
        return refused.faults[0].code
    return None


def test_each_sign_in_is_a_session_of_its_own(world: World) -> None:
    make_member(world)
    first, second = come_in(world), come_in(world, email=" LEA@Feuillet.example ")
    assert first != second
    assert is_in(world, first)
    assert is_in(world, second)
    assert actions(world) == ["sign_in.done", "sign_in.done"]


def test_the_session_that_the_browser_had_ends(world: World) -> None:
    user = make_member(world)
    before = come_in(world)
    with world.db.read() as session:
        from_cookie = sign_in.sessions.list_of(session, user.id, world.clock.now(), 10**6, 10**6)[0].id
    sign_in.with_password(world, knock(), PASSWORD, Browser("tests", former=from_cookie))
    assert not is_in(world, before)


def test_a_wrong_password_and_an_unknown_address_are_told_alike(world: World) -> None:
    make_member(world)
    make_invitation(world, "new@feuillet.example")
    told = {refusal(world, "wrong password", email) for email in ("lea@feuillet.example", "nobody@x.example", "\x00")}
    assert told == {"password_wrong"}
    assert refusal(world, "", "new@feuillet.example") == "password_wrong"
    assert set(actions(world)) == {"user.invited", "sign_in.refused"}


@pytest.mark.one_database  # what takes long is a password's hash
def test_an_unknown_address_takes_as_long_as_a_known_one(world: World) -> None:
    with world.db.write() as session:
        users.create(
            session, "lea@feuillet.example", "Léa", "marketer", world.clock.now(), locale="en", zone="Europe/Paris",
            password=PASSWORD,
        )  # fmt: skip

    def time_of(email: str) -> float:
        started = time.process_time()  # the processor's own: another process's work is none of ours
        refusal(world, "wrong password", email)
        return time.process_time() - started

    pairs = [(time_of("lea@feuillet.example"), time_of("nobody@feuillet.example")) for _ in range(5)]
    known, unknown = (median(side) for side in zip(*pairs, strict=True))
    assert 0.5 < known / unknown < 2


def test_after_ten_wrong_passwords_an_account_waits_and_others_do_not(world: World, clock: HandClock) -> None:
    make_member(world)
    make_member(world, email="tom@feuillet.example")
    told = [refusal(world, "wrong password") for _ in range(25)]
    assert told == ["password_wrong"] * 10 + ["too_often"] * 15
    assert refusal(world) == "too_often"
    assert refusal(world, email="tom@feuillet.example") is None
    assert actions(world).count("sign_in.limited") == 1
    clock.advance(minutes=5)  # the true owner isn't kept out for long
    assert refusal(world) is None


def test_one_address_of_the_network_tries_fifty_times_in_all(world: World) -> None:
    with world.db.write() as session:  # counted as fifty tries are, without the fifty comparisons
        counts = [knocks.count(session, "sign-in", knock(f"a{n}@x.example"), 10, world.clock.now()) for n in range(50)]
    assert not any(count.address_over for count in counts)
    assert refusal(world, "wrong password", "b@x.example") == "too_often"
    assert refusal(world, "wrong password", "b@x.example", address="203.0.113.10") == "password_wrong"


def test_right_passwords_are_not_counted(world: World) -> None:
    make_member(world)
    assert [refusal(world) for _ in range(12)] == [None] * 12


def test_tries_at_one_moment_are_all_counted(world: World) -> None:
    make_member(world)
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda _: refusal(world, "wrong password"), range(14)))
    assert (told.count("password_wrong"), told.count("too_often")) == (10, 4)


def test_a_mailed_link_signs_in_once(world: World) -> None:
    user = make_member(world)
    send_link(world, "sign_in", knock(), "en")
    secret = mailed_secret(world)
    assert sign_in.whose(world, secret).id == user.id
    assert is_in(world, sign_in.with_link(world, secret, BROWSER))
    with pytest.raises(Problem) as refused:
        sign_in.with_link(world, secret, BROWSER)
    assert (refused.value.kind, refused.value.faults[0].code) == ("gone", "token_used")


@pytest.mark.parametrize("email", ["nobody@x.example", "new@feuillet.example", "out@feuillet.example", "", "a\x00@b"])
def test_nobody_gets_a_mail_who_has_no_way_in(world: World, email: str) -> None:
    make_invitation(world, "new@feuillet.example")
    shut_out = make_member(world, email="out@feuillet.example")
    with world.db.write() as session:
        session.merge(shut_out).disabled_at = world.clock.now()
    before = len(mails(world))
    for purpose in ("sign_in", "password"):
        send_link(world, purpose, knock(email), "en")
    assert len(mails(world)) == before


def test_asking_takes_as_long_for_nobody(world: World) -> None:
    make_member(world)

    def time_of(email: str, address: str) -> float:
        started = time.process_time()  # the processor's own: another process's work is none of ours
        send_link(world, "sign_in", knock(email, address), "en")
        return time.process_time() - started

    for warm in ("a", "b"):
        time_of(warm, warm)
    # three mails an hour: each pair comes from another address, and the clock isn't moved
    pairs = [(time_of("lea@feuillet.example", f"k{n}"), time_of("nobody@x.example", f"u{n}")) for n in range(3)]
    known, unknown = (min(side) for side in zip(*pairs, strict=True))
    assert 1 / 3 < unknown / known < 3


def test_an_account_gets_three_mails_an_hour(world: World, clock: HandClock) -> None:
    make_member(world)
    for _ in range(5):
        send_link(world, "password", knock(), "en")
    assert len(mails(world)) == 3
    clock.advance(hours=1)
    send_link(world, "password", knock(" LEA@feuillet.example"), "en")
    assert len(mails(world)) == 4


def test_one_address_of_the_network_asks_fifteen_times_an_hour(world: World) -> None:
    for number in range(15):
        send_link(world, "sign_in", knock(f"a{number}@x.example"), "en")
    with pytest.raises(Problem) as refused:
        send_link(world, "sign_in", knock("b@x.example"), "en")
    assert refused.value.faults[0].code == "too_often"
    assert 0 < refused.value.faults[0].values["wait_s"] <= 3600


def test_the_mail_is_in_its_readers_language_and_leads_to_the_public_address(world: World) -> None:
    make_member(world, locale="fr")
    send_link(world, "sign_in", knock(), "en")
    (mail,) = mails(world)
    assert (mail["to"], mail["locale"]) == ("lea@feuillet.example", "fr")
    assert f"http://localhost/sign-in/{mailed_secret(world)}" in mail["text"]
    assert mail["message_id"].startswith("<")
