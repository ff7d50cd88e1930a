import pytest

from campaigns.capturing import leads
from campaigns.flows.work_lead import work_leads
from campaigns.kernel.errors import Problem
from campaigns.people.audits import Audit
from campaigns.world import World
from tests.makers.capturing import at_once, lead_of, rows_of
from tests.makers.publishing import make_place
from tests.makers.tracking import make_lead, make_person


def make(world: World, count: int) -> list[str]:
    place = make_place(world)
    return [make_lead(world, place, make_person(world)) for _ in range(count)]


def test_many_leads_change_at_once_each_with_its_history(world: World) -> None:
    ids = make(world, 3)
    assert work_leads(world, [ids[0]], "won", who="Tom", user_id=None) == 1
    assert work_leads(world, ids, "won", who="Tom", user_id=None, note="At the fair") == 3
    assert work_leads(world, ids, "won", who="Tom", user_id=None) == 0
    assert {lead_of(world, each).state for each in ids} == {"won"}
    with world.db.read() as session:
        told = [[(c.before, c.after, c.note, c.who) for c in leads.history(session, each)] for each in ids]
    assert told[1] == [("new", "won", "At the fair", "Tom")]
    assert told[0] == [(None, None, "At the fair", "Tom"), ("new", "won", "", "Tom")]
    assert [(audit.action, audit.details) for audit in rows_of(world, Audit)] == [
        ("leads.changed", {"state": "won", "leads": 3})
    ]


@pytest.mark.parametrize(
    "change,code",
    [
        ({"state": "gone"}, "lead_state_unknown"),
        ({"note": "a\x00"}, "control_characters"),
        ({"lead_ids": []}, "leads_none"),
        ({"lead_ids": [str(n) for n in range(501)]}, "out_of_range"),
        ({"lead_ids": ["0193a1b2-0000-7000-8000-00000000000a"]}, "lead_missing"),
    ],
)
def test_one_refusal_changes_none(world: World, change: dict[str, object], code: str) -> None:
    ids = make(world, 2)
    wanted: dict[str, object] = {"lead_ids": ids, "state": "won"} | change
    if code == "lead_missing":
        wanted["lead_ids"] = [*ids, "0193a1b2-0000-7000-8000-00000000000a"]
    with pytest.raises(Problem) as refused:
        work_leads(world, **wanted, who="Tom", user_id=None)  # type: ignore[arg-type]
    assert [fault.code for fault in refused.value.faults] == [code]
    assert {lead_of(world, each).state for each in ids} == {"new"}


def test_two_who_change_the_same_leads_take_turns(world: World) -> None:
    ids = make(world, 6)
    orders = [ids, ids[::-1]]
    told = at_once(
        6, lambda n: work_leads(world, orders[n % 2], ("won", "lost")[n % 2], who=f"{n}", user_id=None, note=f"{n}")
    )
    assert told == [6] * 6
    assert len({lead_of(world, each).state for each in ids}) == 1
