"""What machines send and get, as models: strict, closed, and with every fault told at once."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, NoReturn, TypeVar

from flask import Response, abort, request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError, from_json

from campaigns.kernel.errors import Fault, Problem, problem
from campaigns.kernel.keysets import LIMIT, MAX_LIMIT, Slice
from campaigns.kernel.money import MAX_AMOUNT, Money
from web.api.blueprint import Call
from web.errors import as_json, title

T = TypeVar("T")
B = TypeVar("B", bound="Body")
Q = TypeVar("Q", bound="Query")


def _told(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


Moment = Annotated[
    datetime, PlainSerializer(_told, return_type=str), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""2026-11-02T09:00:00Z."""


def chars(least: int, most: int, pattern: str | None = None) -> WithJsonSchema:
    """A text as the document tells it: how long it may be, and its shape. The stage that keeps it says its faults."""
    shape = {"pattern": pattern} if pattern else {}
    return WithJsonSchema({"type": "string", "minLength": least, "maxLength": most, **shape})


def one_of(values: Iterable[str]) -> WithJsonSchema:
    """A choice as the document tells it; as above."""
    return WithJsonSchema({"type": "string", "enum": list(values)})


def between(least: int, most: int) -> WithJsonSchema:
    """A number as the document tells it; as above."""
    return WithJsonSchema({"type": "integer", "minimum": least, "maximum": most})


Id = Annotated[str, WithJsonSchema({"type": "string", "format": "uuid"})]
Currency = Annotated[str, chars(3, 3, "^[A-Z]{3}$")]
Sum = Annotated[int, between(1, MAX_AMOUNT)]
"""Money that is asked for or given, in minor units."""


class Body(BaseModel):
    """What a request says. Types are strict ("1" is no number), unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def check(self, call: Call) -> None:
        """What the stage finds wrong without looking anything up; raises invalid.

        Only asked when a type is wrong, so that the other fields' faults are told in the same answer.
        """

    def changes(self) -> dict[str, Any]:
        """The fields that were sent."""
        return {name: getattr(self, name) for name in self.model_fields_set}


def _without_defaults(schema: dict[str, Any]) -> None:
    for told in schema["properties"].values():
        told.pop("default", None)


class Change(Body):
    """A part of what is kept: what is left out stays, so no field has a default to tell of."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)


def _spelt(text: Any) -> bool:
    if text not in ("true", "false"):  # pydantic takes 1, on and y too, which the document doesn't tell
        raise PydanticCustomError("bool_parsing", "neither true nor false")
    return bool(text == "true")


Flag = Annotated[bool, BeforeValidator(_spelt, json_schema_input_type=bool)]
"""`true` or `false` in an address."""


class Query(BaseModel):
    """What a request asks for in its address. An empty value is none."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ListQuery(Query):
    """A keyset list's query."""

    cursor: str | None = Field(None, max_length=200, description="`next` of the page before")
    limit: int = Field(LIMIT, ge=1, le=MAX_LIMIT, description="How many at most")


class Answer(BaseModel):
    """What an operation answers."""

    model_config = ConfigDict(frozen=True)


class Items(Answer, Generic[T]):
    """A page of a keyset list; `next` is the cursor of the one after it, null at the end."""

    items: list[T]
    next: str | None


class Amount(Body):
    """Money: minor units (cents) and an ISO 4217 currency."""

    amount: int = Field(description="In minor units: 1250 is 12.50 EUR", examples=[1250])
    currency: str = Field(examples=["EUR"])

    def money(self) -> Money:
        return Money(self.amount, self.currency)


class Price(Amount):
    """Money that is asked for: more than nothing."""

    amount: Sum = Field(description="In minor units: 1250 is 12.50 EUR", examples=[1250])
    currency: Currency = Field(description="ISO 4217", examples=["EUR"])


def amount(money: Money | None) -> Amount | None:
    """Money as it is answered."""
    return Amount(amount=money.amount, currency=money.currency) if money else None


def items(found: Slice[Any], told: Any) -> dict[str, Any]:
    """A slice as it is answered: `told` makes an answer of a row."""
    return {"items": [told(row).model_dump(mode="json") for row in found.items], "next": found.next}


def read_json() -> bytes:
    """The request's JSON, as it was sent. Ends the request with 415 or 400."""
    if request.mimetype != "application/json" and not request.mimetype.endswith("+json"):
        refuse_type("application/json")
    raw = request.get_data()
    try:
        from_json(raw, allow_inf_nan=False)
    except ValueError:
        _end(400, problem("invalid", "malformed", expected="JSON"))
    return raw


def refuse_type(expected: str) -> NoReturn:
    """End the request with 415."""
    _end(415, problem("invalid", "malformed", expected=expected))


def _end(status: int, refused: Problem) -> NoReturn:
    response: Response = as_json(status, title(status), refused)
    abort(response)


def read_body(model: type[B], raw: bytes, call: Call) -> B:
    """The body as a model. Raises invalid with every field's fault."""
    try:
        return model.model_validate_json(raw, strict=True)
    except ValidationError as refused:
        faults = [_fault(error) for error in refused.errors(include_url=False, include_input=False)]
        raise Problem("invalid", faults + _other_faults(model, raw, faults, call)) from None


def _other_faults(model: type[B], raw: bytes, known: list[Fault], call: Call) -> list[Fault]:
    """What is wrong with the fields whose types are right: those that aren't are left out or blank."""
    sent = from_json(raw)
    if not isinstance(sent, dict):
        return []
    faulty = {(fault.field or "").partition(".")[0] for fault in known}
    rest = {name: value for name, value in sent.items() if name not in faulty}
    blank = {name: "" for name, field in model.model_fields.items() if name in faulty and field.is_required()}
    try:
        model.model_validate_json(json.dumps(rest | blank), strict=True).check(call)
    except ValidationError:
        return []
    except Problem as refused:
        return [fault for fault in refused.faults if (fault.field or "").partition(".")[0] not in faulty]
    return []


def read_query(model: type[Q]) -> Q:
    """The query as a model. Raises invalid with every field's fault."""
    twice = [name for name, values in request.args.lists() if len(values) > 1]
    if twice:  # a proxy may read the first one and we the other
        raise Problem("invalid", [Fault(name, "malformed", {"expected": "value"}) for name in twice])
    try:
        return model.model_validate({name: value for name, value in request.args.items() if value})
    except ValidationError as refused:
        raise Problem(
            "invalid", [_fault(error) for error in refused.errors(include_url=False, include_input=False)]
        ) from None


CODES = {
    "missing": "required",
    "extra_forbidden": "unknown_field",
    "int_type": "not_a_number",
    "int_from_float": "not_a_number",
    "int_parsing": "not_a_number",
    "int_parsing_size": "not_a_number",
    "literal_error": "not_a_choice",
    "date_type": "date_unreadable",
    "date_parsing": "date_unreadable",
    "date_from_datetime_parsing": "date_unreadable",
    "date_from_datetime_inexact": "date_unreadable",
}
EXPECTED = {
    "string_type": "text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "list",
    "tuple_type": "list",
    "model_type": "object",
    "dict_type": "object",
}


def _fault(error: Any) -> Fault:
    """Pydantic's finding in the words of the house; never the value that was sent."""
    field = ".".join(str(part) for part in error["loc"]) or None
    kind, context = error["type"], error.get("ctx", {})
    if kind in CODES:
        return Fault(field, CODES[kind])
    if kind in ("greater_than_equal", "less_than_equal"):
        return Fault(field, "out_of_range", {"least": 1, "most": MAX_LIMIT})
    if kind == "string_too_long":
        return Fault(field, "too_long", {"most": context["max_length"], "count": f"> {context['max_length']}"})
    expected = "date and time" if kind.startswith("datetime") else EXPECTED.get(kind, "value")
    return Fault(field, "malformed", {"expected": expected})
