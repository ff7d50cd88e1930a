"""Questions: what a report is asked, read from an address, the same for pages and the API."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from campaigns.crediting.models import HALF_LIFE_DAYS, LOOKBACK_DAYS, MODELS, Lens
from campaigns.kernel.errors import Faults, Problem, problem
from campaigns.kernel.money import known_currency
from campaigns.measuring.accounts import By, Question
from campaigns.tracking.hits import EVIDENCES, Evidence

Group = Literal["tweet", "thread", "campaign", "contact", "channel", "hour", "weekday", "format"]
GROUPS: tuple[Group, ...] = get_args(Group)
LONGEST = timedelta(days=3660)
DAY = re.compile(r"(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}")
NUMBER = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,6})?")


@dataclass(frozen=True)
class Asked:
    """A report's settings, as its address holds them.

    | field | meaning |
    |---|---|
    | since, until | the first and the last day, both in it; None: ever |
    | zone | whose midnights |
    | evidence | empty: any |
    | currency | in which money is told, each amount at its day's stored rate; empty: as it was paid |
    """

    lens: Lens
    zone: str
    since: date | None = None
    until: date | None = None
    by: By = "conversion"
    evidence: frozenset[Evidence] = frozenset()
    group: Group = "tweet"
    rehearsal: bool = False
    currency: str = ""

    def span(self) -> tuple[datetime | None, datetime | None]:
        """The period's moments, the second not in it."""
        zone = ZoneInfo(self.zone)
        since = datetime.combine(self.since, time(), zone).astimezone(UTC) if self.since else None
        until = datetime.combine(self.until + timedelta(days=1), time(), zone).astimezone(UTC) if self.until else None
        return since, until

    def before(self) -> "Asked | None":
        """The same of the period of the same length before it; None unless both of its days are told."""
        if not self.since or not self.until:
            return None
        length = self.until - self.since + timedelta(days=1)
        return replace(self, since=self.since - length, until=self.since - timedelta(days=1))

    def question(self, campaign_ids: Collection[str | None]) -> Question:
        """What the accounts are asked."""
        since, until = self.span()
        return Question(
            tuple(campaign_ids), self.lens, since, until, self.by, self.evidence or None, self.rehearsal
        )  # fmt: skip


def read(values: Mapping[str, str], zone: str, *, lookback_days: int, rehearsal: bool) -> Asked:
    """What was asked; what isn't said is the default. Raises invalid with every field's fault.

    `values`: model, lookback_days, half_life_days, direct, by, evidence (several with commas), from, to, group,
    rehearsal, currency.
    """
    faults = Faults()
    lens = Lens(
        model=_one_of(values, "model", MODELS, "last_non_direct", faults),
        lookback_days=int(_number(values, "lookback_days", LOOKBACK_DAYS, lookback_days, faults)),
        half_life_days=_number(values, "half_life_days", HALF_LIFE_DAYS, 7, faults),
        direct=_one_of(values, "direct", ("alone", "always"), "alone", faults),
    )
    proofs = [each.strip() for each in values.get("evidence", "").split(",") if each.strip()]
    if any(each not in EVIDENCES for each in proofs):
        faults.add("evidence", "not_a_choice")
    since, until = _day(values, "from", faults), _day(values, "to", faults)
    if since and until and not timedelta(0) <= until - since <= LONGEST:
        if until < since:
            faults.add("to", "end_before_start", start=since)
        else:
            faults.add("to", "out_of_range", least=1, most=LONGEST.days)
    asked = Asked(
        lens, zone, since, until, by=_one_of(values, "by", get_args(By), "conversion", faults),
        evidence=frozenset(proofs), group=_one_of(values, "group", GROUPS, "tweet", faults),  # type: ignore[arg-type]
        rehearsal=_one_of(values, "rehearsal", ("true", "false"), f"{rehearsal}".lower(), faults) == "true",
        currency=_currency(values, faults),
    )  # fmt: skip
    faults.check()
    return asked


def described(asked: Asked) -> dict[str, str]:
    """A question in the words that `read` takes."""
    return {
        "model": asked.lens.model, "lookback_days": f"{asked.lens.lookback_days}",
        "half_life_days": f"{asked.lens.half_life_days:g}", "direct": asked.lens.direct, "by": asked.by,
        "evidence": ",".join(sorted(asked.evidence)), "from": asked.since.isoformat() if asked.since else "",
        "to": asked.until.isoformat() if asked.until else "", "group": asked.group,
        "rehearsal": "true" if asked.rehearsal else "false", "currency": asked.currency,
    }  # fmt: skip


def address(asked: Asked, default: Asked) -> dict[str, str]:
    """What tells a question from the default one, as it stands in an address."""
    plain = described(default)
    return {name: told for name, told in described(asked).items() if plain[name] != told}


def _one_of(values: Mapping[str, str], name: str, known: tuple, default, faults: Faults):  # type: ignore[no-untyped-def, type-arg]
    told = values.get(name, "").strip() or default
    if told not in known:
        faults.add(name, "not_a_choice")
        return default
    return told


def _number(values: Mapping[str, str], name: str, bounds: tuple[int, int], default: float, faults: Faults) -> float:
    text = values.get(name, "").strip()
    if not text:
        return default
    if not NUMBER.fullmatch(text):
        faults.add(name, "not_a_number")
        return default
    told = float(text)
    if not bounds[0] <= told <= bounds[1] or (name == "lookback_days" and told != int(told)):
        faults.add(name, "out_of_range", least=bounds[0], most=bounds[1])
        return default
    return told


def _currency(values: Mapping[str, str], faults: Faults) -> str:
    told = values.get("currency", "").strip()
    try:
        return known_currency(told) if told else ""
    except Problem as refused:
        faults.found += refused.faults
        return ""


def _day(values: Mapping[str, str], name: str, faults: Faults) -> date | None:
    text = values.get(name, "").strip()
    if not text:
        return None
    try:
        return read_day(text, name)
    except Problem as refused:
        faults.found += refused.faults
        return None


def read_day(text: str, field: str) -> date:
    """A day of these centuries: what is far off has no neighbours to compare it with. Raises invalid.

    >>> read_day("2026-11-02", "from")
    datetime.date(2026, 11, 2)
    """
    try:
        if DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise problem("invalid", "date_unreadable", field)
