"""POST, GET /api/v1/tweets · GET, PATCH, DELETE /api/v1/tweets/{tweet_id} · POST …/publish, cancel, posted, resolve."""

from typing import Annotated, Any

from pydantic import Field

from campaigns.flows import edit_tweet, plan_tweet, resolve_unsure
from campaigns.flows.import_tweets import import_tweets
from campaigns.flows.mark_posted import mark_posted
from campaigns.flows.write_tweet import TweetDraft, write_tweet
from campaigns.kernel.errors import Faults, problem
from campaigns.ports import ReplySettings
from campaigns.publishing import addresses, batches, polls, reasons, slots, weights
from campaigns.publishing.threads import MOST_PARTS
from campaigns.publishing.tweets import Tweet, TweetState
from campaigns.tracking import linked
from campaigns.tracking.linked import LinkedTweet
from campaigns.tracking.rewriting import AS_IT_IS, Wanted
from campaigns.words import tell
from web.api import media
from web.api.blueprint import ALL, Call, blueprint
from web.api.bodies import Answer, Body, Change, Id, Items, ListQuery, Moment, chars, items
from web.api.further_links import FurtherBody, PlacedLink, placed
from web.api.media import MediaAnswer
from web.api.operations import operation
from web.request import locale, say

TEXT = "The tweet with {link} once where its short link goes; 280 by X's own count, the link being 23"
WHEN = "ISO 8601 with an offset, or without one as a time in `zone`, at most a year ahead; `queue`: the next free slot"
ZONE = "IANA time zone, such as Europe/Paris: needed when scheduled_at has no offset"
ADDRESS = (
    r"^(https?://)?(www\.|mobile\.|m\.)?(x|twitter)\.com/([A-Za-z0-9_]{1,20}|i/web)"
    r"/status(es)?/[1-9][0-9]{0,18}([/?#].*)?$"
)
MOST_CSV = 200_000
MOST = 20_000
"""Characters of a text that are read at all."""


Text = Annotated[str, chars(1, weights.MOST_WRITTEN, r"\S")]
Following = Annotated[str, chars(0, weights.MOST_WRITTEN)]
Address = Annotated[str, chars(1, addresses.MOST, ADDRESS)]


class PollBody(Body):
    options: list[Annotated[str, chars(1, polls.LENGTH, r"\S")]] = Field(min_length=2, max_length=4)
    minutes: int = Field(polls.USUAL_MINUTES, ge=polls.MINUTES[0], le=polls.MINUTES[1])


class TweetBody(Body):
    campaign_id: Id
    offer_id: Id
    text: Text = Field(description=TEXT, max_length=MOST)
    parts: list[Text] = Field(
        [], max_length=MOST_PARTS - 1, description="What follows it in a thread, with {link} or not"
    )
    linkless: bool = Field(False, description="It may do without {link}: a code in the words, a QR in the picture")
    account_id: Id | None = Field(None, description="Who posts it; left out: the usual account")
    reply_settings: ReplySettings = Field("everyone", description="Who may answer")
    poll: PollBody | None = None
    variant_of: Id | None = Field(None, description="Another wording of this tweet")
    further_links: list[FurtherBody] = Field(
        [], max_length=len(weights.PLACES) - 1, description="Where {link2}, {link3} and {link4} lead, in any part"
    )
    scheduled_at: str | None = Field(None, description=f"{WHEN}; a draft when left out", max_length=100)
    zone: str | None = Field(None, description=ZONE, max_length=100)

    def check(self, call: Call) -> None:
        linkless = self.linkless or any(weights.LINK in part for part in self.parts)
        _check(self.text, self.scheduled_at, self.zone, call, linkless=linkless)
        for each in self.further_links:
            each.check(call)


class TweetChange(Change):
    """What is left out stays; `scheduled_at` null takes the plan back."""

    text: Text = Field("", description=TEXT, max_length=MOST)
    parts: list[Following] = Field(
        [], max_length=MOST_PARTS - 1,
        description="What follows it in its thread: an empty one goes, one more is made, those that aren't named stay",
    )  # fmt: skip
    account_id: Id | None = Field(None, description="Null: the usual account")
    reply_settings: ReplySettings = Field("everyone", description="Who may answer, of a whole thread")
    linkless: bool = Field(False, description="It may do without {link}")
    poll: PollBody | None = Field(None, description="Null: none")
    scheduled_at: str | None = Field(None, description=WHEN, max_length=100)
    zone: str | None = Field(None, description=ZONE, max_length=100)

    def check(self, call: Call) -> None:
        text = self.text if "text" in self.model_fields_set else None
        _check(text, self.scheduled_at, self.zone, call, linkless=True)  # whether it may, its tweet knows


class PostedBody(Body):
    url: Address = Field(
        description="The tweet's address on X, as a browser or the app copies it", max_length=addresses.MOST
    )

    def check(self, call: Call) -> None:
        addresses.x_id_of(self.url)


class ResolvedBody(Body):
    there: bool = Field(description="Whether the tweet is on X; when it isn't, it goes out now")
    url: Address | None = Field(None, description="Its address, when it is there", max_length=addresses.MOST)


class ImportBody(Body):
    csv: str = Field(max_length=MOST_CSV, description=f"Lines with the columns {', '.join(batches.COLUMNS)}")
    zone: str = Field("UTC", max_length=100, description="Of the lines that name none")
    dry_run: bool = Field(True, description="Only tell what would be made")


class ImportedLine(Answer):
    line: int
    text: str
    weight: int
    price_micros: int
    scheduled_at: Moment | None


class WrongLine(Answer):
    line: int
    column: str | None
    code: str
    message: str


class ImportAnswer(Answer):
    made: bool = Field(description="All of them, or none")
    lines: list[ImportedLine]
    wrong: list[WrongLine]


class TweetQuery(ListQuery):
    campaign_id: Id | None = None
    state: TweetState | None = None


class TweetLink(Answer):
    code: str
    url: str


class TweetNote(Answer):
    code: str
    message: str = Field(description="In the language asked for")
    detail: str | None = Field(description="What X said, when it said something")


class TweetAnswer(Answer):
    id: str
    campaign_id: str
    offer_id: str
    state: TweetState
    text: str = Field(description="As written, with {link}")
    posted_text: str | None = Field(description="As it went to X")
    weight: int = Field(description="What X counts of 280")
    scheduled_at: Moment | None
    zone: str | None
    local_time: str | None = Field(description="As typed, in `zone`")
    link: TweetLink
    links: list[PlacedLink] = Field(description="Its own first, then the further ones")
    x_id: str | None
    x_url: str | None
    sent_at: Moment | None
    by_hand: bool = Field(description="Posted by a person, its address pasted back")
    rehearsed: bool = Field(description="On the rehearsal's wall, not on X; or planned for it")
    problem: TweetNote | None = Field(description="Why it failed, waits, is looked for, or is a person’s to decide")
    attempts: int = Field(description="Requests to X since it was planned")
    account_id: str | None = Field(description="Who posts it; null: the usual account")
    thread_id: str | None = Field(description="The id of the thread's first tweet; null: it stands alone")
    part: int = Field(description="Its place in the thread")
    linkless: bool = Field(description="It may do without {link}")
    reply_settings: str
    poll: dict[str, Any] | None = Field(description="options and minutes")
    price_micros: int = Field(description="What X asks for it, in millionths of a dollar")
    variant_of: str | None = Field(description="The first of its wordings; null: it stands alone, or is that one")
    series_id: str | None = Field(description="The tweet that it repeats, in words of its own")
    media: list[MediaAnswer] = Field(description="Its pictures, or its film")
    warnings: list[TweetNote] = Field(description="What isn't refused, but may not be meant")
    created_at: Moment
    updated_at: Moment


class Tweets(Items[TweetAnswer]):
    """A page of tweets, newest first."""


def _check(text: str | None, scheduled_at: str | None, zone: str | None, call: Call, *, linkless: bool) -> None:
    faults = Faults()
    if text is not None:
        with faults.gather():
            weights.check(text, linkless=linkless, places=weights.PLACES)
    if scheduled_at:
        with faults.gather():
            slots.asked(scheduled_at, zone, call.now)
    faults.check()


def _wanted(body: TweetChange) -> Wanted:
    named = body.model_fields_set
    poll = (tuple(body.poll.options) if body.poll else ()) if "poll" in named else None
    return Wanted(
        text=body.text if "text" in named else None,
        parts=tuple(body.parts) if "parts" in named else None,
        account_id=(body.account_id or "") if "account_id" in named else None,
        reply_settings=body.reply_settings if "reply_settings" in named else None,
        linkless=body.linkless if "linkless" in named else None,
        poll_options=poll, poll_minutes=body.poll.minutes if body.poll else polls.USUAL_MINUTES,
    )  # fmt: skip


def _problem(tweet: Tweet) -> TweetNote | None:
    if not tweet.problem:
        return None
    message = say(reasons.words_of_problem(tweet.state, tweet.problem))
    return TweetNote(code=tweet.problem, message=message, detail=tweet.detail)


def _repeated() -> TweetNote:
    return TweetNote(code="tweet_duplicate", message=say(reasons.words("tweet_duplicate")), detail=None)


def told(found: LinkedTweet) -> TweetAnswer:
    """As it is answered."""
    tweet: Tweet = found.tweet
    return TweetAnswer(
        id=tweet.id,
        campaign_id=tweet.campaign_id,
        offer_id=tweet.offer_id,
        state=tweet.state,
        text=tweet.text,
        posted_text=tweet.posted_text,
        weight=found.weight,
        scheduled_at=tweet.scheduled_at,
        zone=tweet.zone,
        local_time=tweet.local_time,
        link=TweetLink(code=found.link.code, url=found.url),
        links=[placed(link, found.urls[place]) for place, link in found.links.items()],
        x_id=tweet.x_id,
        x_url=tweet.x_url,
        sent_at=tweet.sent_at,
        by_hand=tweet.by_hand,
        rehearsed=tweet.rehearsed,
        problem=_problem(tweet),
        attempts=tweet.attempts,
        account_id=tweet.account_id, thread_id=tweet.thread_id, part=tweet.part, linkless=tweet.linkless,
        reply_settings=tweet.reply_settings, poll=tweet.poll, price_micros=found.price_micros,
        variant_of=tweet.variant_of, series_id=tweet.series_id,
        media=[media.told(each) for each in found.shows],
        warnings=[_repeated()] if found.repeats else [],
        created_at=tweet.created_at,
        updated_at=tweet.updated_at,
    )  # fmt: skip


@blueprint.post("/v1/tweets")
@operation("Tweets", gives=TweetAnswer, status=201, body=TweetBody)
def create_tweet(call: Call, body: TweetBody) -> TweetAnswer:
    """Write a tweet; its short link is made with it"""
    poll = body.poll
    draft = TweetDraft(
        body.campaign_id, body.offer_id, body.text, body.scheduled_at, body.zone, body.account_id, body.linkless,
        tuple(body.parts), body.reply_settings, tuple(poll.options) if poll else (),
        poll.minutes if poll else polls.USUAL_MINUTES, body.variant_of,
        tuple(each.told() for each in body.further_links),
    )  # fmt: skip
    return told(write_tweet(call.world, draft, who=call.token.name, approves=is_approver(call)))


@blueprint.post("/v1/campaigns/<campaign_id>/tweets/import")
@operation("Tweets", gives=ImportAnswer, body=ImportBody)
def import_campaign_tweets(call: Call, campaign_id: str, body: ImportBody) -> ImportAnswer:
    """Make many tweets from lines of CSV, or see what would be made and what is wrong with each line"""
    batch = import_tweets(
        call.world, campaign_id, body.csv, body.zone, who=call.token.name, approves=is_approver(call),
        dry_run=body.dry_run,
    )  # fmt: skip
    lines = [
        ImportedLine(line=each.number, text=each.text, weight=each.weight, price_micros=each.micros,
                     scheduled_at=each.plan.at if each.plan else None) for each in batch.lines
    ]  # fmt: skip
    wrong = [
        WrongLine(line=each.line, column=each.fault.field, code=each.fault.code, message=tell(each.fault, locale()))
        for each in batch.wrong
    ]
    return ImportAnswer(made=batch.is_made, lines=lines, wrong=wrong)


@blueprint.get("/v1/tweets")
@operation("Tweets", gives=Tweets, query=TweetQuery, roles=ALL)
def list_tweets(call: Call, query: TweetQuery) -> dict[str, Any]:
    """List tweets, newest first"""
    with call.world.db.read() as session:
        found = linked.list_page(
            session, call.world.settings, call.now, campaign_id=query.campaign_id, state=query.state,
            before=query.cursor, limit=query.limit,
        )  # fmt: skip
    return items(found, told)


@blueprint.get("/v1/tweets/<tweet_id>")
@operation("Tweets", gives=TweetAnswer, roles=ALL)
def show_tweet(call: Call, tweet_id: str) -> TweetAnswer:
    """Show a tweet"""
    return _shown(call, tweet_id)


@blueprint.patch("/v1/tweets/<tweet_id>")
@operation("Tweets", gives=TweetAnswer, body=TweetChange)
def change_tweet(call: Call, tweet_id: str, body: TweetChange) -> TweetAnswer:
    """Change a tweet's text or plan before it is sent; what is left out stays"""
    changes, who, approves, wanted = body.changes(), call.token.name, is_approver(call), _wanted(body)
    if body.scheduled_at is not None:
        return told(
            plan_tweet.plan_tweet(
                call.world, tweet_id, body.scheduled_at, body.zone, who=who, wanted=wanted, approves=approves
            )
        )
    if body.zone is not None:
        raise problem("invalid", "required", "scheduled_at")
    if "scheduled_at" in changes:
        return told(plan_tweet.cancel(call.world, tweet_id, who=who, wanted=wanted, is_draft_fine=True))
    if wanted != AS_IT_IS:
        return told(edit_tweet.edit_tweet(call.world, tweet_id, wanted, who=who, approves=approves))
    return _shown(call, tweet_id)


@blueprint.delete("/v1/tweets/<tweet_id>")
@operation("Tweets", status=204)
def delete_tweet(call: Call, tweet_id: str) -> None:
    """Delete a tweet that X can't have, with its link; one whose link was opened stays"""
    edit_tweet.delete(call.world, tweet_id)


@blueprint.post("/v1/tweets/<tweet_id>/publish")
@operation("Tweets", gives=TweetAnswer, status=202)
def publish_tweet(call: Call, tweet_id: str) -> TweetAnswer:
    """Publish a tweet now: the worker posts it within a second or two"""
    return told(plan_tweet.publish(call.world, tweet_id, who=call.token.name, approves=is_approver(call)))


@blueprint.post("/v1/tweets/<tweet_id>/cancel")
@operation("Tweets", gives=TweetAnswer)
def cancel_tweet(call: Call, tweet_id: str) -> TweetAnswer:
    """Take a scheduled tweet back: a draft again"""
    return told(plan_tweet.cancel(call.world, tweet_id, who=call.token.name))


@blueprint.post("/v1/tweets/<tweet_id>/posted")
@operation("Tweets", gives=TweetAnswer, body=PostedBody)
def mark_tweet_posted(call: Call, tweet_id: str, body: PostedBody) -> TweetAnswer:
    """Say that a person posted the tweet, and where it is"""
    return told(mark_posted(call.world, tweet_id, body.url, who=call.token.name))


@blueprint.post("/v1/tweets/<tweet_id>/resolve")
@operation("Tweets", gives=TweetAnswer, body=ResolvedBody)
def resolve_tweet(call: Call, tweet_id: str, body: ResolvedBody) -> TweetAnswer:
    """Say whether an unsure tweet is on X"""
    if not body.there:
        return told(resolve_unsure.not_there(call.world, tweet_id, who=call.token.name))
    if body.url is None:
        raise problem("invalid", "required", "url")
    return told(resolve_unsure.there(call.world, tweet_id, body.url, who=call.token.name))


def is_approver(call: Call) -> bool:
    """Whether this token may let a tweet out without anybody else's word."""
    return call.token.role == "admin"


def _shown(call: Call, tweet_id: str) -> TweetAnswer:
    with call.world.db.read() as session:
        return told(linked.find(session, call.world.settings, tweet_id, call.now))
