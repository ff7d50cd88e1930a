"""The weekly mail: once on Monday, to those who ask, with home's figures; one press ends it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from campaigns.flows import send_outbox
from campaigns.flows.send_weekly import send_weekly, stop_weekly
from campaigns.kernel.codes import Signer
from campaigns.kernel.errors import Problem
from campaigns.measuring.accounts import Unreconciled
from campaigns.people.users import User
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.capturing import mails_of
from tests.makers.people import make_member
from tests.makers.publishing import make_place, make_tweet
from tests.makers.tracking import make_lead, make_person, make_sale, make_touch

MONDAY = datetime(2026, 11, 9, 6, 0, tzinfo=UTC)  # seven in Paris


def asks(world: World, user_id: str, **values: object) -> None:
    with world.db.write() as session:
        session.execute(update(User).where(User.id == user_id).values(**({"weekly": True} | values)))


@pytest.fixture
def user_id(world: World, clock: HandClock) -> str:
    """A marketer in Paris who asked, and a week with a lead who paid."""
    user_id = make_member(world).id
    asks(world, user_id)
    place = make_place(world)
    made = make_tweet(world, place, "Le guide : {link}")
    person = make_person(world)
    make_touch(world, person, made.tweet.id)
    make_lead(world, place, person)
    make_sale(world, place, person, 1_234)
    clock.set(MONDAY)
    return user_id


def test_last_week_is_told_once_on_monday(world: World, clock: HandClock, user_id: str) -> None:
    assert (send_weekly(world), send_weekly(world)) == (1, 0)
    [mail] = mails_of(world)
    assert mail["subject"] == "Last week: €12.34, leads: 1"
    assert "“Le guide :” (leads: 1, clicks: 0)" in mail["text"]
    assert "/?from=2026-11-02&to=2026-11-08" in mail["text"]
    clock.advance(days=7)
    assert send_weekly(world) == 1
    assert "Nothing came in last week" in mails_of(world)[1]["text"]


@pytest.mark.parametrize("hours,due", [(-1, 0), (0, 1), (16, 1), (17, 0)])
def test_it_is_caught_up_as_long_as_it_is_monday_there(
    world: World, clock: HandClock, user_id: str, hours: int, due: int
) -> None:
    clock.advance(hours=hours)
    assert send_weekly(world) == due


@pytest.mark.parametrize("values", [{"weekly": False}, {"disabled_at": MONDAY}, {"role": "sales"}])
def test_nobody_else_gets_it(world: World, user_id: str, values: dict[str, object]) -> None:
    asks(world, user_id, **values)
    assert send_weekly(world) == 0


def test_it_is_told_in_french_to_who_reads_french(world: World, user_id: str) -> None:
    asks(world, user_id, locale="fr")
    send_weekly(world)
    assert mails_of(world)[0]["subject"].startswith("La semaine passée")


def test_mail_programs_end_it_with_one_request(world: World, user_id: str) -> None:
    send_weekly(world)
    [payload] = mails_of(world)
    letter = send_outbox.letter(payload, "Feuillet <f@feuillet.example>", "Mon, 09 Nov 2026 06:00:00 +0000")
    address = letter["List-Unsubscribe"].strip("<>")
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert address in payload["text"]
    token = address.rpartition("/")[2]
    stop_weekly(world, token)
    stop_weekly(world, token)
    with world.db.read() as session:
        assert not session.get_one(User, user_id).weekly
    with pytest.raises(Problem, match="token_forged"):
        stop_weekly(world, token[:-2] + "xx")


@dataclass(frozen=True)
class Unable:
    """A signer that meets a report which doesn't add up, for one user."""

    signer: Signer
    user_id: str

    def sign(self, purpose: str, value: str, now: datetime) -> str:
        if value == self.user_id:
            raise Unreconciled("leads are 2, counted are 3")
        return self.signer.sign(purpose, value, now)


def test_a_report_that_does_not_add_up_keeps_no_letter_from_others(world: World, user_id: str) -> None:
    asks(world, make_member(world, email="tom@feuillet.example").id)
    broken = replace(world, signer=Unable(world.signer, user_id))  # type: ignore[arg-type]
    assert send_weekly(broken) == 1
    assert [mail["to"] for mail in mails_of(world)] == ["tom@feuillet.example"]
    assert send_weekly(world) == 1
