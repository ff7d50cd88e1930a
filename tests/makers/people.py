"""Members and what their mails bring, made through the stage's own functions."""

import re
from functools import lru_cache

from argon2 import PasswordHasher
from sqlalchemy import select

from campaigns.flows.invite_person import invite_person
from campaigns.kernel.outbox import OutboxRow
from campaigns.people import sessions, users
from campaigns.people.audits import Audit
from campaigns.people.knocks import Knock
from campaigns.people.users import Role, User
from campaigns.world import World

PASSWORD = "sept tweets par semaine"
EMAIL = "lea@feuillet.example"
BY = {"who": "Inès Caron", "user_id": "0193a1b2-0000-7000-8000-00000000000a"}
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"


def make_member(
    world: World, role: Role = "marketer", email: str = EMAIL, name: str = "Léa Martin", locale: str = "en"
) -> User:
    with world.db.write() as session:
        user = users.create(session, email, name, role, world.clock.now(), locale=locale, zone="Europe/Paris")
        user.password_hash = password_hash()
        return user


@lru_cache
def password_hash() -> str:
    """Hashed with the least effort: a hash carries its cost with it, and users.hashed is slow on purpose."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def make_session(world: World, user: User, agent: str = CHROME) -> str:
    with world.db.write() as session:
        return sessions.start(session, user, agent, world.clock.now())


def make_invitation(world: World, email: str = "tom@feuillet.example", role: str = "sales", locale: str = "en") -> User:
    return invite_person(world, email, role, locale, **BY)


def knock(email: str = EMAIL, address: str = "192.0.2.7") -> Knock:
    return Knock(email, address)


def mails(world: World) -> list[dict[str, str]]:
    """What was promised, oldest first."""
    with world.db.read() as session:
        rows = session.scalars(select(OutboxRow).where(OutboxRow.kind == "mail").order_by(OutboxRow.id))
        return [row.payload for row in rows]


def mailed_secret(world: World) -> str:
    """The secret in the link of the last mail."""
    found = re.search(r"http://localhost/(?:join|password|sign-in)/(\S+)", mails(world)[-1]["text"])
    assert found, "the last mail has no link"
    return found.group(1)


def actions(world: World) -> list[str]:
    """The log, oldest first."""
    with world.db.read() as session:
        return list(session.scalars(select(Audit.action).order_by(Audit.at, Audit.id)))


def is_in(world: World, secret: str) -> bool:
    """Whether a session's secret opens pages."""
    settings = world.settings
    with world.db.read() as session:
        found = sessions.find(
            session, secret, world.clock.now(), settings.session_idle_s, settings.session_max_s
        )  # fmt: skip
        return found is not None
