"""Many links are made from lines, all or none, and once, whoever asks at the same moment."""

import threading

from sqlalchemy import func, select

from campaigns.flows.import_links import Imported, import_links, try_import
from campaigns.kernel.errors import Problem
from campaigns.tracking.links import Link
from campaigns.world import World
from tests.makers.publishing import make_place

ZONE = "Europe/Paris"


def count(world: World) -> int:
    with world.db.read() as session:
        return session.scalar(select(func.count()).select_from(Link)) or 0


def lines(number: int, prefix: str = "c") -> str:
    return "code,target\n" + "\n".join(f"{prefix}-{n},https://a.example/{n}" for n in range(number))


def codes_of(refused: BaseException) -> list[str]:
    assert isinstance(refused, Problem)
    return [fault.code for fault in refused.faults]


def test_a_dry_run_makes_nothing_and_says_what_it_would(world: World) -> None:
    campaign_id = make_place(world).campaign_id
    bulk = try_import(world, campaign_id, lines(3) + "\na b,\n,https://a.example/", ZONE)
    assert (bulk.lines, len(bulk.columns), bulk.without_code) == (5, 4, 1)
    assert [(each.line, each.fault.field) for each in bulk.wrong] == [(5, "target"), (5, "code")]
    assert bulk.bad_lines == 1
    assert count(world) == 0


def test_a_code_that_no_database_takes_is_told_with_its_line(world: World) -> None:
    campaign_id = make_place(world).campaign_id
    bulk = try_import(world, campaign_id, "code,target\na\x00b,https://a.example/\n\ud800ab,https://a.example/", ZONE)
    assert [(each.line, each.fault.code) for each in bulk.wrong] == [(2, "code_malformed"), (3, "code_malformed")]


def test_a_thousand_lines_are_made_at_one_moment(world: World) -> None:
    campaign_id = make_place(world).campaign_id
    done = import_links(world, campaign_id, lines(1_000), ZONE, who="Léa")
    assert done.at == world.clock.now()
    with world.db.read() as session:
        found = session.scalars(select(Link).where(Link.created_at == done.at)).all()
    assert len(found) == 1_000
    assert {link.content for link in found} == {f"c-{n}" for n in range(1_000)}
    assert all(link.search == f"{link.code} https://a.example/{link.code[2:]}" for link in found)


def test_one_bad_line_undoes_all(world: World) -> None:
    campaign_id = make_place(world).campaign_id
    done = import_links(world, campaign_id, lines(20) + "\nadmin,https://a.example/", ZONE, who="Léa")
    assert done.at is None
    assert [(each.line, each.fault.code) for each in done.bulk.wrong] == [(22, "code_reserved")]
    assert count(world) == 0


def test_the_same_lines_for_another_campaign_are_others(world: World) -> None:
    text = "name,target\nA,https://a.example/"
    for _ in range(2):
        assert import_links(world, make_place(world).campaign_id, text, ZONE, who="Léa").at
    assert count(world) == 2


def together(world: World, texts: list[str]) -> list[Imported | BaseException]:
    """Import at one moment; what each came to."""
    campaign_id, begin = make_place(world).campaign_id, threading.Barrier(len(texts))
    came: list[Imported | BaseException] = []

    def work(text: str) -> None:
        begin.wait()
        try:
            came.append(import_links(world, campaign_id, text, ZONE, who="Léa"))
        except Problem as refused:
            came.append(refused)

    threads = [threading.Thread(target=work, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return came


def test_the_same_lines_at_the_same_moment_are_imported_once(world: World) -> None:
    came = together(world, ["name,target\nA,https://a.example/"] * 4)
    refused = [each for each in came if isinstance(each, BaseException)]
    assert [codes_of(each) for each in refused] == [["links_imported"]] * 3
    assert count(world) == 1


def test_two_files_with_the_same_codes_at_the_same_moment_make_one_of_them(world: World) -> None:
    came = together(world, [lines(50), lines(50) + "\nd-1,https://a.example/"])
    made = [each for each in came if isinstance(each, Imported) and each.at]
    [other] = [each for each in came if each not in made]
    assert len(made) == 1
    assert isinstance(other, Imported)
    assert {each.fault.code for each in other.bulk.wrong} == {"code_taken"}
    assert count(world) == len(made[0].bulk.columns)
