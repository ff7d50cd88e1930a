"""When each connection last worked and failed."""

from datetime import timedelta

from campaigns.kernel import outbox
from campaigns.measuring import connections
from campaigns.measuring.connections import Connection
from campaigns.people import audits
from campaigns.selling.sales import StripeEvent
from campaigns.world import World
from tests.clock import HandClock

ALL = ("x", "stripe", "mail")


def of(world: World, rehearsing: tuple[str, ...] = ALL) -> dict[str, Connection]:
    with world.db.read() as session:
        return {found.name: found for found in connections.list_all(session, rehearsing)}


def send(world: World, kind: str, key: str, problem: str = "") -> None:
    """A row of the outbox that was tried."""
    with world.db.write() as session:
        outbox.put(session, kind, key, {}, world.clock.now())
        (row,) = outbox.claim(session, "w", world.clock.now())
        if problem:
            outbox.fail(session, row.id, "w", problem, world.clock.now())
        else:
            outbox.done(session, row.id, "w", world.clock.now())


def test_nothing_done_is_told_as_nothing(world: World) -> None:
    found = of(world, ("x",))
    assert list(found) == ["x", "stripe", "mail"]
    assert [each.rehearses for each in found.values()] == [True, False, False]
    assert {(each.worked_at, each.failed, each.checked) for each in found.values()} == {(None, None, None)}


def test_mail_worked_when_the_last_letter_left_and_failed_with_its_words(world: World, clock: HandClock) -> None:
    send(world, "mail", "a")
    left = clock.now()
    clock.advance(minutes=1)
    send(world, "mail", "b", "mail_refused 550 no such user")
    mail = of(world)["mail"]
    assert mail.worked_at == left
    assert mail.failed
    assert (mail.failed.at, mail.failed.code, mail.failed.detail) == (clock.now(), "mail_refused", "550 no such user")
    assert of(world)["stripe"].worked_at is None


def test_stripe_worked_when_a_message_came_or_a_coupon_was_made(world: World, clock: HandClock) -> None:
    send(world, "coupon", "c")
    made = clock.now()
    with world.db.write() as session:
        for number, rehearsed in ((1, True), (2, False)):
            session.add(
                StripeEvent(
                    id=f"evt_{number}", type="x", happened_at=made, received_at=made + timedelta(hours=number),
                    rehearsed=rehearsed, outcome="ignored", payload={},
                )
            )  # fmt: skip
    assert of(world)["stripe"].worked_at == made + timedelta(hours=1)
    assert of(world, ())["stripe"].worked_at == made + timedelta(hours=2)


def test_the_last_check_is_found(world: World) -> None:
    with world.db.write() as session:
        audits.note(session, connections.CHECKED, world.clock.now(), who="Inès", subject="x", is_well=True)
    found = of(world)
    assert found["x"].checked
    assert found["x"].checked.details == {"is_well": True}
    assert found["mail"].checked is None
