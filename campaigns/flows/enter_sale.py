"""Sales wins a lead and says what it brought: a sale, entered; attributed like any other, correctable with history."""

from campaigns.capturing import leads
from campaigns.kernel.errors import problem
from campaigns.kernel.money import MAX_AMOUNT, Money, known_currency
from campaigns.selling import entries
from campaigns.selling.sales import Sale
from campaigns.world import World


def enter_sale(
    world: World, lead_id: str, amount: int, currency: str, who: str, user_id: str | None, note: str = ""
) -> Sale:
    """The lead is won and this is its sale: made once, corrected when the amount is another.

    | argument | meaning |
    |---|---|
    | amount | in minor units of the currency |
    | who, user_id | the member, or the machine's token without an id |

    Raises missing (`lead_missing`), invalid (`amount_not_positive`, `amount_too_large`, `currency_unknown`).
    """
    money = Money(amount, known_currency(currency))
    if money.amount <= 0:
        raise problem("invalid", "amount_not_positive", "amount")
    if money.amount > MAX_AMOUNT:
        raise problem("invalid", "amount_too_large", "amount")
    now = world.clock.now()
    with world.db.write() as session:
        lead = leads.find(session, lead_id, to_change=True)
        leads.change_state(session, lead, "won", now, who=who, user_id=user_id, note=note)
        return entries.enter(session, lead, money, now, who=who, user_id=user_id)


def withdraw_sale(
    world: World, lead_id: str, who: str, user_id: str | None, state: str = "qualified", note: str = ""
) -> Sale:
    """It wasn't one: the sale counts no more, its history stays, and the lead goes on in another state.

    Raises missing (`lead_missing`, `sale_missing`), invalid (`lead_state_unknown`).
    """
    now = world.clock.now()
    with world.db.write() as session:
        lead = leads.find(session, lead_id, to_change=True)
        sale = entries.withdraw(session, lead, now, who=who, user_id=user_id)
        leads.change_state(session, lead, state, now, who=who, user_id=user_id, note=note)
        return sale
