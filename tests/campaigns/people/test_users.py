"""Members: one spelling an address, passwords that hold, and an administrator who stays."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from campaigns.flows import change_member
from campaigns.kernel.errors import Problem
from campaigns.people import users
from campaigns.people.users import Profile
from campaigns.world import World
from tests.makers.people import BY, PASSWORD, make_invitation, make_member


def test_an_address_is_known_in_every_spelling(world: World) -> None:
    made = make_member(world, email=" Léa@Feuillet.EXAMPLE ")
    with world.db.read() as session:
        assert users.of_email(session, "LÉA@feuillet.example").id == made.id
    with pytest.raises(Problem) as refused:
        make_member(world, email="léa@feuillet.example")
    assert [fault.code for fault in refused.value.faults] == ["email_taken"]


def test_all_that_is_wrong_with_a_new_member_is_told_at_once(world: World) -> None:
    with pytest.raises(Problem) as refused, world.db.write() as session:
        users.create(
            session, "no address", "", "king", world.clock.now(), locale="de", zone="Mars/Base", password="short"
        )
    codes = {fault.field: fault.code for fault in refused.value.faults}
    assert codes == {
        "email": "email_malformed", "name": "required", "role": "role_unknown", "locale": "not_a_choice",
        "zone": "zone_unknown", "password": "password_short",
    }  # fmt: skip


@pytest.mark.parametrize("email", ["a\x00b@x.example", "a b@x.example", "@x.example", "a@", "a@b@c", "<a@x.example>"])
def test_what_is_no_address_is_refused(world: World, email: str) -> None:
    with pytest.raises(Problem) as refused:
        make_member(world, email=email)
    assert refused.value.faults[0].code == "email_malformed"


@pytest.mark.parametrize("email", ["a\x00b@x.example", "x" * 100_000, "\ud800@x.example", ""])
def test_nobody_has_an_address_that_cannot_be_kept(world: World, email: str) -> None:
    with world.db.read() as session:
        assert users.of_email(session, email) is None


@pytest.mark.parametrize(
    "password,code",
    [
        ("seven77", "password_short"), ("x" * 129, "too_long"), ("password1234", "password_common"),
        ("kervadec", "password_common"),
    ],
)  # fmt: skip
def test_a_password_that_falls_at_once_is_refused(password: str, code: str) -> None:
    with pytest.raises(Problem) as refused:
        users.hashed(password, "zoe.kervadec@feuillet.example", "Zoé Kervadec")
    assert refused.value.faults[0].code == code


def test_a_password_of_128_letters_of_any_alphabet_works(world: World) -> None:
    password = "שלום👩‍🚀é" * 14
    user = users.User(password_hash=users.hashed(password), disabled_at=None)
    assert users.verify(user, password)
    assert not users.verify(user, password[:-1])


def test_who_was_shut_out_or_never_came_has_no_password(world: World) -> None:
    user, invited = make_member(world), make_invitation(world)
    assert users.verify(user, PASSWORD)
    user.disabled_at = world.clock.now()
    assert not users.verify(user, PASSWORD)
    assert not users.verify(invited, "nobody's password")
    assert not users.verify(None, "nobody's password")


def test_a_profile_is_kept_or_refused_whole(world: World) -> None:
    user = make_member(world)
    users.change(user, Profile(" Léa  Morvan ", "fr", "America/Montreal", "daily"))
    assert (user.name, user.locale, user.zone, user.lead_notices) == (
        "Léa  Morvan", "fr", "America/Montreal", "daily",
    )  # fmt: skip
    with pytest.raises(Problem) as refused:
        users.change(user, Profile("\x00", "xx", "Nowhere", "hourly"))
    assert [fault.field for fault in refused.value.faults] == ["name", "locale", "zone", "lead_notices"]
    assert user.locale == "fr"


@pytest.mark.parametrize("leave", [partial(change_member.set_role, role="sales"), change_member.disable])
def test_the_last_administrator_stays(world: World, leave: Callable[..., object]) -> None:
    last = make_member(world, "admin", "ines@feuillet.example")
    make_invitation(world, "new@feuillet.example", "admin")  # who never came can't let anybody in
    with pytest.raises(Problem) as refused:
        leave(world, last.id, **BY)
    assert (refused.value.kind, refused.value.faults[0].code) == ("conflict", "last_admin")


def test_of_two_administrators_who_leave_at_once_one_stays(world: World) -> None:
    two = [make_member(world, "admin", f"{name}@feuillet.example") for name in ("ines", "yann")]

    def leave(member_id: str) -> str:
        try:
            change_member.set_role(world, member_id, "marketer", **BY)
        except Problem as refused:
            return refused.faults[0].code
        return "left"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(leave, [user.id for user in two])) == ["last_admin", "left"]


def test_an_unknown_member_is_missing_however_the_id_is_spelt(world: World) -> None:
    for wrong in ("0193a1b2-0000-7000-8000-00000000000a", "x", "' or 1=1"):
        with pytest.raises(Problem) as refused, world.db.read() as session:
            users.find(session, wrong)
        assert refused.value.kind == "missing"
