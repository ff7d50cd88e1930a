"""One vocabulary of refusals, from a stage to a person's page or a machine's problem+json."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["missing", "invalid", "conflict", "forbidden", "gone", "later"]


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    | field | meaning |
    |---|---|
    | field | the input it is about, or None for the whole |
    | code | a key of campaigns.words.FAULTS, which puts it into words |
    | values | what the words need: limits, counts, the value seen |
    """

    field: str | None
    code: str
    values: dict[str, Any] = dataclasses.field(default_factory=dict)


class Problem(Exception):
    """A refusal that its caller is told about: never a bug, never logged as one."""

    def __init__(self, kind: Kind, faults: list[Fault] | None = None) -> None:
        self.kind: Kind = kind
        self.faults = faults or []
        super().__init__(kind, *(f.code for f in self.faults))


def problem(kind: Kind, code: str, field: str | None = None, **values: Any) -> Problem:
    """A problem with a single fault.

    >>> problem("invalid", "slug_taken", "slug", slug="x").faults
    [Fault(field='slug', code='slug_taken', values={'slug': 'x'})]
    """
    return Problem(kind, [Fault(field, code, values)])


@dataclass
class Faults:
    """Collects what is wrong, so that a form hears everything at once.

    >>> faults = Faults()
    >>> faults.add("name", "required")
    >>> faults.found[0].code
    'required'
    """

    found: list[Fault] = dataclasses.field(default_factory=list)

    def add(self, field: str | None, code: str, **values: Any) -> None:
        self.found.append(Fault(field, code, values))

    def check(self) -> None:
        """Raise one invalid Problem with all that was added."""
        if self.found:
            raise Problem("invalid", self.found)

    @contextmanager
    def gather(self) -> Iterator[None]:
        """Take the faults of an invalid Problem raised inside, and go on."""
        try:
            yield
        except Problem as refused:
            if refused.kind != "invalid":
                raise
            self.found.extend(refused.faults)
