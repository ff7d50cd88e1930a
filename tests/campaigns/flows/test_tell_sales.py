from datetime import UTC, datetime, timedelta

from campaigns.flows.tell_sales import tell_sales
from campaigns.world import World
from tests.clock import HandClock
from tests.conftest import make_user
from tests.makers.capturing import mails_of
from tests.makers.publishing import make_place
from tests.makers.tracking import make_lead, make_person


def test_after_eight_where_they_are_members_are_told_once_a_day(world: World, clock: HandClock) -> None:
    make_user(world, "sales", lead_notices="daily", locale="fr", zone="America/New_York")
    make_user(world, "admin", lead_notices="each")
    place = make_place(world)
    clock.set(datetime(2026, 11, 2, 23, 0, tzinfo=UTC))
    for _ in range(2):
        make_lead(world, place, make_person(world))
    clock.set(datetime(2026, 11, 3, 12, 59, tzinfo=UTC))  # 7:59 in New York
    assert tell_sales(world) == 0
    clock.set(datetime(2026, 11, 3, 13, 0, tzinfo=UTC))
    assert [tell_sales(world) for _ in range(3)] == [1, 0, 0]
    [mail] = mails_of(world)
    assert mail["to"] == "sales@feuillet.example"
    assert mail["locale"] == "fr"
    assert "2" in mail["subject"]
    assert "/leads?state=new" in mail["text"]


def test_each_lead_is_told_of_in_one_letter_though_days_were_missed(world: World, clock: HandClock) -> None:
    make_user(world, "sales", lead_notices="daily", zone="UTC")
    place = make_place(world)
    told = []
    for day, lead_hours in ((3, (7, 9)), (4, (8, 23)), (7, (1, 10)), (8, ())):
        for hour in lead_hours:
            clock.set(datetime(2026, 11, day, hour, tzinfo=UTC))
            make_lead(world, place, make_person(world))
        clock.set(datetime(2026, 11, day, 12, tzinfo=UTC))
        tell_sales(world)
        told.append([mail["subject"] for mail in mails_of(world)])
    # the 3rd before eight: 1; up to the 4th at eight: 2; the worker was away on the 5th and 6th; the 8th: 1
    assert told[-1] == [f"New leads since yesterday: {count}" for count in (1, 2, 2, 1)]


def test_nobody_is_told_of_nothing(world: World, clock: HandClock) -> None:
    make_user(world, "sales", lead_notices="daily", zone="UTC")
    make_lead(world, make_place(world), make_person(world), created_at=clock.now() + timedelta(days=2))
    assert tell_sales(world) == 0
    assert mails_of(world) == []
