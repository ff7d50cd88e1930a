"""GET, POST /api/v1/accounts · GET, DELETE /api/v1/accounts/{account_id}: the accounts on X that post tweets."""

from datetime import date
from typing import Any

from pydantic import Field

from campaigns.flows import connect_account
from campaigns.kernel.errors import problem
from campaigns.publishing import accounts, audiences, postings
from campaigns.publishing.accounts import XAccount
from campaigns.publishing.audiences import AudienceDay
from web.api.blueprint import ADMINS, ALL, Call, blueprint
from web.api.bodies import Answer, Body, Moment
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


class AccountBody(Body):
    """Either two tokens of OAuth 1.0a, or a handle of the rehearsal's wall. X's own page connects by a browser only."""

    token: str = Field("", max_length=connect_account.MOST_TOKEN)
    secret: str = Field("", max_length=connect_account.MOST_TOKEN)
    rehearsed_as: str = Field("", max_length=20, description="A handle of the wall, in the place of tokens")
    zone: str = Field("UTC", max_length=100, description="IANA time zone that its tweets are planned in")


class AudienceAnswer(Answer):
    on: date
    followers: int
    following: int
    listed: int
    posts: int


class WholeAccount(AccountAnswer):
    audience: list[AudienceAnswer] = Field(description="The last 28 days, as X told")


@blueprint.post("/v1/accounts")
@operation("Accounts", gives=AccountAnswer, status=201, body=AccountBody, roles=ADMINS, once_anyway=True)
def connect_x_account(call: Call, body: AccountBody) -> AccountAnswer:
    """Connect an account by its tokens, or one of the wall; one that is connected has these tokens from now on

    X is asked whose the tokens are. They are kept encrypted, and never told again.
    """
    who: dict[str, Any] = {"who": call.token.name, "user_id": None}
    if body.rehearsed_as:
        made = connect_account.connect_rehearsed(call.world, body.rehearsed_as, "", body.zone, **who)
    else:
        made = connect_account.connect_by_tokens(call.world, body.token, body.secret, body.zone, **who)
    return AccountAnswer(**_told(made, []))


@blueprint.get("/v1/accounts/<account_id>")
@operation("Accounts", gives=WholeAccount, roles=ALL)
def show_account(call: Call, account_id: str) -> WholeAccount:
    """Show an account that is connected, with its followers day by day"""
    with call.world.db.read() as session:
        found = accounts.find(session, account_id)
        if found.disconnected_at:
            raise problem("missing", "account_missing")
        days = audiences.latest(session, [found.id], call.now).get(found.id, [])
    audience = [
        AudienceAnswer(on=each.day, followers=each.followers, following=each.following, listed=each.listed,
                       posts=each.posts) for each in days
    ]  # fmt: skip
    return WholeAccount(**_told(found, days), audience=audience)


@blueprint.delete("/v1/accounts/<account_id>")
@operation("Accounts", status=204, roles=ADMINS)
def disconnect_x_account(call: Call, account_id: str) -> None:
    """Disconnect an account: its keys are forgotten, its tweets and what they brought stay"""
    connect_account.disconnect_account(call.world, account_id, who=call.token.name, user_id=None)


def _told(account: XAccount, days: list[AudienceDay]) -> dict[str, Any]:
    return {
        "id": account.id, "handle": account.handle, "name": account.name, "kind": account.kind,
        "rehearses": account.rehearses, "zone": account.zone, "worked_at": account.worked_at,
        "problem": account.problem, "problem_at": account.problem_at,
        "followers": days[-1].followers if days else None, "listed": days[-1].listed if days else None,
    }  # fmt: skip
