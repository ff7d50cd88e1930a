from datetime import UTC, datetime, timedelta, timezone

from campaigns.measuring import exports
from campaigns.measuring.desk import View
from campaigns.measuring.exports import Batch, Columns
from campaigns.world import World
from tests.clock import HandClock
from tests.conftest import make_user
from tests.makers.publishing import make_place
from tests.makers.tracking import make_lead, make_person, make_sale


def test_two_columns_never_have_one_name() -> None:
    names = exports.header(Columns(("email", "answer_email", "state", "school", "consent_news"), ("news",)))
    assert len(set(names)) == len(names)
    assert names[7:12] == ["answer_email", "answer_answer_email", "answer_state", "school", "answer_consent_news"]


def test_sales_of_a_lead_are_summed_by_currency_and_never_across(world: World) -> None:
    place = make_place(world)
    one, two, none = (make_lead(world, place, make_person(world)) for _ in range(3))
    for amount, currency in ((1_000, "EUR"), (250, "EUR")):
        make_sale(world, place, None, amount, lead_id=one, currency=currency, tax=50)
    for amount, currency in ((1_000, "EUR"), (700, "JPY")):
        make_sale(world, place, None, amount, lead_id=two, currency=currency)
    make_sale(world, place, None, 5, lead_id=none, state="withdrawn")
    batch = Batch(View(), 90, world.clock.now())
    with world.db.read() as session:
        lines, _, _ = exports.lines(session, batch, Columns((), ()), None)
    place_of = exports.header(Columns((), ())).index("sales")
    told = {line.cells[0]: [str(cell) for cell in line.cells[place_of : place_of + 5]] for line in lines}
    assert told == {
        one: ["2", "12.50", "11.50", "EUR", "paid"],
        two: ["2", "10.00 + 700", "10.00 + 700", "EUR + JPY", "paid"],
        none: ["0", "None", "None", "None", "None"],
    }


def test_my_last_one_is_the_last_whole_one_of_the_same_view(world: World, clock: HandClock) -> None:
    mine, other = make_user(world, "sales"), make_user(world, "admin")
    since = datetime(2026, 11, 1, tzinfo=UTC)
    view = View(state="won", since=since)
    made = []
    for user, asked, rows in ((mine, view, 1), (other, view, 2), (mine, View(state="won"), 3), (mine, view, None)):
        now = clock.advance(minutes=1)
        with world.db.write() as session:
            export = exports.write_down(session, Batch(asked, 90, now), "csv", who=user.name, user_id=user.id)
            if rows is not None:
                exports.finish(session, export.id, rows, ["tail"])
        made.append(export.id)
    with world.db.read() as session:
        found = exports.last(session, mine.id, View(state="won", since=since.astimezone(timezone(timedelta(hours=1)))))
        assert found
        assert found.id == made[0]
        assert exports.last(session, mine.id, View(state="won", since=since + timedelta(days=1))) is None
        assert [export.rows for export in exports.list_latest(session)] == [None, 3, 2, 1]
