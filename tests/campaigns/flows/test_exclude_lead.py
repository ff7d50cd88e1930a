"""A lead that doesn't count: kept, in no report, list or download by default, and back again."""

import pytest

from campaigns.capturing.leads import LeadChange
from campaigns.flows.work_lead import exclude_lead, exclude_leads
from campaigns.kernel.errors import Problem
from campaigns.measuring import desk, funnels, impacts
from campaigns.measuring.desk import View
from campaigns.people.audits import Audit
from campaigns.planning import campaigns
from campaigns.world import World
from tests.makers.capturing import at_once, lead_of, rows_of
from tests.makers.publishing import make_place, make_tweet
from tests.makers.reports import asked
from tests.makers.tracking import make_lead, make_person, make_sale, make_touch

ME = {"who": "Zoé", "user_id": None}


def told(world: World, campaign_id: str) -> tuple[float, float, int, int, int]:
    """Leads and sales of the report; leads of the impact, of the list, and of the list of those that don't count."""
    until = world.clock.now().replace(year=2027)
    with world.db.read() as session:
        totals = funnels.report(session, campaigns.find(session, campaign_id), asked()).totals
        whole = impacts.between(session, until.replace(year=2026, month=1), until, rehearsal=True).whole
        lists = [
            len(desk.list_page(session, View(campaign_id=campaign_id, excluded=out), lookback_days=90).items)
            for out in (False, True)
        ]
    return totals.leads, totals.sales, whole.leads, *lists  # type: ignore[return-value]


@pytest.mark.parametrize("why", ["test", "internal", "spam"])
def test_what_does_not_count_is_kept_and_comes_back(world: World, why: str) -> None:
    place = make_place(world)
    tweet, person = make_tweet(world, place).tweet.id, make_person(world)
    make_touch(world, person, tweet)
    lead = make_lead(world, place, person)
    make_sale(world, place, person, 900, lead_id=lead)
    make_lead(world, place, make_person(world))
    assert told(world, place.campaign_id) == (2, 1, 2, 2, 0)
    assert exclude_lead(world, lead, why, **ME)
    assert not exclude_lead(world, lead, why, **ME)
    assert told(world, place.campaign_id) == (1, 0, 1, 1, 1)
    make_sale(world, place, person, 700, lead_id=lead)  # money that comes later doesn't count either
    assert told(world, place.campaign_id) == (1, 0, 1, 1, 1)
    assert exclude_lead(world, lead, None, **ME)
    assert told(world, place.campaign_id) == (2, 2, 2, 2, 0)


def test_an_unknown_reason_and_an_unknown_lead_are_refused(world: World) -> None:
    lead = make_lead(world, make_place(world), make_person(world))
    with pytest.raises(Problem, match="not_a_choice"):
        exclude_lead(world, lead, "withdrawn", **ME)
    with pytest.raises(Problem, match="lead_missing"):
        exclude_lead(world, "0193a1b2-0000-7000-8000-00000000000a", "test", **ME)


def test_many_count_no_more_at_once_each_with_its_history(world: World) -> None:
    place = make_place(world)
    ids = [make_lead(world, place, make_person(world)) for _ in range(3)]
    assert exclude_leads(world, [ids[0]], "spam", **ME) == 1
    assert exclude_leads(world, [*ids, ids[1]], "spam", **ME) == 2
    assert exclude_leads(world, ids, "spam", **ME) == 0
    assert told(world, place.campaign_id) == (0, 0, 0, 0, 3)
    assert len(rows_of(world, LeadChange)) == 3
    assert [(audit.action, audit.details) for audit in rows_of(world, Audit)] == [
        ("lead.excluded", {"lead_id": ids[0], "why": "spam"}), ("leads.excluded", {"why": "spam", "leads": 2}),
    ]  # fmt: skip
    assert exclude_leads(world, ids, None, **ME) == 3
    assert told(world, place.campaign_id) == (3, 0, 3, 3, 0)


@pytest.mark.parametrize(
    "more,why,code",
    [
        (["0193a1b2-0000-7000-8000-00000000000a"], "test", "lead_missing"),
        ([str(n) for n in range(500)], "test", "out_of_range"),
        ([], "withdrawn", "not_a_choice"),
    ],
)
def test_one_that_is_refused_leaves_all_as_they_are(world: World, more: list[str], why: str, code: str) -> None:
    lead = make_lead(world, make_place(world), make_person(world))
    with pytest.raises(Problem) as refused:
        exclude_leads(world, [lead, *more], why, **ME)
    assert [fault.code for fault in refused.value.faults] == [code]
    assert lead_of(world, lead).excluded is None


def test_two_who_say_it_of_the_same_leads_take_turns(world: World) -> None:
    place = make_place(world)
    ids = [make_lead(world, place, make_person(world)) for _ in range(4)]
    orders, reasons = [ids, ids[::-1]], ("test", "spam")
    changed = at_once(6, lambda n: exclude_leads(world, orders[n % 2], reasons[n % 2], **ME))
    assert {lead_of(world, each).excluded for each in ids} in ({"test"}, {"spam"})
    assert set(changed) <= {0, 4}
    assert sum(each for each in changed if isinstance(each, int)) == len(rows_of(world, LeadChange))
    assert told(world, place.campaign_id) == (0, 0, 0, 0, 4)
