"""A member comes in: by password, or by the link that a mail brought. Each time with a new session."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from campaigns.kernel.errors import problem
from campaigns.people import audits, knocks, mail_tokens, sessions, users
from campaigns.people.knocks import Knock
from campaigns.people.users import User
from campaigns.world import World


@dataclass(frozen=True)
class Browser:
    """What comes in. `former`: the session that this browser had, which ends."""

    agent: str
    former: str | None = None


def with_password(world: World, knock: Knock, password: str, browser: Browser) -> str:
    """The secret of a new session, for the cookie.

    Takes as long for an address that nobody has as for one whose password is wrong. Raises invalid
    (`password_wrong`), later (`too_often`). 3 transactions, the password is compared between them.
    """
    now = world.clock.now()
    with world.db.write() as session:
        # counted before it is compared, or a hundred at one moment would all be the first
        count = knocks.count(session, "sign-in", knock, world.settings.signins_per_5_minutes, now)
        if count.first_over:
            audits.note(session, "sign_in.limited", now, who="")
    if count.account_over or count.address_over:
        raise count.refusal()
    with world.db.read() as session:
        user = users.of_email(session, knock.email)
    right = users.verify(user, password)
    with world.db.write() as session:
        if user is None or not right:
            known = {"who": user.name, "user_id": user.id} if user else {"who": ""}
            audits.note(session, "sign_in.refused", now, **known)
            secret = None
        else:
            knocks.forgive(session, "sign-in", knock, now)
            secret = _start(session, user, browser, "password", now)
    if secret is None:
        raise problem("invalid", "password_wrong", "password")
    return secret


def whose(world: World, secret: str) -> User:
    """Who would come in by this link. Raises forbidden (`token_forged`), gone (`token_used`, `token_expired`)."""
    with world.db.read() as session:
        return mail_tokens.look(session, secret, "sign_in", world.clock.now())


def with_link(world: World, secret: str, browser: Browser) -> str:
    """The secret of a new session; the link works no more. Raises as `whose`."""
    now = world.clock.now()
    with world.db.write() as session:
        user = mail_tokens.spend(session, secret, "sign_in", now)
        return _start(session, user, browser, "link", now)


def _start(session: Session, user: User, browser: Browser, by: str, now: datetime) -> str:
    if browser.former:
        sessions.end(session, browser.former, now)
    audits.note(session, "sign_in.done", now, who=user.name, user_id=user.id, by=by)
    return sessions.start(session, user, browser.agent, now)
