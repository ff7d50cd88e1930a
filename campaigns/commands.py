"""What the command line does with tweets, threads, accounts and the calendar: the same flows as the pages."""

import argparse
import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, get_args

from campaigns.flows import connect_account, edit_tweet, plan_tweet, resolve_unsure, take_down
from campaigns.flows.import_rates import import_rates
from campaigns.flows.import_tweets import import_tweets
from campaigns.flows.write_tweet import TweetDraft, write_tweet
from campaigns.kernel import sheets
from campaigns.kernel.codes import is_id
from campaigns.ports import ReplySettings
from campaigns.publishing import accounts, agendas, postings, tweets
from campaigns.publishing.tweets import STATES
from campaigns.tracking import linked
from campaigns.tracking.linked import Further, LinkedTweet
from campaigns.words import tell
from campaigns.world import World

WHO = "command line"
Command = Callable[[str, Callable[[World, argparse.Namespace], int], Any], argparse.ArgumentParser]


def list_tweets(world: World, args: argparse.Namespace) -> int:
    """List tweets, newest first."""
    with world.db.read() as session:
        found = linked.list_page(
            session, world.settings, world.clock.now(), campaign_id=args.campaign, state=args.state, limit=args.limit
        )
    return _told(found.items, as_json=args.json)


def show_tweet(world: World, args: argparse.Namespace) -> int:
    """Show a tweet, the parts of its thread, and what became of it."""
    with world.db.read() as session:
        tweet = tweets.find(session, args.tweet)
        whole = linked.linked(session, world.settings, tweets.parts(session, tweet), world.clock.now())
        history = tweets.history(session, tweet.id)
    _told(whole, as_json=args.json)
    if not args.json:
        for change in history:
            print(f"  {change.at:%Y-%m-%d %H:%M} {change.after:<10} {change.why:<16} {change.who}")
    return 0


def write(world: World, args: argparse.Namespace) -> int:
    """Write a tweet, or a thread with --part; with --at it is planned."""
    draft = TweetDraft(
        args.campaign, args.offer, args.text, args.at, args.zone, args.account, args.linkless, tuple(args.part),
        args.reply_settings, further=tuple(Further(each) if is_id(each) else Further(None, each) for each in args.link),
    )  # fmt: skip
    return _told([write_tweet(world, draft, who=WHO, approves=True)], as_json=args.json)


def schedule(world: World, args: argparse.Namespace) -> int:
    """Plan a tweet, or plan it for another moment."""
    return _told([plan_tweet.plan_tweet(world, args.tweet, args.at, args.zone, who=WHO, approves=True)])


def publish(world: World, args: argparse.Namespace) -> int:
    """Publish a tweet now: the worker posts it. Of a thread whose part was refused, this goes on with it."""
    return _told([plan_tweet.publish(world, args.tweet, who=WHO, approves=True)])


def cancel(world: World, args: argparse.Namespace) -> int:
    """Take a scheduled tweet back: a draft again."""
    return _told([plan_tweet.cancel(world, args.tweet, who=WHO)])


def delete(world: World, args: argparse.Namespace) -> int:
    """Delete a tweet that X can't have."""
    edit_tweet.delete(world, args.tweet)
    return 0


def take_tweet_down(world: World, args: argparse.Namespace) -> int:
    """Take a tweet down from X. Its link, and what it brought, stay."""
    return _told([take_down.take_down(world, args.tweet, who=WHO)])


def resolve(world: World, args: argparse.Namespace) -> int:
    """Say whether an unsure tweet is on X: --there with its address, or --not-there, and it goes out now."""
    if args.there:
        return _told([resolve_unsure.there(world, args.tweet, args.there, who=WHO)])
    return _told([resolve_unsure.not_there(world, args.tweet, who=WHO)])


def import_lines(world: World, args: argparse.Namespace) -> int:
    """Make many tweets from a CSV file; without --make it only tells what would be made and what is wrong."""
    text = sheets.text_of(args.file.read_bytes())
    zone = args.zone or world.settings.zone
    batch = import_tweets(world, args.campaign, text, zone, who=WHO, approves=True, dry_run=not args.make)
    for wrong in batch.wrong:
        print(f"line {wrong.line}: {wrong.fault.field or ''} {tell(wrong.fault, 'en')}", file=sys.stderr)
    for line in batch.lines if not batch.wrong else ():
        when = f"{line.plan.at:%Y-%m-%d %H:%M} UTC" if line.plan else "draft"
        print(f"{line.number:>4}  {when:<20} {line.weight:>3}  {line.text[:60]}")
    return 1 if batch.wrong else 0


def store_rates(world: World, args: argparse.Namespace) -> int:
    """Store exchange rates from a file of the European Central Bank (- is standard input)."""
    content = sys.stdin.buffer.read() if args.file == "-" else Path(args.file).read_bytes()
    told = import_rates(world, sheets.text_of(content), who=WHO)
    print(f"{told.rates} rates from {told.first} to {told.last}: {told.changed} are new or other.")
    return 0


def show_calendar(world: World, args: argparse.Namespace) -> int:
    """Show a week: what went out, what will, free slots and holidays."""
    zone = args.zone or world.settings.zone
    on = args.on or world.clock.now().date()
    with world.db.read() as session:
        days = agendas.days_of(session, agendas.week(on), zone, "en", world.clock.now(), args.campaign)
    for day in days:
        print(f"{day.on:%a %d %b}  {day.holiday}".rstrip())
        for tweet in day.tweets:
            print(f"  {agendas.clock_of(tweet, zone)} {tweet.state:<10} {_short(tweet.text)}")
        for free in day.free:
            print(f"  {free.local_time[11:16]} free")
    return 0


def list_accounts(world: World, args: argparse.Namespace) -> int:
    """List the accounts on X, with their health and what this month cost."""
    with world.db.read() as session:
        found = accounts.list_of(session)
        spending = postings.spending(session, world.settings, world.clock.now())
    rows = [
        {"id": each.id, "handle": each.handle, "kind": each.kind, "problem": each.problem,
         "worked_at": each.worked_at.isoformat() if each.worked_at else None}
        for each in found
    ]  # fmt: skip
    if args.json:
        print(json.dumps({"items": rows, "spent_micros": spending.spent}, ensure_ascii=False))
        return 0
    for row in rows:
        print(f"{row['id']}  @{row['handle']:<16} {row['kind']:<10} {row['problem'] or 'well'}")
    print(f"Spent this month: ${spending.spent / 1_000_000:.2f}")
    return 0


def connect(world: World, args: argparse.Namespace) -> int:
    """Connect an account by its tokens: two lines on standard input, the access token and its secret."""
    token, secret = (sys.stdin.readline().strip() for _ in range(2))
    zone = args.zone or world.settings.zone
    made = connect_account.connect_by_tokens(world, token, secret, zone, who=WHO, user_id=None)
    print(f"{made.id}  @{made.handle}")
    return 0


def disconnect(world: World, args: argparse.Namespace) -> int:
    """Disconnect an account: its keys are forgotten, its tweets stay."""
    connect_account.disconnect_account(world, args.account, who=WHO, user_id=None)
    return 0


def add_to(commands: Any, command: Command) -> None:
    """Their words, under tweet, account, rates and calendar."""
    tweet = commands.add_parser("tweet", help="tweets and threads").add_subparsers(required=True, metavar="ACTION")
    listed = _json(command("list", list_tweets, tweet))
    listed.add_argument("--campaign")
    listed.add_argument("--state", choices=STATES)
    listed.add_argument("--limit", type=int, default=20)
    _json(_of_tweet(command("show", show_tweet, tweet)))
    _add_write(_json(command("write", write, tweet)))
    _at(_of_tweet(command("schedule", schedule, tweet)), is_needed=True)
    for name, does in (("publish", publish), ("cancel", cancel), ("delete", delete), ("take-down", take_tweet_down)):
        _of_tweet(command(name, does, tweet))
    answer = _of_tweet(command("resolve", resolve, tweet)).add_mutually_exclusive_group(required=True)
    answer.add_argument("--there", metavar="URL")
    answer.add_argument("--not-there", action="store_true")
    lines = command("import", import_lines, tweet)
    lines.add_argument("file", type=Path)
    lines.add_argument("--campaign", required=True)
    lines.add_argument("--zone")
    lines.add_argument("--make", action="store_true", help="make them, all or none")
    account = commands.add_parser("account", help="accounts on X").add_subparsers(required=True, metavar="ACTION")
    _json(command("list", list_accounts, account))
    command("connect", connect, account).add_argument("--zone")
    command("disconnect", disconnect, account).add_argument("account")
    command("rates", store_rates, commands).add_argument("file", help="eurofxref-hist.csv, or - for standard input")
    week = command("calendar", show_calendar, commands)
    week.add_argument("--on", type=date.fromisoformat, metavar="YYYY-MM-DD")
    week.add_argument("--zone")
    week.add_argument("--campaign")


def _add_write(made: argparse.ArgumentParser) -> None:
    made.add_argument("text", help="with {link} where its short link goes")
    made.add_argument("--campaign", required=True)
    made.add_argument("--offer", required=True)
    made.add_argument("--part", action="append", default=[], help="what follows it in a thread; several times")
    made.add_argument(
        "--link", action="append", default=[], metavar="OFFER|URL", help="where {link2} leads, then {link3} and {link4}"
    )
    made.add_argument("--account")
    made.add_argument("--linkless", action="store_true", help="it may do without {link}")
    made.add_argument("--reply-settings", choices=get_args(ReplySettings), default="everyone")
    _at(made, is_needed=False)


def _at(made: argparse.ArgumentParser, *, is_needed: bool) -> None:
    made.add_argument("--at", required=is_needed, help="such as 2026-11-24T12:30; or queue: the next free slot")
    made.add_argument("--zone", help="needed when --at has no offset")


def _of_tweet(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
    made.add_argument("tweet", help="its id")
    return made


def _json(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
    made.add_argument("--json", action="store_true", help="for programs")
    return made


def _told(found: list[LinkedTweet], *, as_json: bool = False) -> int:
    rows = [
        {"id": each.tweet.id, "state": each.tweet.state, "text": each.tweet.text, "url": each.url,
         "scheduled_at": each.tweet.scheduled_at.isoformat() if each.tweet.scheduled_at else None,
         "x_url": each.tweet.x_url, "problem": each.tweet.problem, "part": each.tweet.part}
        for each in found
    ]  # fmt: skip
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return 0
    for row in rows:
        problem = f" ({row['problem']})" if row["problem"] else ""
        print(f"{row['id']}  {row['state']}{problem:<10} {row['url']}  {_short(str(row['text']))}")
    return 0


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= 70 else f"{plain[:69]}…"
