"""Sales works its leads: another state, a note, whether they count; one lead or many at once."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from campaigns.capturing import leads
from campaigns.capturing.leads import Lead
from campaigns.kernel.errors import problem
from campaigns.people import audits
from campaigns.world import World

MOST = 500
"""Leads at once: ten pages of them."""


def work_leads(
    world: World, lead_ids: Collection[str], state: str | None, *, who: str, user_id: str | None, note: str = ""
) -> int:
    """All of these leads are in this state now (None: in their own), each with its line of history; how many changed.

    Raises missing (`lead_missing`), invalid (`lead_state_unknown`, `too_long`, `control_characters`, `leads_none`,
    `out_of_range`); then none is changed.
    """
    now = world.clock.now()
    with world.db.write() as session:
        changed = [
            lead for lead in _held(session, lead_ids)
            if leads.change_state(
                session, lead, lead.state if state is None else state, now, who=who, user_id=user_id, note=note
            )
        ]  # fmt: skip
        if len(lead_ids) > 1 and changed:
            audits.note(session, "leads.changed", now, who=who, user_id=user_id, state=state, leads=len(changed))
        return len(changed)


def exclude_leads(world: World, lead_ids: Collection[str], why: str | None, *, who: str, user_id: str | None) -> int:
    """These leads and all that they did count no more (test, internal, spam), or again (None); how many changed.

    Raises missing (`lead_missing`), invalid (`not_a_choice`, `leads_none`, `out_of_range`); then none is changed.
    """
    now = world.clock.now()
    with world.db.write() as session:
        changed = [
            lead for lead in _held(session, lead_ids)
            if leads.exclude(session, lead, why, now, who=who, user_id=user_id)  # type: ignore[arg-type]
        ]  # fmt: skip
        told = why or "counts"
        if len(lead_ids) > 1 and changed:
            audits.note(session, "leads.excluded", now, who=who, user_id=user_id, why=told, leads=len(changed))
        elif changed:
            audits.note(session, "lead.excluded", now, who=who, user_id=user_id, why=told, lead_id=changed[0].id)
        return len(changed)


def exclude_lead(world: World, lead_id: str, why: str | None, *, who: str, user_id: str | None) -> bool:
    """The same of one; whether anything changed. Raises missing (`lead_missing`), invalid (`not_a_choice`)."""
    return exclude_leads(world, [lead_id], why, who=who, user_id=user_id) == 1


def _held(session: Session, lead_ids: Collection[str]) -> list[Lead]:
    """The leads, nobody else's to change until this transaction ends."""
    if not lead_ids:
        raise problem("invalid", "leads_none", "lead")
    if len(lead_ids) > MOST:
        raise problem("invalid", "out_of_range", "lead", least=1, most=MOST)
    # in the order of their ids: two who change the same leads at once never wait for each other in a ring
    return [leads.find(session, lead_id, to_change=True) for lead_id in sorted(set(lead_ids))]
