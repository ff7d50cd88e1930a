"""What an administrator does to a member: another role, shut out, let in again, signed out everywhere."""

from campaigns.people import audits, mail_tokens, sessions, users
from campaigns.people.users import User
from campaigns.world import World


def set_role(world: World, member_id: str, role: str, *, who: str, user_id: str) -> User:
    """The same role again changes nothing.

    Raises missing (`user_missing`), invalid (`role_unknown`), conflict (`last_admin`).
    """
    with world.db.write() as session:
        user = users.find(session, member_id)
        before = user.role
        users.set_role(session, user, role)
        if user.role != before:
            audits.note(
                session, "user.role_changed", world.clock.now(), who=who, user_id=user_id, subject=user.id,
                before=before, after=user.role,
            )  # fmt: skip
        return user


def disable(world: World, member_id: str, *, who: str, user_id: str) -> User:
    """Shut out at once: sessions end and links stop. Raises missing (`user_missing`), conflict (`last_admin`)."""
    now = world.clock.now()
    with world.db.write() as session:
        user = users.find(session, member_id)
        if user.disabled_at is None:
            users.disable(session, user, now)
            sessions.end_all(session, user.id, now)
            mail_tokens.close(session, user.id, now, "invite", "password", "sign_in")
            audits.note(session, "user.disabled", now, who=who, user_id=user_id, subject=user.id)
        return user


def enable(world: World, member_id: str, *, who: str, user_id: str) -> User:
    """Let in again. Raises missing (`user_missing`)."""
    with world.db.write() as session:
        user = users.find(session, member_id)
        if user.disabled_at is not None:
            users.enable(user)
            audits.note(session, "user.enabled", world.clock.now(), who=who, user_id=user_id, subject=user.id)
        return user


def sign_out(world: World, member_id: str, *, who: str, user_id: str) -> int:
    """Sign someone out everywhere; how many sessions that ended. Raises missing (`user_missing`)."""
    now = world.clock.now()
    with world.db.write() as session:
        user = users.find(session, member_id)
        ended = sessions.end_all(session, user.id, now)
        audits.note(session, "user.signed_out", now, who=who, user_id=user_id, subject=user.id, ended=ended)
        return ended
