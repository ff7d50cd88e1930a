"""Knocks: tries at the staff's door, counted by account and by address in the main database.

An attacker who is balanced over nodes stays one attacker; a window is short, so that the owner who is kept out by
somebody else's tries isn't kept out for long, and other accounts not at all.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from campaigns.kernel import limits
from campaigns.kernel.codes import digest
from campaigns.kernel.errors import Problem, problem
from campaigns.people import users

Door = Literal["sign-in", "mail"]
WINDOW_S: dict[Door, int] = {"sign-in": 300, "mail": 3600}
MAILS_PER_HOUR = 3
ADDRESS_TIMES = 5
"""How many accounts' worth of tries one address has: an office behind one router."""


@dataclass(frozen=True)
class Knock:
    """Who stands at the door, as far as anybody can tell.

    | field | meaning |
    |---|---|
    | email | as it was typed |
    | address | of the network; counted by its hash, never kept |
    """

    email: str
    address: str

    @property
    def account(self) -> str:
        """The account's part of a key: one for each spelling that leads to the same member."""
        return digest(users.normal(self.email[: 4 * users.MOST_EMAIL]))


@dataclass(frozen=True)
class Count:
    """What a try came to. `first_over`: the one that reached the limit, to be written down once."""

    account_over: bool
    address_over: bool
    first_over: bool
    wait_s: int

    def refusal(self) -> Problem:
        """Too often."""
        return problem("later", "too_often", wait_s=self.wait_s)


def count(session: Session, door: Door, knock: Knock, most: int, now: datetime) -> Count:
    """Count a try at a door; `most` of one account in its window, five times as many of one address. 4 queries."""
    window_s = WINDOW_S[door]
    account = limits.count_try(session, f"{door}:account:{knock.account}", window_s, now)
    address = limits.count_try(session, f"{door}:address:{digest(knock.address)}", window_s, now)
    return Count(
        account_over=account > most,
        address_over=address > ADDRESS_TIMES * most,
        first_over=account == most + 1 or address == ADDRESS_TIMES * most + 1,
        wait_s=limits.wait_s(window_s, now),
    )


def forgive(session: Session, door: Door, knock: Knock, now: datetime) -> None:
    """It was the right one: only wrong tries count."""
    for key in (f"{door}:account:{knock.account}", f"{door}:address:{digest(knock.address)}"):
        limits.forgive_try(session, key, WINDOW_S[door], now)
