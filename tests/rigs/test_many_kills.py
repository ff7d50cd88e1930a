"""The long rig: 100 tweets, two workers, 50 kills, and an X of which 45 % of the answers go wrong."""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from campaigns.ports import Account, Keys
from campaigns.publishing import tweets
from campaigns.world import World
from tests.loopback.server import Trouble
from tests.loopback.x import USER, FakeX
from tests.makers.publishing import due_tweets, make_account, make_place, make_tweet, tweet_of, with_x
from tests.rigs.quick_clock import QuickClock
from tests.rigs.workers import worker

KILLS, TWEETS, THREADS, SPEED = 50, 100, 48, 15


class BadX(FakeX):
    """Each POST has its own trouble, by the dice."""

    def __init__(self, clock: QuickClock, dice: random.Random, *, refuses_repeats: bool) -> None:
        super().__init__(clock)
        self.dice, self.refuses_repeats, self.calm_now = dice, refuses_repeats, False

    def _next_trouble(self, request: object) -> Trouble | None:
        if not str(getattr(request, "name", "")).startswith("POST") or self.calm_now or self.dice.random() > 0.45:
            return None
        reset = {"x-rate-limit-reset": str(int(self.clock.now().timestamp()) + 15)}
        return self.dice.choice(
            [
                Trouble(status=429, headers=reset),
                Trouble(status=500),
                Trouble(status=500, effect=True),
                Trouble(delay_s=1.5, cut="silent"),
                Trouble(cut="silent"),
                Trouble(cut="silent", effect=True),
            ]
        )

    def _create(self, request: object) -> object:  # type: ignore[override]
        if not self.refuses_repeats:
            with self.lock:
                kept, self.tweets = self.tweets, []
                answer = super()._create(request)  # type: ignore[arg-type]
                self.tweets = kept + self.tweets
            return answer
        return super()._create(request)  # type: ignore[arg-type]


@pytest.mark.audit
@pytest.mark.both_databases
@pytest.mark.parametrize("refuses_repeats", [True, False])
def test_nothing_is_posted_twice_and_nothing_is_lost_in_silence(
    world: World, environ: dict[str, str], tmp_path: Path, refuses_repeats: bool
) -> None:
    dice = random.Random(20261102)
    clock = QuickClock(time.time(), SPEED)
    marketer = with_x(replace(world, clock=clock))[0]
    with BadX(clock, dice, refuses_repeats=refuses_repeats) as x:
        own = {**environ, **x.environ, "PERCHOIR_LATE_LIMIT_S": "86400"}
        made = [each.tweet.id for each in due_tweets(marketer, TWEETS)]

        def open_tweets() -> int:
            return sum(tweet_of(marketer, each).state in ("scheduled", "sending") for each in made)

        for _ in range(KILLS // 2):
            run_two(own, clock, tmp_path, lambda: time.sleep(dice.uniform(1.5, 4)))
        x.calm_now = True
        run_two(own, clock, tmp_path, lambda: wait_long(lambda: open_tweets() == 0))
        assert max(Counter(tweet["text"] for tweet in x.tweets).values()) == 1
        found = [tweet_of(marketer, each) for each in made]
        assert {tweet.state for tweet in found} <= {"sent", "unsure"}
        assert {tweet.x_id for tweet in found if tweet.state == "sent"} == {tweet["id"] for tweet in x.tweets}
        print(Counter(tweet.state for tweet in found))


def some_threads(marketer: World, *account_ids: str) -> list[str]:
    """Tweets by the usual account and by each of these in turn, every fourth of them a thread of three."""
    place, at = make_place(marketer), marketer.clock.now().isoformat()
    whose = (None, *account_ids)
    return [
        make_tweet(
            marketer, place, f"Numéro {n} : {{link}}", scheduled_at=at, account_id=whose[n % 3],
            parts=(f"La suite de {n}", f"La fin de {n}") if n % 4 == 0 else (),
        ).tweet.id
        for n in range(THREADS)
    ]  # fmt: skip


@pytest.mark.audit
@pytest.mark.both_databases
def test_threads_and_other_accounts_survive_as_well(world: World, environ: dict[str, str], tmp_path: Path) -> None:
    """By three accounts, one of which X locks out; every third tweet is a thread of three."""
    dice = random.Random(20261123)
    clock = QuickClock(time.time(), SPEED)
    marketer = with_x(replace(world, clock=clock))[0]
    with BadX(clock, dice, refuses_repeats=True) as x:
        own = {**environ, **x.environ, "PERCHOIR_LATE_LIMIT_S": "86400"}
        x.doors.secrets |= {"1700-second-account-token": "second-account-secret-0001"}
        second = make_account(marketer, whose=Account(USER["id"], "second", "Second"),
                              keys=Keys("1700-second-account-token", "second-account-secret-0001"))  # fmt: skip
        locked = make_account(marketer, whose=Account("18", "locked", "Locked"),
                              keys=Keys("1800-locked-account-token", "locked-account-secret-0001"))  # fmt: skip
        made = some_threads(marketer, second.id, locked.id)
        with marketer.db.read() as session:
            whole = [tweets.parts(session, tweets.find(session, each)) for each in made]

        def waiting() -> bool:
            """Whether something may go out still: what stands behind a part that failed waits for a person."""
            return any(
                tweet_of(marketer, part.id).state == "sending" or tweet_of(marketer, part.id).due_at
                for parts in whole for part in parts
            )  # fmt: skip

        for _ in range(KILLS // 4):
            run_two(own, clock, tmp_path, lambda: time.sleep(dice.uniform(1.5, 4)))
        x.calm_now = True
        run_two(own, clock, tmp_path, lambda: wait_long(lambda: not waiting()))
        assert max(Counter(tweet["text"] for tweet in x.tweets).values()) == 1
        found = [[tweet_of(marketer, part.id) for part in parts] for parts in whole]
        there = {tweet["id"]: tweet for tweet in x.tweets}
        for first, *behind in found:
            if first.account_id == locked.id:
                assert first.state in ("failed", "unsure")  # in doubt, and nobody may look
                assert first.problem == "x_unauthorized"
                assert {part.state for part in behind} <= {"scheduled"}
                continue
            assert first.state in ("sent", "unsure")
            for before, part in pairwise([first, *behind]):
                if part.state == "sent":  # under the one before, which is there
                    assert there[part.x_id or ""]["reply_to"] == before.x_id
        sent = [part for parts in found for part in parts if part.state == "sent"]
        assert {part.x_id for part in sent} == set(there)
        print(Counter(part.state for parts in found for part in parts))


def run_two(own: dict[str, str], clock: QuickClock, folder: Path, meanwhile: Callable[[], None]) -> None:
    with worker(own, clock, folder / "1.log") as first, worker(own, clock, folder / "2.log") as second:
        meanwhile()
        for process in (first, second):
            process.send_signal(signal.SIGKILL)


def wait_long(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 300
    while not is_so():
        assert time.monotonic() < end, "tweets were left behind"
        time.sleep(0.5)
