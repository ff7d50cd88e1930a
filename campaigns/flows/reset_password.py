"""Whoever forgot the password chooses another, by the link that a mail brought; every session there was ends."""

from campaigns.people import audits, mail_tokens, sessions, users
from campaigns.people.users import User
from campaigns.world import World


def whose(world: World, secret: str) -> User:
    """Whose password it is. Raises forbidden (`token_forged`), gone (`token_used`, `token_expired`)."""
    with world.db.read() as session:
        return mail_tokens.look(session, secret, "password", world.clock.now())


def reset_password(world: World, secret: str, password: str, agent: str) -> str:
    """The secret of a new session. Raises as `whose`, and invalid with the password's faults, which leave the link."""
    now, user = world.clock.now(), whose(world, secret)
    password_hash = users.hashed(password, user.email, user.name)
    with world.db.write() as session:
        user = mail_tokens.spend(session, secret, "password", now)
        user.password_hash = password_hash
        mail_tokens.close(session, user.id, now, "password", "sign_in")
        sessions.end_all(session, user.id, now)
        audits.note(session, "password.reset", now, who=user.name, user_id=user.id)
        return sessions.start(session, user, agent, now)
