"""The data-driven model is fitted when somebody asks for it, once a day at most for a campaign and a lens."""

from dataclasses import replace

from campaigns.crediting.markov import LEAST_CONVERSIONS, LEAST_PATHS, TooFew
from campaigns.kernel.codes import is_id
from campaigns.kernel.errors import Fault, Problem
from campaigns.measuring import fits
from campaigns.measuring.questions import Asked
from campaigns.world import World


def fit_model(world: World, campaign_id: str | None, asked: Asked) -> Asked:
    """What was asked, with a fit if its model needs one.

    Raises invalid (`campaign_needed`) and conflict (`paths_too_few`).
    Nothing is open while it computes: seconds, for hundreds of tweets.
    """
    if asked.lens.model != "data_driven":
        return asked
    if campaign_id is None or not is_id(campaign_id):
        raise Problem("invalid", [Fault("model", "campaign_needed")])
    lens, now = asked.lens, world.clock.now()
    with world.db.read() as session:
        if known := fits.get(session, campaign_id, lens, asked.rehearsal, now):
            return replace(asked, lens=replace(lens, fit=known))
        there = fits.count(session, campaign_id, asked.rehearsal)
        if there.conversions < LEAST_CONVERSIONS or there.paths < LEAST_PATHS:
            raise _refused(there)
        counts = fits.gather(session, campaign_id, lens, asked.rehearsal, now)
    fit = fits.fitted(counts, now)
    if isinstance(fit, TooFew):
        raise _refused(fit)
    with world.db.write() as session:
        fits.keep(session, campaign_id, lens, asked.rehearsal, fit)
    return replace(asked, lens=replace(lens, fit=fit))


def _refused(few: TooFew) -> Problem:
    values = {
        "leads": few.conversions, "least_leads": LEAST_CONVERSIONS, "paths": few.paths, "least_paths": LEAST_PATHS
    }  # fmt: skip
    return Problem("conflict", [Fault("model", "paths_too_few", values)])
