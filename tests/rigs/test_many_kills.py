"""The long rig: three accounts, tweets and threads, 50 kills, and an X of which 45 % of the answers go wrong."""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from campaigns.flows import resolve_unsure
from campaigns.ports import Account, Keys
from campaigns.publishing import tweets
from campaigns.publishing.tweets import Tweet
from campaigns.world import World
from tests.loopback.server import Answer, Request, Trouble
from tests.loopback.x import FakeX
from tests.makers.publishing import Place, make_account, make_place, make_tweet, story_of, tweet_of, with_x
from tests.rigs.quick_clock import QuickClock
from tests.rigs.workers import worker

KILLS, SPEED = 50, 15
ALONE, THREADS = 24, 4
"""Of each account: tweets that stand alone, and threads of three parts."""
HANDLES = ("lune", "soleil")
POST = "POST /2/tweets"


class BadX(FakeX):
    """Each POST has its own trouble, by the dice, and takes a while.

    | attribute | meaning |
    |---|---|
    | down | the tokens for which nothing works |
    | busy, cut_off | requests that are being answered; how many were when workers were killed |
    """

    def __init__(self, clock: QuickClock, dice: random.Random, *, refuses_repeats: bool = True) -> None:
        super().__init__(clock)
        self.dice, self.refuses_repeats, self.calm_now = dice, refuses_repeats, False
        self.down: set[str] = set()
        self.busy = self.cut_off = 0
        for number, handle in enumerate(HANDLES, 2):
            self.let_in(*keys_of(handle), {"id": f"170000000000000000{number}", "username": handle, "name": handle})

    def _next_trouble(self, request: Request) -> Trouble | None:
        if self.doors.token_of(request) in self.down:
            return Trouble(status=503)
        if not request.name.startswith("POST") or self.calm_now or self.dice.random() > 0.45:
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

    def respond(self, request: Request) -> tuple[Answer | None, bool]:
        with self.lock:
            self.busy += 1
        try:
            if request.name == POST:
                time.sleep(0.05)
            return super().respond(request)
        finally:
            with self.lock:
                self.busy -= 1

    def _create(self, request: Any) -> Any:
        if self.refuses_repeats:
            return super()._create(request)
        with self.lock:
            kept, self.tweets = self.tweets, []
            try:
                return super()._create(request)
            finally:
                self.tweets = kept + self.tweets


def keys_of(handle: str) -> tuple[str, str]:
    return f"170000000000000-{handle}-access-token", f"{handle}-access-secret-0001"


def connect(world: World, x: BadX) -> list[str | None]:
    """The usual account and two that are connected."""
    made: list[str | None] = [None]
    for handle in HANDLES:
        token, secret = keys_of(handle)
        user = x.users[token]
        whose = Account(user["id"], handle, handle)
        made.append(make_account(world, whose=whose, keys=Keys(token, secret)).id)
    return made


def write(world: World, place: Place, account_id: str | None, *, alone: int, whole: int) -> list[str]:
    """Tweets that are due, alone and in threads whose link stands in the middle. The ids of all, in order."""
    now, who = world.clock.now().isoformat(), account_id or "usual"
    more = {"account_id": account_id, "scheduled_at": now}
    made = [make_tweet(world, place, f"Numéro {n} de {who} : {{link}}", **more).tweet.id for n in range(alone)]
    for n in range(whole):
        words = f"du fil {n} de {who}"
        first = make_tweet(world, place, f"Le début {words}", parts=(f"Le lien {words} : {{link}}", f"La fin {words}"),
                           **more)  # fmt: skip
        with world.db.read() as session:
            made += [part.id for part in tweets.parts(session, first.tweet)]
    return made


def is_open(world: World, tweet_id: str) -> bool:
    """Whether the worker has still something to do for it; a part waits without a moment of its own."""
    tweet = tweet_of(world, tweet_id)
    return tweet.state == "sending" or (tweet.state == "scheduled" and tweet.due_at is not None)


@pytest.mark.audit
@pytest.mark.both_databases
@pytest.mark.parametrize("refuses_repeats", [True, False])
def test_nothing_is_posted_twice_and_nothing_is_lost_in_silence(
    world: World, environ: dict[str, str], tmp_path: Path, refuses_repeats: bool
) -> None:
    dice, clock = random.Random(20261102), QuickClock(time.time(), SPEED)
    marketer = with_x(replace(world, clock=clock))[0]
    with BadX(clock, dice, refuses_repeats=refuses_repeats) as x:
        own = {**environ, **x.environ, "PERCHOIR_LATE_LIMIT_S": "86400"}
        place = make_place(marketer)
        made = [
            each for who in connect(marketer, x) for each in write(marketer, place, who, alone=ALONE, whole=THREADS)
        ]
        for _ in range(KILLS // 2):
            run_two(own, clock, tmp_path, lambda: some_posts(x, dice))
        print("POSTs while workers were killed:", len(x.asked(POST)), "kills in the middle of one:", x.cut_off)
        x.calm_now = True
        finish(own, clock, tmp_path, marketer, made)
        found = [tweet_of(marketer, each) for each in made]
        print("by itself:", Counter(tweet.state for tweet in found), "POSTs:", len(x.asked(POST)))
        once_and_in_order(x, found)
        explained(marketer, found)
        for _ in range(3):  # a person looks on X, and says what is there
            answer_for(marketer, x, made)
            finish(own, clock, tmp_path, marketer, made)
        found = [tweet_of(marketer, each) for each in made]
        assert Counter(tweet.state for tweet in found) == {"sent": len(made)}
        once_and_in_order(x, found)


@pytest.mark.audit
@pytest.mark.both_databases
def test_an_account_in_trouble_holds_up_no_other(world: World, environ: dict[str, str], tmp_path: Path) -> None:
    dice, clock = random.Random(20261103), QuickClock(time.time(), SPEED)
    marketer = with_x(replace(world, clock=clock))[0]
    with BadX(clock, dice) as x:
        own = {**environ, **x.environ, "PERCHOIR_LATE_LIMIT_S": "86400"}
        place, (usual, lune, soleil) = make_place(marketer), connect(marketer, x)
        troubled = write(marketer, place, lune, alone=10, whole=2)  # due before the others
        well = [each for who in (soleil, usual) for each in write(marketer, place, who, alone=10, whole=2)]
        x.down = {keys_of("lune")[0]}
        for _ in range(4):
            run_two(own, clock, tmp_path, lambda: some_posts(x, dice))
        x.calm_now = True
        finish(own, clock, tmp_path, marketer, well)
        assert {tweet_of(marketer, each).state for each in well} <= {"sent", "unsure", "scheduled"}
        assert sum(tweet_of(marketer, each).state == "sent" for each in well) > len(well) * 0.8
        assert {tweet_of(marketer, each).state for each in troubled} <= {"scheduled", "sending"}
        print("while it is down:", Counter(tweet_of(marketer, each).state for each in well))
        x.down = set()
        finish(own, clock, tmp_path, marketer, [*troubled, *well])
        found = [tweet_of(marketer, each) for each in [*troubled, *well]]
        print("after it:", Counter(tweet.state for tweet in found))
        once_and_in_order(x, found)
        explained(marketer, found)


def once_and_in_order(x: BadX, found: list[Tweet]) -> None:
    """No text twice, each by its account, and each part under the one before it."""
    stands = {each["id"]: each for each in x.tweets}
    sent = {tweet.id: tweet for tweet in found if tweet.state == "sent"}
    assert max(Counter(each["text"] for each in x.tweets).values()) == 1
    # of what isn't marked as sent, X may have only what is a person's to decide
    assert {tweet.x_id for tweet in sent.values()} <= stands.keys()
    unknown = stands.keys() - {tweet.x_id for tweet in sent.values()}
    unsure = {tweet.posted_text for tweet in found if tweet.state == "unsure"}
    assert {stands[each]["text"] for each in unknown} <= unsure
    for number, tweet in enumerate(found):
        if tweet.id not in sent:
            continue
        post = stands[tweet.x_id or ""]
        assert post["text"] == tweet.posted_text
        assert (post["user"] == "1700000000000000001") is (tweet.account_id is None)
        if tweet.part == 1:
            assert post["reply_to"] is None
        else:
            before = found[number - 1]
            assert (before.thread_id, before.part) == (tweet.thread_id, tweet.part - 1)
            assert before.state == "sent"
            assert post["reply_to"] == before.x_id
            assert int(before.x_id or "") < int(tweet.x_id or "")


def explained(world: World, found: list[Tweet]) -> None:
    """Every state has its reason: what is unsure says why, what waits waits for a part that is."""
    for number, tweet in enumerate(found):
        story = story_of(world, tweet.id)
        if tweet.state == "sent":
            assert story[-1] in ("posted", "found"), story
        elif tweet.state == "unsure":
            assert tweet.problem, story
        else:
            assert (tweet.state, tweet.due_at) == ("scheduled", None), story
            before = found[number - 1]
            assert before.thread_id == tweet.thread_id
            assert before.state != "sent"


def answer_for(world: World, x: BadX, made: list[str]) -> None:
    """What a person does about unsure tweets: they look, and say what is there."""
    for tweet in (tweet_of(world, each) for each in made):
        if tweet.state != "unsure":
            continue
        post = next((each for each in x.tweets if each["text"] == tweet.posted_text), None)
        if post:
            resolve_unsure.there(world, tweet.id, f"https://x.com/a/status/{post['id']}", who="Léa")
        else:
            resolve_unsure.not_there(world, tweet.id, who="Léa")


def finish(own: dict[str, str], clock: QuickClock, folder: Path, world: World, made: list[str]) -> None:
    """Let two workers do what is left for these."""
    if any(is_open(world, each) for each in made):
        run_two(own, clock, folder, lambda: wait_long(lambda: not any(is_open(world, each) for each in made)))


def some_posts(x: BadX, dice: random.Random) -> None:
    """Until a few POSTs came, and a moment more: workers are killed while they work, not while they start."""
    enough, end = len(x.asked(POST)) + dice.randint(1, 4), time.monotonic() + 8
    while len(x.asked(POST)) < enough and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(dice.uniform(0, 0.2))
    x.cut_off += x.busy


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
