"""GET /api/v1/accounts: the accounts on X that a tweet may be given to."""

from typing import Any

from pydantic import Field

from campaigns.publishing import accounts, audiences, postings
from campaigns.publishing.accounts import XAccount
from campaigns.publishing.audiences import AudienceDay
from web.api.blueprint import ALL, Call, blueprint
from web.api.bodies import Answer, Moment
from web.api.operations import operation


class AccountAnswer(Answer):
    id: str
    handle: str
    name: str
    kind: str = Field(description="oauth1, oauth2 or rehearsal")
    rehearses: bool = Field(description="Its tweets stay on this machine's wall")
    zone: str
    worked_at: Moment | None = Field(description="When X last took something")
    problem: str | None = Field(description="What X last refused, until it works again")
    problem_at: Moment | None
    followers: int | None = Field(description="As X told last, once a day")
    listed: int | None = Field(description="On how many lists it is")


class Accounts(Answer):
    items: list[AccountAnswer]
    spent_micros: int = Field(description="This month, in millionths of a dollar")
    cap_micros: int = Field(description="Of the month; 0: none")


@blueprint.get("/v1/accounts")
@operation("Accounts", gives=Accounts, roles=ALL)
def list_accounts(call: Call) -> Accounts:
    """List the accounts that are connected, with their health and what this month cost"""
    with call.world.db.read() as session:
        found = accounts.list_of(session)
        spending = postings.spending(session, call.world.settings, call.now)
        counted = audiences.latest(session, [each.id for each in found], call.now)
    return Accounts(
        items=[AccountAnswer(**_told(each, counted.get(each.id, []))) for each in found],
        spent_micros=spending.spent, cap_micros=spending.cap,
    )  # fmt: skip


def _told(account: XAccount, days: list[AudienceDay]) -> dict[str, Any]:
    return {
        "id": account.id, "handle": account.handle, "name": account.name, "kind": account.kind,
        "rehearses": account.rehearses, "zone": account.zone, "worked_at": account.worked_at,
        "problem": account.problem, "problem_at": account.problem_at,
        "followers": days[-1].followers if days else None, "listed": days[-1].listed if days else None,
    }  # fmt: skip
