"""Five hundred tweets of twenty accounts in a minute, by an X that takes its time, lets one wait, and goes away."""

import time
from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from campaigns.ports import Account, Keys
from campaigns.publishing.tweets import Tweet
from campaigns.world import World
from tests.loopback.server import Answer, Request, Trouble
from tests.loopback.x import FakeX
from tests.makers.publishing import make_account, make_place, make_tweet, with_x
from tests.rigs.quick_clock import BEGINNING, QuickClock
from tests.rigs.workers import wait_until, worker

ACCOUNTS, OF_EACH = 20, 25
POST = "POST /2/tweets"
TAKES_S = 0.25
LATE = timedelta(seconds=60)


class SlowX(FakeX):
    """Each POST takes a quarter of a second; one account is told once to wait; all of X may be away.

    `posts`: when each token asked for a POST; `wait_until`: when the one may ask again.
    """

    def __init__(self, clock: QuickClock) -> None:
        super().__init__(clock)
        self.posts: defaultdict[str, list[datetime]] = defaultdict(list)
        self.limited, self.is_away = token_of(0), False
        self.wait_until: datetime | None = None
        for n in range(ACCOUNTS):
            who = {"id": f"17000000000000000{n:02d}", "username": f"a{n}", "name": f"A{n}"}
            self.let_in(token_of(n), f"access-secret-{n:04d}", who)

    def respond(self, request: Request) -> tuple[Answer | None, bool]:
        if request.name == POST:
            self.posts[self.doors.token_of(request)].append(self.clock.now())
            time.sleep(TAKES_S)
        return super().respond(request)

    def _next_trouble(self, request: Request) -> Trouble | None:
        if self.is_away:
            return Trouble(status=503)
        mine = self.doors.token_of(request) == self.limited
        if request.name == POST and mine and len(self.posts[self.limited]) == 5:
            self.wait_until = self.clock.now() + timedelta(seconds=30)
            return Trouble(status=429, headers={"x-rate-limit-reset": f"{int(self.wait_until.timestamp()) + 1}"})
        return None


def token_of(n: int) -> str:
    return f"170000000000000-{n:02d}-access-token"


def plan(world: World, x: SlowX, begins: datetime) -> dict[str, datetime]:
    """Tweets of each account, all of them due within one minute; by their ids, when."""
    place, due = make_place(world), {}
    for n in range(ACCOUNTS):
        token = token_of(n)
        user = x.users[token]
        whose = Account(user["id"], user["username"], user["name"])
        account = make_account(world, whose=whose, keys=Keys(token, f"access-secret-{n:04d}"))
        for number in range(OF_EACH):
            at = begins + timedelta(seconds=60 * number / OF_EACH)
            more = {"account_id": account.id, "scheduled_at": at.isoformat()}
            due[make_tweet(world, place, f"Numéro {number} de {n} : {{link}}", **more).tweet.id] = at
    return due


def all_of(world: World) -> list[Tweet]:
    with world.db.read() as session:
        return list(session.scalars(select(Tweet)))


def states(world: World) -> set[str]:
    return {each.state for each in all_of(world)}


@pytest.mark.audit
@pytest.mark.both_databases
def test_each_of_five_hundred_is_out_within_a_minute_of_its_time(
    world: World, environ: dict[str, str], tmp_path: Path
) -> None:
    clock = QuickClock(time.time() + 3600, 1)  # stands an hour before the beginning, until it is set
    marketer = with_x(replace(world, clock=clock))[0]
    with SlowX(clock) as x:
        due = plan(marketer, x, BEGINNING)
        clock.began_at = time.time() + 5
        with worker({**environ, **x.environ}, clock, tmp_path / "log"):
            wait_until(lambda: states(world) == {"sent"}, 180)
        late = {each.id: (each.sent_at or BEGINNING) - due[each.id] for each in all_of(world)}
        assert len(x.tweets) == len(late) == ACCOUNTS * OF_EACH
        print("latest", max(late.values()), "earliest", min(late.values()))
        limited = set(list(due)[:OF_EACH])
        assert max(wait for each, wait in late.items() if each not in limited) <= LATE
        assert min(late.values()) >= timedelta(0)
        assert x.wait_until
        assert not [at for at in x.posts[x.limited][5:] if at < x.wait_until]


@pytest.mark.audit
@pytest.mark.both_databases
def test_after_an_hour_without_x_all_are_out_within_five_minutes(
    world: World, environ: dict[str, str], tmp_path: Path
) -> None:
    clock = QuickClock(time.time() + 3600, 1)
    marketer = with_x(replace(world, clock=clock))[0]
    with SlowX(clock) as x:
        x.limited, x.is_away = "", True
        plan(marketer, x, BEGINNING)
        clock.began_at = time.time() + 5
        clock.speed = 60
        with worker({**environ, **x.environ}, clock, tmp_path / "log"):
            wait_until(lambda: clock.now() > BEGINNING + timedelta(hours=1), 120)
        assert x.tweets == []
        came_back = clock.now()
        clock = QuickClock(time.time() - (came_back - BEGINNING).total_seconds(), 1)
        x.clock, x.is_away = clock, False
        with worker({**environ, **x.environ}, clock, tmp_path / "log"):
            wait_until(lambda: states(world) <= {"sent", "failed"}, 360)
        took = clock.now() - came_back
        print("took", took)
        assert took <= timedelta(minutes=5)
        told = [(each.state, each.problem) for each in all_of(world)]
        assert set(told) <= {("sent", None), ("failed", "missed")}
        assert len(x.tweets) == sum(state == "sent" for state, _ in told) > 0
