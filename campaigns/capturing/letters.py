"""Letters of this stage: the code or the paper to the prospect, the new lead to sales."""

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date

from campaigns.capturing.leads import Lead
from campaigns.kernel.letters import Letter
from campaigns.planning import pages
from campaigns.planning.offers import Offer
from campaigns.planning.pages import Page
from campaigns.settings import Settings
from campaigns.words import gettext


def _foot(settings: Settings) -> str:
    return " · ".join(part for part in (settings.organization, settings.organization_address) if part)


def coupon(settings: Settings, page: Page, offer: Offer, code: str, last_moment: datetime | None, zone: str) -> Letter:
    """The code, until when, where. Nothing that was typed into the form is said back: it may be somebody else's."""
    _ = gettext(page.locale)
    told = [_("Here is your code for “%(offer)s”. It works once.", offer=offer.title)]
    if last_moment:
        day = format_date(last_moment.astimezone(ZoneInfo(zone)), "d MMMM y", locale=page.locale)
        told.append(_("Use it until %(day)s.", day=day))
    return Letter(
        subject=_("Your code: %(offer)s", offer=offer.title), paragraphs=told, foot=_foot(settings), code=code,
        button=_("Back to the offer"), url=pages.url(settings, page),
    )  # fmt: skip


def paper(settings: Settings, page: Page, offer: Offer, url: str) -> Letter:
    """The link to the paper, and how long it works."""
    _ = gettext(page.locale)
    days = max(settings.download_token_s // 86400, 1)
    return Letter(
        subject=_("Your copy of “%(offer)s”", offer=offer.title),
        paragraphs=[
            _("Here is “%(offer)s”, as you asked.", offer=offer.title),
            _("The link is yours and works for %(days)s days.", days=days),
        ],
        foot=_foot(settings), button=_("Download the paper"), url=url,
    )  # fmt: skip


def new_lead(settings: Settings, locale: str, campaign: str, lead: Lead) -> Letter:
    """To sales: there is someone to answer. Who it is stands behind the sign-in, not in a mailbox."""
    _ = gettext(locale)
    return Letter(
        subject=_("A new lead in %(campaign)s", campaign=campaign),
        paragraphs=[_("Someone has filled the form of %(campaign)s.", campaign=campaign)],
        foot=_("You asked to be told of each lead; change that under your name in Perchoir."),
        button=_("See the lead"), url=f"{settings.public_url}/leads/{lead.id}",
    )  # fmt: skip


def daily(settings: Settings, locale: str, count: int) -> Letter:
    """To sales, once a day: how many came."""
    _ = gettext(locale)
    return Letter(
        subject=_("New leads since yesterday: %(count)s", count=count),
        paragraphs=[_("New leads since yesterday: %(count)s.", count=count)],
        foot=_("You asked to be told once a day; change that under your name in Perchoir."),
        button=_("See the leads"), url=f"{settings.public_url}/leads?state=new",
    )  # fmt: skip
