"""The bar above a report: model, window, period, evidence and grouping, kept in the address of the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlencode

from flask import request
from wtforms import SelectField, StringField

from campaigns.flows.ready_lens import ready_lens
from campaigns.kernel.errors import Problem, problem
from campaigns.measuring import exchange_rates, funnels, groups, questions
from campaigns.measuring.questions import Asked, Group
from campaigns.tracking.hits import EVIDENCES
from web import filters
from web.forms import StaffForm, choices, show
from web.marketer.blueprint import PERIODS, REMEMBERED
from web.marketer.link_words import channel_words
from web.request import locale, now, say, with_rehearsal, world, zone


class LensForm(StaffForm):
    model = SelectField(validate_choice=False)
    lookback_days = StringField()
    half_life_days = StringField()
    direct = SelectField(validate_choice=False)
    from_ = StringField(name="from")
    to = StringField()
    by = SelectField(validate_choice=False)
    evidence = SelectField(validate_choice=False)
    group = SelectField(validate_choice=False)
    currency = SelectField(validate_choice=False)


@dataclass(frozen=True)
class Bar:
    """What was asked, the form that asks otherwise, and addresses for it.

    `said`: what tells it from the default, as an address; `periods`: names and addresses of the usual ones.
    """

    asked: Asked
    form: LensForm
    said: dict[str, str]
    periods: list[tuple[str, str, bool]]
    sentence: str

    @property
    def by_tweet(self) -> bool:
        return self.asked.group in ("tweet", "thread")

    @property
    def is_usual(self) -> bool:
        """Whether leads are counted as everywhere else."""
        return not self.said.keys() - {"rehearsal"}

    def query(self, **more: str) -> str:
        """The same question with something else in its address; an empty value leaves it out."""
        is_ever = not self.said.keys() & {"period", "from", "to"}
        whole = ({"period": "ever"} if is_ever else {}) | self.said | more
        return urlencode({name: told for name, told in whole.items() if told})


def read(campaign_id: str | None = None, *, strict: bool = False) -> Bar:
    """What the address asks, of a campaign. With faults the default is answered, and they stand beside their fields.

    A file, and a page without those fields (`strict`), would be taken for what was asked: there they are raised.
    """
    settings, asks = world().settings, {name: told for name, told in request.args.items() if name != "sort"}
    period = chosen(request.args)
    if period:
        asks = {name: told for name, told in asks.items() if name not in ("from", "to")} | days_of(period)
    usual = questions.read({}, zone().key, lookback_days=settings.lookback_days, rehearsal=with_rehearsal())
    refused = None
    try:
        if request.args.get("period", "") not in ("", *PERIODS):
            raise problem("invalid", "not_a_choice", "period")
        asked = questions.read(
            asks, zone().key, lookback_days=settings.lookback_days, rehearsal=world().publisher.rehearses
        )
        asked = ready_lens(world(), campaign_id, asked)
    except Problem as fault:
        if strict or "format" in request.args:
            raise
        asked, refused = usual, fault
    by_default = questions.read({}, zone().key, lookback_days=settings.lookback_days,
                                rehearsal=world().publisher.rehearses)  # fmt: skip
    said = questions.address(asked, by_default)
    if period and not refused:
        said = {name: told for name, told in said.items() if name not in ("from", "to")} | {"period": period}
    form = _form(questions.described(asked) | (asks if refused else {}))
    if refused:
        faults = [replace(fault, field="from_") if fault.field == "from" else fault for fault in refused.faults]
        show(form, Problem(refused.kind, faults))
    return Bar(asked, form, said, _periods(said), sentence(asked))


def of(question: Mapping[str, str], zone_key: str, campaign_id: str) -> Bar:
    """The bar of a question that was kept, whoever asks it now."""
    settings, rehearsal = world().settings, world().publisher.rehearses
    asked = questions.read(question, zone_key, lookback_days=settings.lookback_days, rehearsal=rehearsal)
    asked = ready_lens(world(), campaign_id, asked)
    return Bar(asked, _form(questions.described(asked)), {}, [], sentence(asked))


def _form(told: dict[str, str]) -> LensForm:
    form = LensForm(data={"from_" if name == "from" else name: value for name, value in told.items()})
    for field, told_ in (
        (form.model, say("Model")), (form.lookback_days, say("Days back")),
        (form.half_life_days, say("Half-life, days")), (form.direct, say("Direct visits")), (form.from_, say("From")),
        (form.to, say("To")), (form.by, say("By the date of")), (form.evidence, say("Evidence")),
        (form.group, say("Rows")), (form.currency, say("Money in")),
    ):  # fmt: skip
        field.label.text = told_
    form.model.choices = choices(model_words())
    form.direct.choices = choices({"alone": say("Only where there is nothing else"), "always": say("As any other")})
    form.by.choices = choices({"conversion": say("the conversion"), "touch": say("the touch")})
    form.evidence.choices = choices({"": say("Any"), **{each: each for each in EVIDENCES}})
    form.group.choices = choices(group_words())
    with world().db.read() as session:
        known = exchange_rates.known(session).currencies
    form.currency.choices = choices({"": say("As it was paid"), **{each: each for each in known}})
    return form


def chosen(args: Mapping[str, str]) -> str:
    """The period that the address names, else the one chosen last; empty: days were typed, or none was ever chosen."""
    if args.get("period") in PERIODS:
        return args["period"]
    typed = {name: args[name] for name in ("from", "to") if args.get(name)}
    if args.get("was") in PERIODS and typed == days_of(args["was"]):  # the form's days, as they stood there
        return args["was"]
    kept = request.cookies.get(REMEMBERED, "")
    return kept if kept in PERIODS and not (args.get("from") or args.get("to")) else ""


def days_of(period: str) -> dict[str, str]:
    """First and last day of a period up to today, in the viewer's zone; of all that ever was, none."""
    today = now().astimezone(zone()).date()
    if period == "ever":
        return {}
    begins = {"today": today, "quarter": today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1),
              "year": today.replace(month=1, day=1)}  # fmt: skip
    since = begins[period] if period in begins else today - timedelta(days=int(period) - 1)
    return {"from": since.isoformat(), "to": today.isoformat()}


def _periods(said: dict[str, str]) -> list[tuple[str, str, bool]]:
    kept = {name: told for name, told in said.items() if name not in ("from", "to", "period")}
    is_now = said.get("period") or ("" if "from" in said or "to" in said else "ever")
    return [(name, urlencode(kept | {"period": key}), key == is_now) for key, name in period_words().items()]


def period_words() -> dict[str, str]:
    """The usual periods."""
    days = {key: say("%(days)s days", days=key) for key in ("7", "28", "90")}
    ends = {"quarter": say("This quarter"), "year": say("This year")}
    return {"ever": say("Ever"), "today": say("Today"), **days, **ends}


def model_words() -> dict[str, str]:
    """The models, in their order."""
    return {
        "last_non_direct": say("Last non-direct touch"), "last_touch": say("Last touch"),
        "first_touch": say("First touch"), "linear": say("Linear"), "position": say("Position 40/20/40"),
        "time_decay": say("Time decay"), "data_driven": say("Data-driven (not causal)"),
    }  # fmt: skip


def group_words() -> dict[str, str]:
    """What rows may be."""
    return {
        "tweet": say("Tweets"), "thread": say("Threads"), "campaign": say("Campaigns"), "contact": say("Contacts"),
        "channel": say("Channels"), "hour": say("Hours of the day"), "weekday": say("Weekdays"),
        "format": say("Formats"),
    }  # fmt: skip


def sentence(asked: Asked) -> str:
    """The question in words, as it stands above the figures."""
    model = model_words()[asked.lens.model]
    if asked.lens.model == "time_decay":
        model = say("%(model)s, half-life %(days)s days", model=model, days=f"{asked.lens.half_life_days:g}")
    told = (
        say("%(model)s, %(days)s days, by date of the conversion", model=model, days=asked.lens.lookback_days)
        if asked.by == "conversion"
        else say("%(model)s, %(days)s days, by date of the touch", model=model, days=asked.lens.lookback_days)
    )
    if asked.since or asked.until:
        since, until = (
            filters.day(day, locale(), zone(), now(), "dm") if day else "…" for day in (asked.since, asked.until)
        )
        told = say("%(told)s, %(since)s to %(until)s (%(zone)s)", told=told, since=since, until=until, zone=asked.zone)
    if asked.evidence:
        told = say("%(told)s, proved by %(evidence)s", told=told, evidence=", ".join(sorted(asked.evidence)))
    if asked.currency:
        told = say("%(told)s, money in %(currency)s at each day’s stored rate", told=told, currency=asked.currency)
    return told


def names_of(rows: Sequence[funnels.Row], group: Group) -> dict[str, str]:
    """What each row is called, by its key: a tweet by its words. Queries: those of groups.names."""
    with world().db.read() as session:
        named = groups.names(session, [row.key for row in rows], group)
    return {row.key: row.tweet.text if row.tweet else name_of(row, group, named) for row in rows}


def name_of(row: funnels.Row, group: Group, named: dict[str, str]) -> str:
    """What a row that is no tweet's is called."""
    if group == "channel":
        return channel_words().get(row.key, row.key)
    if group == "format":
        words = {"thread": say("Thread"), "poll": say("Poll"), "no_link": say("Without a link")}
        return words.get(row.key, say("One tweet"))
    if group == "hour":
        return say("%(hour)s:00 to %(hour)s:59", hour=f"{int(row.key):02d}")
    if group == "weekday":
        return filters.weekday(int(row.key), locale())
    return named.get(row.key, row.key)
