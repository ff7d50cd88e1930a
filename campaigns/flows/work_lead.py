"""Sales works its leads: another state, a note, one lead or many at once."""

from collections.abc import Collection

from campaigns.capturing import leads
from campaigns.kernel.errors import problem
from campaigns.people import audits
from campaigns.world import World

MOST = 200
"""Leads at once: a page of them."""


def work_leads(
    world: World, lead_ids: Collection[str], state: str | None, *, who: str, user_id: str | None, note: str = ""
) -> int:
    """All of these leads are in this state now (None: in their own), each with its line of history; how many changed.

    Raises missing (`lead_missing`), invalid (`lead_state_unknown`, `too_long`, `control_characters`, `leads_none`,
    `out_of_range`); then none is changed.
    """
    if not lead_ids:
        raise problem("invalid", "leads_none", "lead")
    if len(lead_ids) > MOST:
        raise problem("invalid", "out_of_range", "lead", least=1, most=MOST)
    now = world.clock.now()
    with world.db.write() as session:
        # in the order of their ids: two who change the same leads at once never wait for each other in a ring
        found = [leads.find(session, lead_id, to_change=True) for lead_id in sorted(set(lead_ids))]
        changed = [
            lead for lead in found
            if leads.change_state(
                session, lead, lead.state if state is None else state, now, who=who, user_id=user_id, note=note
            )
        ]  # fmt: skip
        if len(lead_ids) > 1 and changed:
            audits.note(session, "leads.changed", now, who=who, user_id=user_id, state=state, leads=len(changed))
        return len(changed)


def exclude_lead(world: World, lead_id: str, why: str | None, *, who: str, user_id: str | None) -> bool:
    """A lead and all that it did count no more (test, internal, spam), or again (None); whether anything changed.

    Raises missing (`lead_missing`), invalid (`not_a_choice`).
    """
    now = world.clock.now()
    with world.db.write() as session:
        lead = leads.find(session, lead_id, to_change=True)
        changed = leads.exclude(session, lead, why, now, who=who, user_id=user_id)  # type: ignore[arg-type]
        if changed:
            audits.note(session, "lead.excluded", now, who=who, user_id=user_id, lead_id=lead_id, why=why or "counts")
        return changed
