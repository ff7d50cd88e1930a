"""Letters of this stage: a tweet that failed, or of which nobody can tell whether it is out."""

from campaigns.kernel.letters import Letter
from campaigns.publishing import reasons
from campaigns.publishing.tweets import Tweet
from campaigns.settings import Settings
from campaigns.words import gettext

MOST = 80


def trouble(settings: Settings, locale: str, tweet: Tweet) -> Letter:
    """To whoever wrote it: what happened, and where to act."""
    _ = gettext(locale)
    text = tweet.text.replace("{link}", "").strip()
    short = text if len(text) <= MOST else f"{text[:MOST].rstrip()}…"
    why = _(reasons.words_of_problem(tweet.state, tweet.problem or "")) if tweet.problem else ""
    subject = _("A tweet needs you: is it on X?") if tweet.state == "unsure" else _("A tweet didn’t go out")
    told = [f"«\u00a0{short}\u00a0»" if locale == "fr" else f"“{short}”", *([f"{why}."] if why else [])]
    return Letter(
        subject=subject, paragraphs=told,
        foot=_("You wrote it, or look after Perchoir here."), button=_("See the tweet"),
        url=f"{settings.public_url}/tweets/{tweet.id}",
    )  # fmt: skip
