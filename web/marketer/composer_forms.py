"""The composer's forms: a tweet with the parts behind it, its moment, its pictures and its further links."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from flask import request
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, FileField, HiddenField, SelectField, StringField, TextAreaField

from campaigns.ports import ReplySettings
from campaigns.publishing import threads
from campaigns.publishing.accounts import XAccount
from campaigns.publishing.threads import MOST_PARTS
from campaigns.tracking.rewriting import Wanted
from web.forms import StaffForm, _, choices
from web.options import zones_with
from web.request import say, world


class PlanForm(StaffForm):
    scheduled_at = StringField(_("Day and time"))
    zone = SelectField(_("Time zone"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone.choices = zones_with(self.zone.data)


class TweetForm(PlanForm):
    offer_id = SelectField(_("Offer"))
    text = TextAreaField(_("Text"))
    account_id = SelectField(_("Account"), validate_choice=False)
    linkless = BooleanField(_("Without its link: a code in the words, or a QR in the picture"))
    reply_settings = SelectField(_("Who may answer"), validate_choice=False)
    poll_options = TextAreaField(_("Answers of a poll, a line each"))
    poll_minutes = SelectField(_("The poll ends after"), validate_choice=False)
    was = HiddenField()
    """The words as they were when the page was opened: what somebody else wrote since isn't written over unseen."""

    def parts(self) -> list[Any]:
        """The fields of the parts that follow, in order."""
        return [getattr(self, name) for name in part_names(len(self._fields)) if name in self._fields]


class MediaForm(StaffForm):
    media = FileField(_("Picture or film"))
    alt = StringField(_("What it shows"))


class FurtherForm(StaffForm):
    offer_id = SelectField(_("Offer"), validate_choice=False)
    target = StringField(_("Or another address"))


def part_names(count: int) -> list[str]:
    """Of the fields behind the first."""
    return [f"part_{n}" for n in range(1, count + 1)]


def _with_parts(count: int) -> type[TweetForm]:
    """The form with so many parts behind the first."""
    fields = {name: TextAreaField(say("Part %(number)s", number=n)) for n, name in enumerate(part_names(count), 2)}
    return type("TweetForm", (TweetForm,), fields)


def tweet_form(
    titles: Mapping[str, str], connected: Sequence[XAccount], sent: MultiDict[str, str] | None = None, **data: object
) -> TweetForm:
    """The form of a tweet and its parts: as it was sent, else with what is given.

    | argument | meaning |
    |---|---|
    | titles | of the offers, by their ids |
    | sent | None: by this request; cut into parts, or with one more, where that was asked |
    """
    sent = request.form if sent is None else sent
    count = next((n for n in range(MOST_PARTS - 1, 0, -1) if f"part_{n}" in sent or f"part_{n}" in data), 0)
    if sent.get("do") == "split" and (cut := threads.split(sent.get("text", ""))):
        behind = [*cut[1:], *(text for name in part_names(count) if (text := sent.get(name, "")).strip())]
        count = min(max(count, len(behind)), MOST_PARTS - 1)
        behind += [""] * (count - len(behind))
        sent = MultiDict({**sent, "text": cut[0], **dict(zip(part_names(len(behind)), behind, strict=True))})
    elif sent.get("do") == "add":
        count = min(count + 1, MOST_PARTS - 1)
    form = _with_parts(count)(sent, data=data)
    form.offer_id.choices = choices(titles)
    form.account_id.choices = choices({"": usual_account(), **{each.id: account_name(each) for each in connected}})
    if (gone := data.get("account_id")) and gone not in {each.id for each in connected}:
        form.account_id.choices.append((gone, say("An account that was disconnected")))
    form.reply_settings.choices = choices(
        {"everyone": say("Everyone"), "following": say("Whom you follow"), "mentionedUsers": say("Whom you mention"),
         "verified": say("Verified accounts"), "subscribers": say("Subscribers")}
    )  # fmt: skip
    lasts = {"60": say("an hour"), "1440": say("a day"), "4320": say("three days"), "10080": say("a week")}
    minutes = form.poll_minutes.data or "1440"
    form.poll_minutes.choices = choices({minutes: say("%(count)s minutes", count=minutes)} | lasts)
    return form


def usual_account() -> str:
    """What an empty choice of the account means."""
    if world().publisher.rehearses:
        return say("The rehearsal’s wall")
    return say("The account of the settings") if world().settings.has_x_account else say("Choose one")


def account_name(account: XAccount) -> str:
    """An account's name on X; rehearsed ones say so."""
    return say("@%(handle)s, rehearsed", handle=account.handle) if account.rehearses else f"@{account.handle}"


def wanted_of(form: TweetForm) -> Wanted:
    """What was typed, part by part, not checked yet."""
    minutes = form.poll_minutes.data or ""
    return Wanted(
        form.text.data or "", tuple(part.data or "" for part in form.parts()), form.account_id.data or "",
        next((each for each in get_args(ReplySettings) if each == form.reply_settings.data), "everyone"),
        bool(form.linkless.data), tuple((form.poll_options.data or "").splitlines()),
        int(minutes) if minutes.isdecimal() else 0,
    )  # fmt: skip
