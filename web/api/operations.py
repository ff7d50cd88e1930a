"""An operation: a view that is documented, guarded by role, fed with a checked body, and safe to repeat.

    @blueprint.post("/v1/campaigns")
    @operation("Campaigns", gives=CampaignAnswer, status=201, body=CampaignBody)
    def create_campaign(call: Call, body: CampaignBody) -> CampaignAnswer:

The view gets the call, its path's parts, and `body` or `query` when it names a model. What it gives is a model, a
dict, None (then the answer is empty), or a response of its own.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any

from flask import Response, request
from pydantic import BaseModel
from pydantic_core import from_json
from spectree import Response as Documented
from spectree import SpecTree

from campaigns.people import answers
from campaigns.people.users import Role
from web.api.blueprint import PLANNERS, Call, roles_of, this_call
from web.api.bodies import Answer, Body, Query, read_body, read_json, read_query

# Only its OpenAPI document is used: its own validation takes malformed JSON for {} and logs what was sent.
document = SpecTree(
    "flask",
    title="Perchoir",
    version="1",
    mode="strict",
    annotations=False,
    page_templates={},
    naming_strategy=lambda model: model.__name__,
    nested_naming_strategy=lambda _parent, child: child,
)


@dataclass(frozen=True)
class Operation:
    """What the document says of a view beyond its models."""

    takes: str | None  # the media type of a body that isn't JSON
    makes: str | None  # the media type of an answer that isn't JSON
    roles: tuple[Role, ...]


operations: dict[str, Operation] = {}


def operation(
    tag: str,
    *,
    gives: type[Answer] | None = None,
    status: int = 200,
    body: type[Body] | None = None,
    query: type[Query] | None = None,
    takes: str | None = None,
    makes: str | None = None,
    roles: tuple[Role, ...] = PLANNERS,
    once_anyway: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """Make a view an operation.

    | argument | meaning |
    |---|---|
    | tag | the heading it stands under in the documents |
    | gives, status | the model and status of its answer |
    | body, query | the models of what it is sent |
    | takes, makes | media types other than JSON: the view reads and answers by itself |
    | roles | whose tokens may call it |
    | once_anyway | it calls a port, and the same call again changes nothing: a key isn't kept with an answer |
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Response]:
        name = view.__name__
        roles_of[name] = roles
        operations[name] = Operation(takes, makes, roles)
        responses = Documented(**{f"HTTP_{status}": gives}) if gives else Documented(f"HTTP_{status}")
        described = document.validate(json=body, query=query, resp=responses, tags=[tag], operation_id=name)(view)

        @wraps(described)
        def run(**path: str) -> Response:
            call = this_call()
            raw = read_json() if body else b""
            sent: dict[str, Any] = {"query": read_query(query)} if query else {}

            def act(call: Call) -> Response:
                given = {"body": read_body(body, raw, call)} if body else {}
                return _respond(view(call, **path, **sent, **given), status)

            key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
            if key is None or (answers.check_key(key) and once_anyway):
                return act(call)
            return once(call, key, raw, act)

        return run

    return decorate


def once(call: Call, key: str, raw: bytes, act: Callable[[Call], Response]) -> Response:
    """Act once for each key: the key, the effect and the answer are one transaction.

    A second call at the same moment waits for the first one's end. A refusal undoes all three, so that a corrected
    request may use the key again. What acts here may call no port.
    """
    wanted = answers.request_hash(request.path, from_json(raw) if raw else None)
    with call.world.db.write() as session:
        kept = answers.claim(session, call.token.id, key, wanted, call.now)
        if kept:
            response = Response(kept.body, kept.status, content_type="application/json")
            response.headers["Idempotent-Replayed"] = "true"
            return response
        inside = replace(call, world=replace(call.world, db=call.world.db.inside(session)))
        response = act(inside)
        answers.keep(session, call.token.id, key, response.status_code, response.get_data())
    return response


def _respond(told: Any, status: int) -> Response:
    if isinstance(told, Response):
        return told
    if told is None:
        return Response(status=status)
    text = told.model_dump_json() if isinstance(told, BaseModel) else json.dumps(told)
    return Response(text, status, content_type="application/json")
