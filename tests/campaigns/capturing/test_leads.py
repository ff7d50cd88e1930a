import pytest

from campaigns.capturing import leads
from campaigns.capturing.leads import LeadFilter, Listed
from campaigns.kernel.codes import new_id
from campaigns.kernel.errors import Problem
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.capturing import at_once, claim, lead_of
from tests.makers.planning import make_campaign, make_coupon, make_page
from tests.makers.publishing import make_place
from tests.makers.tracking import make_lead, make_person


def listed(world: World, before: str | None = None, limit: int = 50, **wanted: object) -> list[Listed]:
    with world.db.read() as session:
        return leads.list_page(session, LeadFilter(**wanted), before=before, limit=limit).items  # type: ignore[arg-type]


def emails(world: World, **wanted: object) -> list[str]:
    return [row.email.partition("@")[0] for row in listed(world, **wanted)]


@pytest.fixture
def three(world: World, clock: HandClock) -> list[str]:
    """Leads of zoe, paul and ida, an hour apart; ida in another campaign."""
    first = make_page(world, make_coupon(world, make_campaign(world, name="First")), headline="First")
    second = make_page(world, make_coupon(world, make_campaign(world, name="Second")), headline="Second")
    made = []
    for page, email, school in ((first, "zoe", "École Moulin"), (first, "paul", "100%_ours"), (second, "ida", "Ferry")):
        made.append(claim(world, page, f"{email}@ecole.example", school=school).lead_id)
        clock.advance(hours=1)
    return made


def test_leads_are_listed_newest_first_with_address_and_campaign(world: World, three: list[str]) -> None:
    found = listed(world)
    assert [row.lead.id for row in found] == three[::-1]
    assert [(row.email, row.campaign) for row in found][:1] == [("ida@ecole.example", "Second")]


def test_each_filter_takes_its_part(world: World, clock: HandClock, three: list[str]) -> None:
    start = lead_of(world, three[0]).created_at
    second = lead_of(world, three[1])
    assert emails(world, campaign_id=lead_of(world, three[2]).campaign_id) == ["ida"]
    assert emails(world, since=second.created_at) == ["ida", "paul"]
    assert emails(world, until=second.created_at) == ["zoe"]
    assert emails(world, since=start, until=start) == []
    with world.db.write() as session:
        leads.change_state(session, leads.find(session, three[1]), "won", clock.now(), who="Tom")
    assert emails(world, state="won") == ["paul"]
    assert emails(world, state="new", campaign_id=second.campaign_id) == ["zoe"]
    assert emails(world, campaign_id=new_id()) == []


@pytest.mark.parametrize(
    "text,found",
    [
        ("zoe@ecole", ["zoe"]),
        ("ÉCOLE", ["zoe"]),
        ("moulin zoe", ["zoe"]),
        ("moulin paul", []),
        ("100%", ["paul"]),
        ("%", ["paul"]),
        ("_", ["paul"]),
        ("0%o", []),
        ("'; drop table leads", []),
        ("   ", ["ida", "paul", "zoe"]),
    ],
)
def test_a_search_finds_words_as_they_are_written(world: World, three: list[str], text: str, found: list[str]) -> None:
    assert emails(world, text=text) == found


def test_what_a_rehearsal_brought_can_be_left_out(world: World) -> None:
    place = make_place(world)
    made = [make_lead(world, place, make_person(world), rehearsed=rehearsed) for rehearsed in (True, False)]
    assert {row.lead.id for row in listed(world)} == set(made)
    assert [row.lead.id for row in listed(world, rehearsal=False)] == made[1:]


def test_a_list_goes_on_where_it_stopped_though_new_leads_come(world: World) -> None:
    place = make_place(world)
    made = [make_lead(world, place, make_person(world)) for _ in range(5)]
    with world.db.read() as session:
        first = leads.list_page(session, LeadFilter(), limit=2)
    make_lead(world, place, make_person(world))
    assert [row.lead.id for row in first.items] == made[:2:-1]
    with world.db.read() as session:
        rest = leads.list_page(session, LeadFilter(), before=first.next, limit=10)
    assert ([row.lead.id for row in rest.items], rest.next) == (made[2::-1], None)


@pytest.mark.parametrize(
    "wanted,field",
    [
        ({"campaign_id": "x"}, "campaign_id"),
        ({"state": "sleeping"}, "state"),
        ({"text": "a\x00b"}, "q"),
        ({"text": "x" * 201}, "q"),
    ],
)
def test_a_filter_that_can_not_be_is_told_of(world: World, wanted: dict[str, object], field: str) -> None:
    with pytest.raises(Problem) as refused:
        listed(world, **wanted)
    assert [(refused.value.kind, fault.field) for fault in refused.value.faults] == [("invalid", field)]


def test_a_change_of_state_is_written_down_with_who_and_why(world: World, clock: HandClock, three: list[str]) -> None:
    with world.db.write() as session:
        lead = leads.find(session, three[0], to_change=True)
        assert leads.change_state(session, lead, "contacted", clock.now(), who="Tom", note="Called\nback on Monday")
        assert not leads.change_state(session, lead, "contacted", clock.now(), who="Tom")
        assert leads.change_state(session, lead, "contacted", clock.now(), who="Tom", note="No answer")
    with world.db.read() as session:
        changes = leads.history(session, three[0])
    assert [(each.before, each.after, each.note) for each in changes] == [
        (None, None, "No answer"), ("new", "contacted", "Called\nback on Monday"),
    ]  # fmt: skip
    assert lead_of(world, three[0]).state == "contacted"


def test_a_state_that_is_none_changes_nothing(world: World, clock: HandClock, three: list[str]) -> None:
    with pytest.raises(Problem) as refused, world.db.write() as session:
        leads.change_state(session, leads.find(session, three[0]), "asleep", clock.now(), who="Tom", note="\x00")
    assert {fault.field for fault in refused.value.faults} == {"state", "note"}
    assert lead_of(world, three[0]).state == "new"


def test_two_who_change_a_state_at_once_leave_one_story(world: World, clock: HandClock, three: list[str]) -> None:
    def change(number: int) -> bool:
        with world.db.write() as session:
            lead = leads.find(session, three[0], to_change=True)
            return leads.change_state(session, lead, "contacted", clock.now(), who=f"Tom {number}")

    assert sorted(map(bool, at_once(4, change))) == [False, False, False, True]
    with world.db.read() as session:
        assert len(leads.history(session, three[0])) == 1


@pytest.mark.parametrize("lead_id", ["x", "", "0193a1b2-0000-7000-8000-00000000000a"])
def test_a_lead_that_is_not_there_is_missing(world: World, lead_id: str) -> None:
    with pytest.raises(Problem) as refused, world.db.read() as session:
        leads.find(session, lead_id)
    assert refused.value.kind == "missing"
