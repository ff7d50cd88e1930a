"""A question's lens gets what it needs before a report is asked: the day's fit, the stored rates."""

from collections.abc import Collection
from dataclasses import replace

from campaigns.flows.fit_model import fit_model
from campaigns.measuring import exchange_rates
from campaigns.measuring.questions import Asked
from campaigns.planning import campaigns
from campaigns.world import World


def ready_lens(world: World, campaign_id: str | None, asked: Asked) -> Asked:
    """What was asked, ready to be answered. `campaign_id`: None, all campaigns.

    Raises invalid (`campaign_needed`, `currency_without_rates`) and conflict (`paths_too_few`).
    """
    asked = fit_model(world, campaign_id, asked)
    if not asked.currency:
        return asked
    with world.db.read() as session:
        whose: Collection[str | None] = [campaign_id, None] if campaign_id else [*campaigns.ids(session), None]
        exchange = exchange_rates.exchange(session, asked.currency, whose)
    return replace(asked, lens=replace(asked.lens, exchange=exchange))
