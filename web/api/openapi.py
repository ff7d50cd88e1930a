"""GET /api/openapi.json and GET /api/docs: what the API is, for machines and for people."""

import json
from typing import Any

from flask import Response, render_template

from web.api.blueprint import BODY_MAX_BYTES, blueprint
from web.api.operations import document, operations
from web.request import world

DESCRIPTION = f"""\
Send an API token with each request: `Authorization: Bearer pch_…` (made on the settings page, or by
`python -m campaigns token create`). Its role says what it opens.

Ids are strings (UUIDv7). Money is `{{"amount", "currency"}}` in minor units: 1250 EUR is 12.50 €; a sum over several
currencies is a list. Moments are UTC, dates are days of the campaign's own time zone.

Lists are pages: `{{"items": […], "next": "…"}}`. Send `next` as `?cursor=` to go on; null is the end.

A parameter without a value (`?state=`) is none.

A refusal is `application/problem+json`: `{{"type", "title", "status", "detail", "errors": [{{"field", "code",
"message"}}]}}`, with every field's fault at once. `code` is stable; `message` is in the language asked for. Unknown
fields are refused. A JSON body has {BODY_MAX_BYTES // 1000} kB at most.

A POST may carry an `Idempotency-Key` (1 to 255 printable characters). The same key with the same request gives the
same answer, and the effect happens once, however often and at whatever moment it is sent; with another request it is
409 `key_reused`. A refusal keeps no key.
"""
PROBLEM = {
    "type": "object",
    "title": "Problem",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {
                    "field": {"type": ["string", "null"]},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
    },
}
KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "The same key and request give the same answer, once",
}
METHODS = {"get": 0, "post": 1, "put": 2, "patch": 3, "delete": 4}


def described() -> dict[str, Any]:
    """The OpenAPI document: spectree's, with what it can't know."""
    spec: dict[str, Any] = json.loads(json.dumps(document.spec))
    spec["info"]["description"] = DESCRIPTION
    spec["servers"] = [{"url": world().settings.public_url}]
    spec["security"] = [{"bearer": []}]
    spec["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    spec["components"]["schemas"]["Problem"] = PROBLEM
    spec["components"]["schemas"].pop("ValidationError", None)
    refusal = {"schema": {"$ref": "#/components/schemas/Problem"}}
    spec["components"]["responses"] = {
        "Problem": {"description": "Refused", "content": {"application/problem+json": refusal}}
    }
    for path in spec["paths"].values():
        for method, told in path.items():
            _complete(method, told)
    spec["paths"] = dict(sorted(spec["paths"].items()))
    return spec


def _complete(method: str, told: dict[str, Any]) -> None:
    known = operations[told["operationId"]]
    told["responses"] = {code: answer for code, answer in told["responses"].items() if code < "400"}
    told["responses"]["default"] = {"$ref": "#/components/responses/Problem"}
    told["x-roles"] = list(known.roles)
    if method == "post":
        told["parameters"].append(KEY_PARAMETER)
    binary: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
    if known.takes:
        told["requestBody"] = {"required": True, "content": {known.takes: binary}}
    if known.makes:
        for answer in told["responses"].values():
            if "$ref" not in answer:
                answer["content"] = {known.makes: {"schema": {"type": "string"}}}


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """The document for machines."""
    return Response(json.dumps(described()), content_type="application/json")


@blueprint.get("/docs")
def docs() -> str:
    """The document for people."""
    spec = described()
    sections: dict[str, list[dict[str, Any]]] = {}
    for path, methods in spec["paths"].items():
        for method, told in sorted(methods.items(), key=lambda each: METHODS[each[0]]):
            sections.setdefault(told["tags"][0], []).append(_section(spec, path, method, told))
    shown = {each[side] for section in sections.values() for each in section for side in ("takes_shape", "gives_shape")}
    shapes = {name: _rows(schema) for name, schema in spec["components"]["schemas"].items() if name not in shown}
    return render_template(
        "api/docs.html",
        sections=sections,
        shapes=shapes,
        # what stands between backquotes is every second piece
        paragraphs=[paragraph.replace("\n", " ").split("`") for paragraph in DESCRIPTION.strip().split("\n\n")],
        base=spec["servers"][0]["url"],
    )


def _section(spec: dict[str, Any], path: str, method: str, told: dict[str, Any]) -> dict[str, Any]:
    body = told.get("requestBody", {}).get("content", {})
    answers = {code: answer for code, answer in told["responses"].items() if code != "default"}
    [(status, answer)] = answers.items()
    return {
        "id": told["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": told["summary"],
        "description": told["description"],
        "roles": told["x-roles"],
        "parameters": [
            {"name": each["name"], "where": each["in"], "required": each["required"], "told": each["description"]}
            for each in told["parameters"]
        ],
        "takes": next(iter(body), None),
        "takes_shape": _shape(body),
        "fields": _fields(spec, body),
        "status": status,
        "makes": next(iter(answer.get("content", {})), None),
        "gives_shape": _shape(answer.get("content", {})),
        "gives": _fields(spec, answer.get("content", {})),
    }


def _shape(content: dict[str, Any]) -> str:
    """The name of a JSON body's or answer's schema; empty when it has none."""
    reference: str = content.get("application/json", {}).get("schema", {}).get("$ref", "")
    return reference.rpartition("/")[2]


def _fields(spec: dict[str, Any], content: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields of a JSON body or answer, one a row."""
    return _rows(spec["components"]["schemas"].get(_shape(content), {}))


def _rows(schema: dict[str, Any]) -> list[dict[str, Any]]:
    required = schema.get("required", [])
    return [
        {
            "name": name,
            "type": _type(field),
            "required": name in required,
            "told": field.get("description", "").replace("`", ""),
        }
        for name, field in schema.get("properties", {}).items()
    ]


def _type(field: dict[str, Any]) -> str:
    """A schema in a few words.

    >>> _type({"anyOf": [{"type": "integer"}, {"type": "null"}]}), _type({"type": "array", "items": {"$ref": "#/x/Y"}})
    ('integer or null', 'list of Y')
    """
    if isinstance(field.get("type"), list):
        return " or ".join(field["type"])
    if "$ref" in field:
        return str(field["$ref"].rpartition("/")[2])
    if "anyOf" in field:
        return " or ".join(_type(each) for each in field["anyOf"])
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    if "enum" in field:
        return ", ".join(f'"{each}"' for each in field["enum"])
    return str(field.get("format") or field.get("type") or field.get("const", "value"))
