"""Money: integer minor units and a currency. Currencies are never added to each other."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from babel.core import get_global
from babel.numbers import get_currency_precision, get_territory_currencies, list_currencies

from campaigns.kernel.errors import problem

MAX_AMOUNT = 10**12
"""A sum beyond ten thousand million euros is a typing error."""


@dataclass(frozen=True, order=True)
class Money:
    """An amount in minor units (cents; yen have none) with its ISO 4217 currency in capitals."""

    amount: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} are never added")
        return Money(self.amount + other.amount, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)


@lru_cache(1)
def currencies() -> frozenset[str]:
    """The ISO codes known."""
    return frozenset(list_currencies())


@lru_cache(1)
def living() -> frozenset[str]:
    """The codes of what is legal tender somewhere today: what is offered; older ones stay known."""
    territories = get_global("territory_currencies")
    return frozenset(code for territory in territories for code in get_territory_currencies(territory))


def decimals(currency: str) -> int:
    """How many digits the minor unit has.

    >>> decimals("EUR"), decimals("JPY"), decimals("BHD")
    (2, 0, 3)
    """
    return get_currency_precision(currency)


def known_currency(value: str, field: str = "currency") -> str:
    """The currency in capitals; raises invalid (`currency_unknown`)."""
    currency = value.strip().upper()
    if currency not in currencies():
        raise problem("invalid", "currency_unknown", field, currency=value[:12])
    return currency


def parse(text: str, currency: str, field: str = "amount") -> Money:
    """What a person typed, as money: spaces group, a comma or a point is the decimal mark.

    Raises invalid (`amount_unreadable`, `amount_too_large`).

    >>> parse("1 234,50", "EUR")
    Money(amount=123450, currency='EUR')
    >>> parse("1,234.5", "EUR").amount
    123450
    """
    plain = "".join(text.split()).replace("\u202f", "").replace("’", "").replace("'", "")
    if "," in plain and "." in plain:
        plain = plain.replace("," if plain.rfind(".") > plain.rfind(",") else ".", "")
    try:
        value = Decimal(plain.replace(",", "."))
        minor = value.scaleb(decimals(currency))
        exact = minor.to_integral_value()
    except InvalidOperation:
        raise problem("invalid", "amount_unreadable", field) from None
    if not value.is_finite() or minor != exact:
        raise problem("invalid", "amount_unreadable", field)
    if abs(exact) > MAX_AMOUNT:
        raise problem("invalid", "amount_too_large", field)
    return Money(int(exact), currency)


def total(sums: Iterable[Money]) -> list[Money]:
    """One sum a currency, by currency; nothing is no money at all.

    >>> total([Money(1, "EUR"), Money(2, "USD"), Money(3, "EUR")])
    [Money(amount=4, currency='EUR'), Money(amount=2, currency='USD')]
    """
    amounts: dict[str, int] = {}
    for money in sums:
        amounts[money.currency] = amounts.get(money.currency, 0) + money.amount
    return [Money(amount, currency) for currency, amount in sorted(amounts.items())]
