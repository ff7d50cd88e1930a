"""Everything outside, in our words: what an adapter takes, what it gives, how it refuses.

Each protocol says whether it `rehearses`: then nothing leaves the machine and what was done is marked so.
A call ends in one of four ways, which the caller treats alike whatever stands behind the port:
it returns, or raises Refused (no: changing nothing helps but changing the request), Later (not now: nothing
happened, try again), Unknown (it may have happened: look before doing it again).
"""

from campaigns.ports.connecting import Begun, Connected, Connector, Keys, Way
from campaigns.ports.keeping import Files, Mailer
from campaigns.ports.outcomes import Clock, Later, Refused, Unknown
from campaigns.ports.paying import CheckoutTerms, CodeTerms, CouponTerms, Event, OpenCheckout, Payments
from campaigns.ports.posting import (
    PLAIN,
    Access,
    Account,
    Extras,
    Media,
    MediaCategory,
    Metrics,
    Poll,
    Post,
    Profile,
    Publisher,
    Publishers,
    ReplySettings,
    Upload,
)
from campaigns.ports.rehearsing import Rehearsal, RehearsedCheckout, RehearsedMail, RehearsedRepost

__all__ = [
    "PLAIN",
    "Access",
    "Account",
    "Begun",
    "CheckoutTerms",
    "Clock",
    "CodeTerms",
    "Connected",
    "Connector",
    "CouponTerms",
    "Event",
    "Extras",
    "Files",
    "Keys",
    "Later",
    "Mailer",
    "Media",
    "MediaCategory",
    "Metrics",
    "OpenCheckout",
    "Payments",
    "Poll",
    "Post",
    "Profile",
    "Publisher",
    "Publishers",
    "Refused",
    "Rehearsal",
    "RehearsedCheckout",
    "RehearsedMail",
    "RehearsedRepost",
    "ReplySettings",
    "Unknown",
    "Upload",
    "Way",
]
