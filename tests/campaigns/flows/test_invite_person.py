"""Invitations: mailed, taken up once, sent again."""

import pytest

from campaigns.flows import change_member, invite_person
from campaigns.kernel.errors import Problem
from campaigns.people import mail_tokens, users
from campaigns.people.users import Profile
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.people import (
    BY,
    PASSWORD,
    actions,
    is_in,
    mailed_secret,
    mails,
    make_invitation,
    make_member,
    make_session,
)

PROFILE = Profile("Tom Le Goff", "fr", "Europe/Paris", "each")


def test_who_is_invited_comes_in_with_a_name_and_a_password(world: World) -> None:
    invited = make_invitation(world)
    assert mails(world)[0]["to"] == "tom@feuillet.example"
    assert "Inès Caron" in mails(world)[0]["text"]
    secret = mailed_secret(world)
    here = invite_person.join(world, secret, PROFILE, PASSWORD, "tests")
    assert is_in(world, here)
    with world.db.read() as session:
        user = users.find(session, invited.id)
        assert (user.name, user.role, user.lead_notices) == ("Tom Le Goff", "sales", "each")
        assert mail_tokens.invitations(session) == {}
    assert users.verify(user, PASSWORD)
    with pytest.raises(Problem) as refused:
        invite_person.join(world, secret, PROFILE, "another good password", "tests")
    assert refused.value.faults[0].code == "token_used"
    assert actions(world) == ["user.invited", "user.joined"]


def test_everything_wrong_is_told_at_once_and_the_link_still_works(world: World) -> None:
    make_invitation(world)
    secret = mailed_secret(world)
    with pytest.raises(Problem) as refused:
        invite_person.join(world, secret, Profile("", "xx", "Nowhere"), "short", "tests")
    assert {fault.field for fault in refused.value.faults} == {"name", "locale", "zone", "password"}
    assert is_in(world, invite_person.join(world, secret, PROFILE, PASSWORD, "tests"))


def test_an_address_is_invited_once(world: World) -> None:
    make_invitation(world)
    with pytest.raises(Problem) as refused:
        make_invitation(world, " TOM@feuillet.example")
    assert (refused.value.kind, refused.value.faults[0].code) == ("conflict", "email_taken")
    assert len(mails(world)) == 1


@pytest.mark.parametrize("email,role,locale", [("x", "sales", "en"), ("a@b", "root", "en"), ("a@b", "sales", "de")])
def test_a_wrong_invitation_is_refused_and_nothing_is_mailed(world: World, email: str, role: str, locale: str) -> None:
    with pytest.raises(Problem) as refused:
        make_invitation(world, email, role, locale)
    assert refused.value.kind == "invalid"
    assert mails(world) == []


def test_an_invitation_sent_again_ends_the_link_before(world: World, clock: HandClock) -> None:
    invited = make_invitation(world)
    first = mailed_secret(world)
    clock.advance(days=8)
    invite_person.send_again(world, invited.id, **BY)
    with pytest.raises(Problem) as refused:
        invite_person.whose(world, first)
    assert refused.value.kind == "gone"
    assert invite_person.whose(world, mailed_secret(world)).id == invited.id


def test_who_came_is_not_invited_again(world: World) -> None:
    with pytest.raises(Problem) as refused:
        invite_person.send_again(world, make_member(world).id, **BY)
    assert refused.value.faults[0].code == "joined_already"


def test_a_name_cannot_add_lines_to_the_mail(world: World) -> None:
    by = BY | {"who": "Inès"}
    invite_person.invite_person(world, "tom@feuillet.example", "sales", "en", **by)
    assert "\n" not in mails(world)[0]["subject"]


def test_who_is_shut_out_loses_sessions_and_links_and_can_come_back(world: World) -> None:
    make_member(world, "admin", "ines@feuillet.example")
    tom = make_member(world, "sales", "tom@feuillet.example")
    secret = make_session(world, tom)
    change_member.disable(world, tom.id, **BY)
    change_member.disable(world, tom.id, **BY)
    assert not is_in(world, secret)
    change_member.enable(world, tom.id, **BY)
    assert not is_in(world, secret)  # let in again, but not by what was open before
    assert is_in(world, make_session(world, tom))
    assert actions(world) == ["user.disabled", "user.enabled"]


def test_a_role_is_changed_once_and_written_down_once(world: World) -> None:
    tom = make_member(world, "sales")
    for _ in range(2):
        assert change_member.set_role(world, tom.id, "marketer", **BY).role == "marketer"
    assert actions(world) == ["user.role_changed"]
    with pytest.raises(Problem) as refused:
        change_member.set_role(world, tom.id, "root", **BY)
    assert refused.value.faults[0].code == "role_unknown"


def test_someone_is_signed_out_everywhere(world: World) -> None:
    tom = make_member(world, "sales")
    secrets = [make_session(world, tom) for _ in range(3)]
    assert change_member.sign_out(world, tom.id, **BY) == 3
    assert not any(is_in(world, secret) for secret in secrets)
