"""The machines' gate: a bearer token with a role, and the roles that each operation names."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import Blueprint, Response, request

from campaigns.kernel.errors import problem
from campaigns.people import tokens
from campaigns.people.tokens import ApiToken
from campaigns.people.users import Role
from campaigns.world import World
from web.errors import as_json, title
from web.request import now, world

BODY_MAX_BYTES = 256_000  # a page's text in an alphabet that JSON may spell out; an upload says more
ALL: tuple[Role, ...] = ("admin", "marketer", "sales")
PLANNERS: tuple[Role, ...] = ("admin", "marketer")
ADMINS: tuple[Role, ...] = ("admin",)
OPEN = frozenset({"openapi", "docs"})
"""Views that anybody may read: what the API is, never what is in it."""

roles_of: dict[str, tuple[Role, ...]] = {}
"""Who may call which view, written by `operations.operation`; a view that isn't here is the administrator's."""

blueprint = Blueprint("api", __name__, url_prefix="/api")


@dataclass(frozen=True)
class Call:
    """A machine's request: the World that it acts in, whose token it carries, and when."""

    world: World
    token: ApiToken
    now: datetime


@blueprint.before_request
def gate() -> Response | None:
    """Let in who carries a token with a role for this view."""
    request.max_content_length = BODY_MAX_BYTES
    view = (request.endpoint or "").rpartition(".")[2]
    if view in OPEN:
        return None
    token = recognise()
    if token is None:
        response = as_json(401, title(401), problem("forbidden", "bearer_missing"))
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    if token.role not in roles_of.get(view, ("admin",)):
        raise problem("forbidden", "not_your_role")
    request.environ["perchoir.token"] = token
    return None


@blueprint.after_request
def never_stored(response: Response) -> Response:
    """What a token opened is nobody else's."""
    if "perchoir.token" in request.environ:
        response.headers["Cache-Control"] = "private, no-store"
    return response


def recognise() -> ApiToken | None:
    """The token behind the Authorization header; its last use is noted at most once a minute."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    with world().db.read() as session:
        token = tokens.find(session, secret.strip())
    if token and tokens.is_stale(token, now()):
        with world().db.write() as session:
            tokens.note_use(session, token.id, now())
    return token


def this_call() -> Call:
    """The request as an operation sees it; only behind the gate."""
    return Call(world(), cast(ApiToken, request.environ["perchoir.token"]), now())
