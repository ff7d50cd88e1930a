"""An administrator invites someone; who comes by the link chooses name and password and is in."""

from campaigns.kernel.errors import Faults, Problem, problem
from campaigns.people import audits, mail_tokens, mails, sessions, users
from campaigns.people.users import Profile, User
from campaigns.world import World


def invite_person(world: World, email: str, role: str, locale: str, *, who: str, user_id: str) -> User:
    """The new member, who has no password until they come; the mail is promised in the same write.

    Raises invalid with every field's fault (`email_malformed`, `role_unknown`, `not_a_choice` …), conflict
    (`email_taken`).
    """
    now, settings = world.clock.now(), world.settings
    with world.db.write() as session:
        name = users.normal(email).partition("@")[0][: users.MOST_NAME] or "-"
        user = users.create(session, email, name, role, now, locale=locale, zone=settings.zone)
        secret = mail_tokens.issue(session, user, "invite", now)
        mails.put(session, settings, user, "invite", secret, now, who)
        audits.note(session, "user.invited", now, who=who, user_id=user_id, subject=user.id, role=user.role)
        return user


def send_again(world: World, invited_id: str, *, who: str, user_id: str) -> User:
    """Another mail; the link of the one before works no more.

    Raises missing (`user_missing`), conflict (`joined_already`).
    """
    now = world.clock.now()
    with world.db.write() as session:
        user = users.find(session, invited_id)
        if user.has_joined or user.disabled_at:
            raise problem("conflict", "joined_already")
        secret = mail_tokens.issue(session, user, "invite", now)
        mails.put(session, world.settings, user, "invite", secret, now, who)
        audits.note(session, "user.invited_again", now, who=who, user_id=user_id, subject=user.id)
        return user


def whose(world: World, secret: str) -> User:
    """Who is invited by this link. Raises forbidden (`token_forged`), gone (`token_used`, `token_expired`)."""
    with world.db.read() as session:
        return mail_tokens.look(session, secret, "invite", world.clock.now())


def join(world: World, secret: str, profile: Profile, password: str, agent: str) -> str:
    """The secret of the first session. Raises as `whose`, and invalid with every field's fault, which leave the link.

    2 transactions, the password is hashed between them.
    """
    now, user = world.clock.now(), whose(world, secret)
    faults, password_hash = Faults(), None
    with faults.gather():
        password_hash = users.hashed(password, user.email, profile.name)
    with world.db.write() as session:
        try:
            users.change(users.find(session, user.id), profile)
        except Problem as refused:
            faults.found[:0] = refused.faults
        faults.check()
        user = mail_tokens.spend(session, secret, "invite", now)
        user.password_hash = password_hash
        audits.note(session, "user.joined", now, who=user.name, user_id=user.id)
        return sessions.start(session, user, agent, now)
