"""Audits: append-only, read newest first in slices."""

import pytest

from campaigns.kernel.errors import Problem
from campaigns.people import audits
from campaigns.world import World
from tests.clock import HandClock


def test_the_log_is_read_in_slices_that_miss_and_repeat_nothing(world: World, clock: HandClock) -> None:
    with world.db.write() as session:
        for number in range(7):
            if number % 3 == 0:
                clock.advance(seconds=1)  # several in one moment: the id decides
            audits.note(session, "lead.exported", clock.now(), who="Tom", rows=number)
    seen, cursor = [], None
    for _ in range(4):
        with world.db.read() as session:
            found = audits.list_page(session, cursor, limit=3)
        seen += [audit.details["rows"] for audit in found.items]
        cursor = found.next
        if cursor is None:
            break
    assert seen == [6, 5, 4, 3, 2, 1, 0]


def test_a_cursor_that_is_none_is_refused(world: World) -> None:
    with pytest.raises(Problem) as refused, world.db.read() as session:
        audits.list_page(session, "%00é")
    assert refused.value.kind == "invalid"


def test_the_last_of_an_action_on_a_subject_is_found(world: World, clock: HandClock) -> None:
    with world.db.write() as session:
        for told in ("first", "second"):
            clock.advance(seconds=1)
            audits.note(session, "connection.checked", clock.now(), who="Inès", subject="x", told=told)
        audits.note(session, "connection.checked", clock.advance(seconds=1), who="Inès", subject="mail", told="third")
    with world.db.read() as session:
        last = audits.last(session, "connection.checked", "x")
        assert last
        assert last.details == {"told": "second"}
        assert audits.last(session, "connection.checked", "stripe") is None
