"""What the rehearsal adapters did instead of the real ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from campaigns.kernel.money import Money
from campaigns.ports.posting import Media, Post


@dataclass(frozen=True)
class RehearsedCheckout:
    """A payment at the till. State: open, paid, expired, refunded (in part or whole: see refunded)."""

    id: str
    state: str
    title: str
    price: Money
    due: Money
    refunded: Money
    code: str
    email: str
    success_url: str
    cancel_url: str
    opened_at: datetime


@dataclass(frozen=True)
class RehearsedMail:
    """A mail in the rehearsal's mailbox."""

    id: str
    to: str
    subject: str
    sent_at: datetime
    raw: bytes


@dataclass(frozen=True)
class RehearsedRepost:
    """A post, of the wall or of X, that an account of the rehearsal showed again."""

    x_id: str
    handle: str
    reposted_at: datetime


class Rehearsal(Protocol):
    """What the rehearsal adapters did, for the wall, the till and the mailbox. Shared by all processes."""

    def posts(self, limit: int, before: str | None = None) -> list[Post]: ...

    def media(self, x_id: str) -> list[Media]:
        """What a post on the wall shows, in its order."""

    def reposts(self, limit: int) -> list[RehearsedRepost]:
        """What was shown again, newest first."""

    def pin(self, posts: Sequence[Post]) -> None:
        """Put posts of the past on the wall, as sample data has them; one that stands there is left as it is."""

    def mails(self, limit: int, before: str | None = None) -> list[RehearsedMail]: ...

    def mail(self, mail_id: str) -> RehearsedMail | None: ...

    def checkouts(self, limit: int, before: str | None = None) -> list[RehearsedCheckout]: ...

    def checkout(self, checkout_id: str) -> RehearsedCheckout | None: ...

    def pay(self, checkout_id: str, now: datetime) -> tuple[bytes, str]:
        """Pay: the webhook's body and signature, as Stripe would send them. Paying twice gives the same event."""

    def refund(self, checkout_id: str, amount: Money, now: datetime) -> tuple[bytes, str]:
        """Give back a part or all of it: the webhook's body and signature."""

    def expire(self, checkout_id: str, now: datetime) -> tuple[bytes, str]:
        """Let the payment page lapse: the webhook's body and signature."""
