"""An administrator asks whether a connection works: the port is called with nothing open, its answer is kept."""

from dataclasses import dataclass

from campaigns.kernel.errors import problem
from campaigns.measuring.connections import CHECKED
from campaigns.people import audits
from campaigns.ports import Later, Refused, Unknown
from campaigns.publishing import postings, prices
from campaigns.world import World


@dataclass(frozen=True)
class Answer:
    """What the other side said. `told`: whose account it is; `code` and `detail`: what is wrong."""

    is_well: bool
    told: str = ""
    code: str = ""
    detail: str = ""


def check_connection(world: World, name: str, *, who: str, user_id: str) -> Answer:
    """Ask X or Stripe who we are, or the mail server whether it is there. Raises missing for another name."""
    if name not in ("x", "stripe", "mail"):
        raise problem("missing", "not_found")
    answer = _ask(world, name)
    with world.db.write() as session:
        if name == "x" and answer.is_well and not world.publisher.rehearses:
            price = prices.micros(world.settings.x_price_own_read)
            postings.note(session, "profile", price, world.clock.now(), account_id=None)
        audits.note(
            session, CHECKED, world.clock.now(), who=who, user_id=user_id, subject=name,
            is_well=answer.is_well, told=answer.told, code=answer.code, detail=answer.detail,
        )  # fmt: skip
    return answer


def _ask(world: World, name: str) -> Answer:
    try:
        if name == "x":
            account = world.publisher.whoami()
            return Answer(True, f"@{account.handle}")
        if name == "stripe":
            account = world.payments.whoami()
            return Answer(True, account.name or account.id)
        world.mailer.check()
        return Answer(True, world.settings.mail_from)
    except (Refused, Later) as refused:
        return Answer(False, code=refused.code, detail=refused.detail)
    except Unknown as silent:
        return Answer(False, code="no_answer", detail=silent.detail)
