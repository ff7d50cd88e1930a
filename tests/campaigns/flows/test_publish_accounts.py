"""Publishing by several accounts: nothing blocks another one, limits and the cap are kept, threads go out in order."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from campaigns.flows.plan_tweet import publish
from campaigns.flows.publish_due import publish_due
from campaigns.kernel.vaults import Vault
from campaigns.ports import Account, Refused
from campaigns.publishing import accounts, postings, tweets
from campaigns.publishing.postings import Posting
from campaigns.publishing.tweets import Tweet
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.publishing import (
    due_tweets,
    loses,
    make_account,
    make_place,
    make_tweet,
    refuses,
    takes,
    takes_in_silence,
    tweet_of,
    waits,
    with_x,
)


def give(world: World, tweet_id: str, **values: object) -> None:
    """What the composer would have written."""
    with world.db.write() as session:
        session.execute(update(Tweet).where(Tweet.id == tweet_id).values(**values))


def test_each_tweet_goes_out_by_its_account(world: World) -> None:
    world, x = with_x(world)
    first, second = (make_account(world, "oauth1", Account(n, n, n)) for n in ("17", "18"))
    usual, one, two = due_tweets(world, 3)
    give(world, one.tweet.id, account_id=first.id)
    give(world, two.tweet.id, account_id=second.id)
    assert publish_due(world, "w") == 3
    assert sorted(access.account.id for access in x.accesses) == ["17", "18"]
    with world.db.read() as session:
        assert accounts.find(session, first.id).worked_at == world.clock.now()
        assert {each.account_id for each in session.scalars(select(Posting))} == {None, first.id, second.id}
    assert tweet_of(world, usual.tweet.id).state == "sent"


@pytest.mark.parametrize("code", ["x_limit", "x_credits", "x_down"])
def test_an_account_that_must_wait_holds_up_no_other(world: World, clock: HandClock, code: str) -> None:
    world, x = with_x(world, waits(code, clock.now() + timedelta(minutes=10)))
    held = make_account(world)
    one, two, other = due_tweets(world, 3)
    give(world, one.tweet.id, account_id=held.id)
    give(world, two.tweet.id, account_id=held.id)
    publish_due(world, "w")
    states = [tweet_of(world, each.tweet.id).state for each in (one, two, other)]
    assert states == ["scheduled", "scheduled", "sent"]
    assert len(x.asked) == 2
    with world.db.read() as session:
        assert accounts.find(session, held.id).problem == code
    clock.advance(minutes=11)
    publish_due(world, "w")
    assert tweet_of(world, one.tweet.id).state == tweet_of(world, two.tweet.id).state == "sent"


def test_nothing_is_asked_of_x_beyond_its_smallest_limit(world: World, clock: HandClock) -> None:
    world, x = with_x(world)
    due_tweets(world, 1)
    with world.db.write() as session:
        for _ in range(100):
            postings.note(session, "post", 1, clock.now() - timedelta(minutes=5), account_id=None)
    publish_due(world, "w")
    assert x.asked == []
    clock.advance(minutes=10, seconds=1)
    publish_due(world, "w")
    assert len(x.asked) == 1


def test_the_cap_stops_with_a_clear_word_and_what_x_refused_is_not_spent(world: World) -> None:
    world, x = with_x(world, refuses("x_forbidden"))
    world = replace(world, settings=world.settings.model_copy(update={"x_monthly_cap": Decimal("0.21")}))
    first, second, third = due_tweets(world, 3)
    publish_due(world, "w")
    became = [tweet_of(world, each.tweet.id) for each in (first, second, third)]
    assert [each.state for each in became] == ["failed", "sent", "failed"]
    assert [each.problem for each in became] == ["x_forbidden", None, "x_cap"]
    assert len(x.asked) == 2
    with world.db.read() as session:
        assert postings.spending(session, world.settings, world.clock.now()).spent == 200_000


def test_a_tweet_of_a_disconnected_account_fails_and_says_so(world: World) -> None:
    world, x = with_x(world)
    account = make_account(world)
    [due] = due_tweets(world, 1)
    give(world, due.tweet.id, account_id=account.id)
    with world.db.write() as session:
        accounts.disconnect(accounts.find(session, account.id), world.clock.now())
    publish_due(world, "w")
    assert (tweet_of(world, due.tweet.id).problem, x.asked) == ("x_account_gone", [])


def test_an_unknown_outcome_is_looked_up_on_the_account_s_own_timeline(world: World, clock: HandClock) -> None:
    world, x = with_x(world, takes_in_silence)
    account = make_account(world)
    [due] = due_tweets(world, 1)
    give(world, due.tweet.id, account_id=account.id)
    publish_due(world, "w")
    clock.advance(seconds=61)
    publish_due(world, "w")
    assert tweet_of(world, due.tweet.id).state == "sent"
    assert len(x.asked) == 1
    assert [access.account.id for access in x.accesses] == ["17", "17"]


def a_thread(world: World, *texts: str) -> list[str]:
    """The ids of its parts, the first of them due now."""
    place, now = make_place(world), world.clock.now().isoformat()
    made = [make_tweet(world, place, f"{words} {{link}}", scheduled_at=now).tweet.id for words in texts]
    for n, tweet_id in enumerate(made, 1):
        give(world, tweet_id, thread_id=made[0], part=n, **({} if n == 1 else {"due_at": None}))
    return made


def states_of(world: World, ids: list[str]) -> list[str]:
    return [tweet_of(world, each).state for each in ids]


def test_a_thread_goes_out_in_order_each_part_under_the_one_before(world: World) -> None:
    world, x = with_x(world)
    ids = a_thread(world, "Un", "Deux", "Trois")
    assert publish_due(world, "w") == 3
    assert [text.split()[0] for text in x.posted] == ["Un", "Deux", "Trois"]
    sent = [tweet_of(world, each).x_id for each in ids]
    assert [extras.reply_to for extras in x.extras] == [None, sent[0], sent[1]]


def test_a_part_that_is_refused_keeps_those_before_and_holds_those_after_until_someone_goes_on(world: World) -> None:
    world, x = with_x(world, takes, refuses("x_forbidden"))
    ids = a_thread(world, "Un", "Deux", "Trois")
    publish_due(world, "w")
    assert states_of(world, ids) == ["sent", "failed", "scheduled"]
    publish(world, ids[1], who="Léa")
    publish_due(world, "w")
    assert states_of(world, ids) == ["sent", "sent", "sent"]
    assert [text.split()[0] for text in x.posted] == ["Un", "Deux", "Trois"]


def test_a_part_of_unknown_outcome_holds_the_next_until_it_is_found(world: World, clock: HandClock) -> None:
    world, x = with_x(world, takes, takes_in_silence)
    ids = a_thread(world, "Un", "Deux", "Trois")
    publish_due(world, "w")
    assert states_of(world, ids) == ["sent", "sending", "scheduled"]
    clock.advance(seconds=61)
    publish_due(world, "w")
    assert states_of(world, ids) == ["sent", "sent", "sent"]
    assert x.extras[2].reply_to == tweet_of(world, ids[1]).x_id


def test_a_later_part_planned_by_itself_waits_for_the_one_before(world: World) -> None:
    world, x = with_x(world, loses)
    ids = a_thread(world, "Un", "Deux")
    publish_due(world, "w")
    publish(world, ids[1], who="Léa")
    publish_due(world, "w")
    assert (states_of(world, ids), len(x.asked)) == (["sending", "scheduled"], 1)


def test_a_tweet_without_a_link_is_found_by_its_words(world: World, clock: HandClock) -> None:
    world, x = with_x(world, takes_in_silence)
    [due] = due_tweets(world, 1)
    give(world, due.tweet.id, text="Le code MERCI & rien d’autre", linkless=True)
    publish_due(world, "w")
    assert x.asked == ["Le code MERCI & rien d’autre"]
    x.shown = [replace(post, text="Le code MERCI &amp; rien d’autre") for post in x.shown]
    clock.advance(seconds=61)
    publish_due(world, "w")
    assert (tweet_of(world, due.tweet.id).state, len(x.asked)) == ("sent", 1)


def test_the_thread_of_a_tweet_is_told_in_order(world: World) -> None:
    ids = a_thread(world, "Un", "Deux")
    first, second = (tweet_of(world, each) for each in ids)
    with world.db.read() as session:
        assert [each.id for each in tweets.parts(session, second)] == ids
        assert tweets.before(session, first) is None


def test_a_tweet_in_doubt_whose_account_went_is_for_a_person_and_stops_no_other(world: World, clock: HandClock) -> None:
    world, _ = with_x(world, takes_in_silence)
    account = make_account(world)
    doubtful, other = due_tweets(world, 2)
    give(world, doubtful.tweet.id, account_id=account.id)
    give(world, other.tweet.id, due_at=clock.now() + timedelta(minutes=1))
    publish_due(world, "w")
    with world.db.write() as session:
        accounts.disconnect(accounts.find(session, account.id), clock.now())
    clock.advance(minutes=2)
    publish_due(world, "w")
    became = [tweet_of(world, each.tweet.id) for each in (doubtful, other)]
    assert [(each.state, each.problem) for each in became] == [("unsure", "x_account_gone"), ("sent", None)]


def test_an_account_whose_keys_cannot_be_read_stops_no_other(world: World) -> None:
    world, _ = with_x(world)
    account = make_account(world)
    closed, other = due_tweets(world, 2)
    give(world, closed.tweet.id, account_id=account.id)
    publish_due(replace(world, vault=Vault(["another secret key, as long as it must be"])), "w")
    became = [tweet_of(world, each.tweet.id) for each in (closed, other)]
    assert [(each.state, each.problem) for each in became] == [("failed", "vault_closed"), ("sent", None)]


def test_a_tweet_in_doubt_whose_account_x_locked_out_is_for_a_person(world: World, clock: HandClock) -> None:
    world, x = with_x(world, loses)
    account = make_account(world)
    [doubtful] = due_tweets(world, 1)
    give(world, doubtful.tweet.id, account_id=account.id)
    publish_due(world, "w")
    x.look_answers = [Refused("x_unauthorized", "401")]
    clock.advance(minutes=2)
    publish_due(world, "w")
    became = tweet_of(world, doubtful.tweet.id)
    assert (became.state, became.problem, len(x.asked)) == ("unsure", "x_unauthorized", 1)
