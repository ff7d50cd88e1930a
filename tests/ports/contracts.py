"""X's and Stripe's published contracts, and whether a request keeps them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jsonschema import Draft202012Validator

from tests.loopback.server import Request
from tests.loopback.stripe import decode_form

Schema = dict[str, Any]


class Contract:
    """An OpenAPI document."""

    def __init__(self, path: Path) -> None:
        self.document: Schema = json.loads(path.read_text())

    def operation(self, request: Request) -> Schema:
        """What the document says of this method and path; fails when it knows none."""
        for template, methods in self.document["paths"].items():
            if re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", template), request.path):
                found: Schema | None = methods.get(request.method.lower())
                if found:
                    return found
        raise AssertionError(f"no contract for {request.name}")

    def parameters(self, operation: Schema) -> dict[str, Schema]:
        """The schemas of its query's parameters."""
        found = [self.resolved(each) for each in operation.get("parameters", [])]
        return {each["name"]: each["schema"] for each in found if each["in"] == "query"}

    def choices(self, schema: Schema) -> list[Schema]:
        """The schemas of objects that a body may be of."""
        schema = self.resolved(schema)
        return [self.resolved(each) for each in schema["anyOf"]] if "anyOf" in schema else [schema]

    def resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            place: Any = self.document
            for step in schema["$ref"].removeprefix("#/").split("/"):
                place = place[step]
            schema = place
        return schema

    def faults(self, value: Any, schema: Schema) -> list[str]:
        """What JSON Schema finds wrong with a JSON value."""
        whole = schema | {"components": self.document["components"]}
        return [f"{fault.json_path}: {fault.message}" for fault in Draft202012Validator(whole).iter_errors(value)]


def x_faults(request: Request, contract: Contract) -> list[str]:
    """How a request to X breaks its contract: an unknown parameter, a value out of its range, another body."""
    operation = contract.operation(request)
    known, faults = contract.parameters(operation), []
    for name, text in request.query.items():
        if name not in known:
            faults.append(f"{name}: unknown")
            continue
        schema = contract.resolved(known[name])
        faults += [f"{name}={text}: {fault}" for fault in contract.faults(_plain(text, schema), schema)]
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        body = json.loads(request.body)
        faults += contract.faults(body, schema)
        known_names = {name for each in contract.choices(schema) for name in each["properties"]}
        faults += [f"{name}: unknown" for name in body if name not in known_names]
    return faults


def _plain(text: str, schema: Schema) -> Any:
    if schema.get("type") == "array":
        return text.split(",")
    return int(text) if schema.get("type") == "integer" else text


def stripe_faults(request: Request, contract: Contract) -> list[str]:
    """How a request to Stripe breaks its contract, down to each name inside its brackets."""
    operation = contract.operation(request)
    if request.method == "GET":
        known = contract.parameters(operation)
        form = decode_form("&".join(f"{name}={value}" for name, value in request.query.items()))
        return [
            fault
            for name, value in form.items()
            for fault in (_strict(value, known[name], name) if name in known else [f"{name}: unknown"])
        ]
    if request.headers.get("content-type") != "application/x-www-form-urlencoded":
        return [f"sent as {request.headers.get('content-type')}"]
    names = [name for name, _ in parse_qsl(request.body.decode(), keep_blank_values=True)]
    twice = [f"{name}: twice" for name in set(names) if names.count(name) > 1]
    schema = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    return twice + list(_strict(decode_form(request.body.decode()), schema, "body"))


def _strict(value: Any, schema: Schema, where: str) -> Iterator[str]:
    """Walks a decoded form, all of whose leaves are text, along its schema; what isn't named there is a fault."""
    if "anyOf" in schema:
        tried = [list(_strict(value, each, where)) for each in schema["anyOf"]]
        if all(tried):
            yield from min(tried, key=len)
    elif isinstance(value, dict):
        yield from _strict_object(value, schema, where)
    elif isinstance(value, list):
        if schema.get("type") != "array":
            yield f"{where}: no list"
            return
        for place, each in enumerate(value):
            yield from _strict(each, schema["items"], f"{where}[{place}]")
    else:
        yield from _strict_text(value, schema, where)


def _strict_object(value: dict[str, Any], schema: Schema, where: str) -> Iterator[str]:
    if schema.get("type") != "object":
        yield f"{where}: no object"
        return
    known, more = schema.get("properties", {}), schema.get("additionalProperties")
    for name, each in value.items():
        if name in known:
            yield from _strict(each, known[name], f"{where}.{name}")
        elif isinstance(more, dict):
            yield from _strict(each, more, f"{where}.{name}")
        else:
            yield f"{where}.{name}: unknown"
    yield from (f"{where}.{name}: missing" for name in schema.get("required", []) if name not in value)


def _strict_text(value: str, schema: Schema, where: str) -> Iterator[str]:
    kind = schema.get("type")
    fits = {
        "string": True,
        "integer": bool(re.fullmatch(r"-?\d+", value)),
        "number": bool(re.fullmatch(r"-?\d+(\.\d+)?", value)),
        "boolean": value in ("true", "false"),
    }
    if not fits.get(str(kind), False):
        yield f"{where}: {value!r} is no {kind}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is none of {len(schema['enum'])} values"
    if len(value) > schema.get("maxLength", len(value)):
        yield f"{where}: {len(value)} characters"
