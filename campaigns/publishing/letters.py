"""Letters of this stage: a tweet that failed or may be out, one that somebody is asked about, and the answer."""

from campaigns.kernel.letters import Letter
from campaigns.publishing import reasons, weights
from campaigns.publishing.proposals import Proposal
from campaigns.publishing.tweets import Tweet
from campaigns.settings import Settings
from campaigns.words import gettext

MOST = 80


def trouble(settings: Settings, locale: str, tweet: Tweet) -> Letter:
    """To whoever wrote it: what happened, and where to act."""
    _ = gettext(locale)
    why = _(reasons.words_of_problem(tweet.state, tweet.problem or "")) if tweet.problem else ""
    subject = _("A tweet needs you: is it on X?") if tweet.state == "unsure" else _("A tweet didn’t go out")
    told = [_quoted(tweet, locale), *([f"{why}."] if why else [])]
    return Letter(
        subject=subject, paragraphs=told,
        foot=_("You wrote it, or look after Perchoir here."), button=_("See the tweet"),
        url=f"{settings.public_url}/tweets/{tweet.id}",
    )  # fmt: skip


def proposal(locale: str, text: str, tweet: Tweet, campaign: str, made: Proposal, url: str) -> Letter:
    """To whoever is asked: the words as X will have them, when they would go out, and where to answer."""
    _ = gettext(locale)
    told = [_("%(who)s asks you to look at a tweet before it goes out (%(campaign)s).", who=made.made_by,
              campaign=campaign), text]  # fmt: skip
    if tweet.local_time and tweet.zone:
        told.append(_("When: %(time)s (%(zone)s)", time=tweet.local_time.replace("T", " "), zone=tweet.zone))
    if made.note:
        told.append(made.note)
    return Letter(
        subject=_("A tweet waits for your word"), paragraphs=told, button=_("Accept, or ask for changes"), url=url,
        foot=_("You need no account. The link is yours alone, for two weeks: don’t pass this mail on."),
    )  # fmt: skip


def answered(settings: Settings, locale: str, tweet: Tweet, made: Proposal) -> Letter:
    """To whoever asked."""
    _ = gettext(locale)
    if made.answer == "changes":
        subject = _("Changes are asked for")
    else:
        subject = _("Accepted, and planned") if tweet.state == "scheduled" else _("Accepted: say when it goes out")
    told = [_quoted(tweet, locale), _("Answered by %(who)s.", who=made.answered_by or "")]
    if tweet.problem:
        told.append(f"{_(reasons.words(tweet.problem))}.")
    return Letter(
        subject=subject, paragraphs=[*told, *([made.answer_note] if made.answer_note else [])],
        foot=_("You wrote it, or look after Perchoir here."), button=_("See the tweet"),
        url=f"{settings.public_url}/tweets/{tweet.id}",
    )  # fmt: skip


def _quoted(tweet: Tweet, locale: str) -> str:
    text = weights.without_links(tweet.text)
    short = text if len(text) <= MOST else f"{text[:MOST].rstrip()}…"
    return f"«\u00a0{short}\u00a0»" if locale == "fr" else f"“{short}”"
