"""Everything outside, in our words: what an adapter takes, what it gives, how it refuses.

Each protocol says whether it `rehearses`: then nothing leaves the machine and what was done is marked so.
A call ends in one of four ways, which the caller treats alike whatever stands behind the port:
it returns, or raises Refused (no: changing nothing helps but changing the request), Later (not now: nothing
happened, try again), Unknown (it may have happened: look before doing it again).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from typing import Any, Literal, Protocol

from campaigns.kernel.money import Money


class Refused(Exception):
    """The other side said no, for good.

    `code` is a key of the words for faults (`x_duplicate`, `x_forbidden`, `x_text_too_long`, `x_unauthorized`,
    `stripe_refused`, `mail_refused` …); `detail` what it said, without secrets.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code, self.detail = code, detail


class Later(Exception):
    """Not now; nothing happened. `until` when the other side named a moment."""

    def __init__(self, code: str, detail: str = "", until: datetime | None = None) -> None:
        super().__init__(code, detail)
        self.code, self.detail, self.until = code, detail, until


class Unknown(Exception):
    """No answer that could be read: it may or may not have happened."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """Aware, UTC."""


@dataclass(frozen=True)
class Account:
    """Whose account a connection speaks for."""

    id: str
    handle: str
    name: str


@dataclass(frozen=True)
class Access:
    """What opens an account: OAuth 1.0a's token and its secret, OAuth 2's token alone; or the rehearsal's wall.

    `account`: ours, by which the wall keeps rehearsed accounts apart.
    """

    kind: Literal["oauth1", "oauth2", "rehearsal"]
    account: Account
    token: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)


ReplySettings = Literal["everyone", "following", "mentionedUsers", "subscribers", "verified"]


@dataclass(frozen=True)
class Poll:
    """Two to four answers of 25 characters, open for 5 minutes to 7 days."""

    options: tuple[str, ...]
    minutes: int


@dataclass(frozen=True)
class Extras:
    """What goes with a text: to which post it replies, its media (ids that X gave), a poll, and who may answer."""

    reply_to: str | None = None
    media: tuple[str, ...] = ()
    poll: Poll | None = None
    reply_settings: ReplySettings = "everyone"


PLAIN = Extras()


@dataclass(frozen=True)
class Metrics:
    """What X counts of a post. The last three are told to its owner only, for 30 days; None: not told."""

    impressions: int = 0
    likes: int = 0
    reposts: int = 0
    replies: int = 0
    quotes: int = 0
    bookmarks: int = 0
    link_clicks: int | None = None
    profile_clicks: int | None = None
    engagements: int | None = None


@dataclass(frozen=True)
class Post:
    """A post on X. `urls` are the expanded targets of its links, so that ours can be found in it.

    `metrics`: where they were asked for, and told. `edits`: the ids it had before it was edited on X, oldest first.
    """

    x_id: str
    text: str
    posted_at: datetime
    urls: tuple[str, ...] = ()
    metrics: Metrics | None = None
    edits: tuple[str, ...] = ()


class Publisher(Protocol):
    """X. Raises Refused, Later and, from `post` only, Unknown."""

    rehearses: bool

    def whoami(self) -> Account: ...

    def post(self, text: str, extras: Extras = PLAIN) -> Post:
        """Post a text, its links already in it. One HTTP request, never repeated by itself."""

    def own_posts(self, since: datetime, *, metrics: bool = False) -> list[Post]:
        """Our own timeline since a moment, newest first, as far back as X shows it (3,200); with what X counts."""

    def delete(self, x_id: str) -> None:
        """Take a post down; one that is gone already is no error."""


class Publishers(Protocol):
    """X, by other accounts than the one that the settings open. Opens nothing itself."""

    def of(self, access: Access) -> Publisher: ...


@dataclass(frozen=True)
class CouponTerms:
    """What a coupon gives. Exactly one of percent_off (1-100) and amount_off is set."""

    offer_id: str
    title: str
    percent_off: int | None
    amount_off: Money | None
    redeem_by: datetime | None
    max_redemptions: int | None


@dataclass(frozen=True)
class CodeTerms:
    """One person's code of a coupon: usable once."""

    code_id: str
    code: str
    coupon_stripe_id: str
    expires_at: datetime | None


@dataclass(frozen=True)
class CheckoutTerms:
    """A payment to be opened. `key` makes opening it twice the same checkout; `reference` comes back with the money.

    Opened again, everything must be as the first time, `expires_at` too (30 minutes to 24 hours ahead; none: 24 hours):
    take it from a row, never from the clock. An empty code_stripe_id is a payment at the full price.
    """

    key: str
    reference: str
    title: str
    price: Money
    code: str
    code_stripe_id: str
    email: str
    locale: str
    success_url: str
    cancel_url: str
    metadata: dict[str, str]
    discount: Money = field(default=Money(0, "EUR"))
    expires_at: datetime | None = None


@dataclass(frozen=True)
class OpenCheckout:
    """Where the prospect pays."""

    stripe_id: str
    url: str


@dataclass(frozen=True)
class Event:
    """A verified message of the payment side.

    `what` is what it means for us; `ignored` is everything that isn't our business (kept, answered, not acted on).

    | field | meaning |
    |---|---|
    | id, type | the sender's own |
    | object_key | unique name of the money: the session's or invoice's id; the charge's for refunds, the dispute's |
    | intent | the payment intent, by which a refund finds its sale; None for subscriptions without one |
    | paid | what was paid, tax included |
    | tax | the part that is tax |
    | refunded | cumulative, as Stripe tells it |
    | disputed | what a dispute takes (opened, or closed and lost) or gives back (closed and won) |
    | references | whose sale it may be: client_reference_id, metadata.<key>, promotion_code (Stripe's id), email … |
    | rehearsed | signed by the rehearsal, not by Stripe |
    """

    id: str
    type: str
    what: Literal["paid", "pending", "failed", "expired", "refunded", "dispute_opened", "dispute_closed", "ignored"]
    happened_at: datetime
    object_key: str | None = None
    intent: str | None = None
    paid: Money | None = None
    tax: Money | None = None
    refunded: Money | None = None
    disputed: Money | None = None
    dispute_won: bool | None = None
    references: dict[str, str] = field(default_factory=dict)
    payload: dict[str, Any] = field(default_factory=dict)
    rehearsed: bool = False


class Payments(Protocol):
    """Stripe. Each call is idempotent by the ids it is given; raises Refused, Later, Unknown."""

    rehearses: bool

    def ensure_coupon(self, terms: CouponTerms) -> str:
        """Make the coupon unless it is there; its id."""

    def ensure_code(self, terms: CodeTerms) -> str:
        """Make the promotion code unless it is there; its id."""

    def open_checkout(self, terms: CheckoutTerms) -> OpenCheckout:
        """Open a payment page for one thing with one code."""

    def read_event(self, body: bytes, signature: str, now: datetime) -> Event:
        """Verify and read a webhook. Raises Refused (`signature_invalid`, `event_unreadable`, `livemode_differs`)."""

    def whoami(self) -> Account: ...


class Mailer(Protocol):
    """Outgoing mail. Raises Refused, Later, Unknown."""

    rehearses: bool

    def send(self, letter: EmailMessage) -> None: ...

    def check(self) -> None:
        """Talk to the server without sending anything."""


class Files(Protocol):
    """Where papers and pictures are kept; keys are ours, never a visitor's or an upload's name."""

    def put(self, key: str, content: bytes) -> None:
        """Keep the content whole or not at all."""

    def get(self, key: str) -> bytes:
        """The content; raises Problem missing (`file_missing`)."""

    def stream(self, key: str) -> tuple[int, Iterator[bytes]]:
        """Its size and its chunks; raises Problem missing (`file_missing`)."""

    def delete(self, key: str) -> None:
        """Forget it; absent already is no error."""


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


class Rehearsal(Protocol):
    """What the rehearsal adapters did, for the wall, the till and the mailbox. Shared by all processes."""

    def posts(self, limit: int, before: str | None = None) -> list[Post]: ...

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
