"""A question's lens gets what it needs before a report is asked: the data-driven model's fit, the stored rates.

The model is fitted when somebody asks for it, once a day at most for a campaign and a lens.
"""

from collections.abc import Collection
from dataclasses import replace

from campaigns.crediting.exchange import Exchange
from campaigns.crediting.markov import LEAST_CONVERSIONS, LEAST_PATHS, TooFew
from campaigns.crediting.models import Fit
from campaigns.kernel.codes import is_id
from campaigns.kernel.errors import Fault, Problem
from campaigns.measuring import exchange_rates, fits
from campaigns.measuring.questions import Asked
from campaigns.planning import campaigns
from campaigns.world import World


def ready_lens(world: World, campaign_id: str | None, asked: Asked) -> Asked:
    """What was asked, ready to be answered. `campaign_id`: None, all campaigns.

    Raises invalid (`campaign_needed`, `currency_without_rates`) and conflict (`paths_too_few`).
    Nothing is open while it computes a fit: seconds, for hundreds of tweets.
    """
    lens = asked.lens
    if lens.model == "data_driven":
        lens = replace(lens, fit=_fit(world, campaign_id, asked))
    if asked.currency:
        lens = replace(lens, exchange=_exchange(world, campaign_id, asked.currency))
    return replace(asked, lens=lens)


def _fit(world: World, campaign_id: str | None, asked: Asked) -> Fit:
    if campaign_id is None or not is_id(campaign_id):
        raise Problem("invalid", [Fault("model", "campaign_needed")])
    lens, now = asked.lens, world.clock.now()
    with world.db.read() as session:
        if known := fits.get(session, campaign_id, lens, asked.rehearsal, now):
            return known
        there = fits.count(session, campaign_id, asked.rehearsal)
        if there.conversions < LEAST_CONVERSIONS or there.paths < LEAST_PATHS:
            raise _refused(there)
        counts = fits.gather(session, campaign_id, lens, asked.rehearsal, now)
    fit = fits.fitted(counts, now)
    if isinstance(fit, TooFew):
        raise _refused(fit)
    with world.db.write() as session:
        fits.keep(session, campaign_id, lens, asked.rehearsal, fit)
    return fit


def _refused(few: TooFew) -> Problem:
    values = {
        "leads": few.conversions, "least_leads": LEAST_CONVERSIONS, "paths": few.paths, "least_paths": LEAST_PATHS
    }  # fmt: skip
    return Problem("conflict", [Fault("model", "paths_too_few", values)])


def _exchange(world: World, campaign_id: str | None, currency: str) -> Exchange:
    with world.db.read() as session:
        one = campaign_id and is_id(campaign_id)  # what an address names may be anything
        whose: Collection[str | None] = [campaign_id, None] if one else [*campaigns.ids(session), None]
        return exchange_rates.exchange(session, currency, whose)
