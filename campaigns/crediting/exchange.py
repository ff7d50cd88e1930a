"""Exchange: amounts of several currencies told in one, each at the rate of its own day."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

EURO, MILLION = "EUR", 1_000_000
GOOD_FOR_DAYS = 7
"""A rate serves on weekends and holidays behind it, and no longer: then none is known."""


@dataclass(frozen=True)
class Exchange:
    """Rates by the day.

    | field | meaning |
    |---|---|
    | currency | in which amounts are told |
    | id | of these rates: what was computed with others isn't to be taken for it |
    | rates | by currency: days since 1970, in order, and on each how many millionths of a unit were one euro |
    | decimals | by currency, the told one among them: the digits of its minor unit |
    """

    currency: str
    id: str
    rates: Mapping[str, tuple[Sequence[int], Sequence[int]]] = field(compare=False, repr=False)
    decimals: Mapping[str, int] = field(compare=False, repr=False)

    def told(self, amount: int, currency: str, day: int) -> int | None:
        """Minor units of one currency in those of the told one, halves away from zero; None: no rate of that day.

        >>> dollars = Exchange("USD", "", {"USD": ([20_000], [1_100_000])}, {"EUR": 2, "USD": 2})
        >>> dollars.told(-150, "EUR", 20_003), dollars.told(100, "EUR", 20_008), dollars.told(5, "USD", 0)
        (-165, None, 5)
        """
        ratio = self.ratio(currency, day)
        return exchanged(amount, *ratio) if ratio else None

    def ratio(self, currency: str, day: int) -> tuple[int, int] | None:
        """By what amounts of that day are multiplied, then divided; None: no rate of that day."""
        if currency == self.currency:
            return 1, 1
        theirs, ours = self._rate(currency, day), self._rate(self.currency, day)
        if theirs is None or ours is None:
            return None
        return ours * 10 ** self.decimals[self.currency], theirs * 10 ** self.decimals[currency]

    def _rate(self, currency: str, day: int) -> int | None:
        if currency == EURO:
            return MILLION
        days, rates = self.rates.get(currency, ((), ()))
        place = bisect_right(days, day) - 1
        return rates[place] if place >= 0 and day - days[place] <= GOOD_FOR_DAYS else None


def exchanged(amount: int, above: int, below: int) -> int:
    """An amount times a ratio, halves away from zero."""
    whole = (2 * abs(amount) * above + below) // (2 * below)
    return whole if amount >= 0 else -whole
