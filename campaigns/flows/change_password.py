"""A member changes the password: the current one is asked for, and every other session ends."""

from campaigns.kernel.errors import Faults, problem
from campaigns.people import audits, knocks, mail_tokens, sessions, users
from campaigns.people.knocks import Knock
from campaigns.world import World


def change_password(
    world: World, user_id: str, session_id: str, *, current: str, password: str, address: str
) -> None:  # fmt: skip
    """Raises invalid (`password_wrong` at `current`, the new one's faults at `password`), later (`too_often`)."""
    now = world.clock.now()
    with world.db.write() as session:
        user = users.find(session, user_id)
        knock = Knock(user.email, address)
        # an unattended browser is a door like any other
        count = knocks.count(session, "sign-in", knock, world.settings.signins_per_5_minutes, now)
    if count.account_over or count.address_over:
        raise count.refusal()
    if not users.verify(user, current):
        raise problem("invalid", "password_wrong", "current")
    faults = Faults()
    with faults.gather():
        password_hash = users.hashed(password, user.email, user.name)
    with world.db.write() as session:
        knocks.forgive(session, "sign-in", knock, now)
        if not faults.found:
            user = users.find(session, user_id)
            user.password_hash = password_hash
            mail_tokens.close(session, user.id, now, "password", "sign_in")
            ended = sessions.end_all(session, user.id, now, but=session_id)
            audits.note(session, "password.changed", now, who=user.name, user_id=user.id, ended=ended)
    faults.check()
