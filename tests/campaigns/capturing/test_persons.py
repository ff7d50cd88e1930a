import pytest

from campaigns.capturing import persons
from campaigns.capturing.persons import Person
from campaigns.kernel.errors import Problem
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.capturing import at_once, count_of

LONGEST = f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 53}.example"


def person_of(world: World, typed: str) -> Person:
    with world.db.write() as session:
        return persons.of_email(session, typed, world.clock.now())


@pytest.mark.parametrize(
    "typed,email",
    [
        ("  Zoe@Ecole.Example ", "zoe@ecole.example"),
        ("zoe@école.fr", "zoe@xn--cole-9oa.fr"),
        ("zoe+news@ecole.example", "zoe+news@ecole.example"),
        ("z.o.e@gmail.com", "z.o.e@gmail.com"),
        ("ZOÉ@ecole.example", "zoé@ecole.example"),
    ],
)
def test_an_address_has_one_spelling(world: World, typed: str, email: str) -> None:
    assert person_of(world, typed).email == email
    assert person_of(world, typed.strip()).id == person_of(world, email).id
    assert count_of(world, Person) == [1]


def test_254_characters_are_an_address_and_one_more_is_not(world: World) -> None:
    assert len(LONGEST) == 254
    assert person_of(world, LONGEST).email == LONGEST
    with pytest.raises(Problem) as refused:
        person_of(world, f"a{LONGEST}")
    assert refused.value.faults[0].code == "too_long"


def test_dots_and_plus_signs_make_another_person(world: World) -> None:
    assert len({person_of(world, typed).id for typed in ("z.oe@a.example", "zoe@a.example", "zoe+x@a.example")}) == 3


@pytest.mark.parametrize(
    "typed", ["", "zoe", "zoe@", "@a.example", "zoe@a", "zoe@a.example\x00", "a b@a.example", "zoe@@a.example"]
)
def test_what_is_no_address_is_refused(world: World, typed: str) -> None:
    with pytest.raises(Problem) as refused:
        person_of(world, typed)
    assert refused.value.kind == "invalid"
    assert count_of(world, Person) == [0]


def test_a_person_is_one_however_many_come_at_once(world: World) -> None:
    found = at_once(8, lambda _: person_of(world, "zoe@ecole.example").id)
    assert len(set(found)) == 1
    assert count_of(world, Person) == [1]


def test_a_letter_goes_to_an_address_that_a_header_can_hold(world: World, clock: HandClock) -> None:
    assert persons.mailbox(person_of(world, "Zoe@Ecole.example")) == "Zoe@Ecole.example"
    assert persons.mailbox(person_of(world, "paul@école.fr")) == "paul@xn--cole-9oa.fr"
