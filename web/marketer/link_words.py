"""What links' pages call things: channels, states, classes of hits, devices."""

from campaigns.tracking.links import CHANNELS, Link
from campaigns.tracking.targets import LinkState
from web.request import now, say


def channel_words() -> dict[str, str]:
    """The channels, in the order of the list."""
    words = {
        "x_organic": say("Tweet"), "x_paid": say("Paid tweet"), "x_influencer": say("Influencer on X"),
        "email": say("Mail"), "newsletter": say("Newsletter"), "blog": say("Blog"), "slide": say("Slide"),
        "qr": say("QR, print"), "other": say("Other"),
    }  # fmt: skip
    return {name: words[name] for name in CHANNELS}


def state_words() -> dict[LinkState, str]:
    """The states of a link, in words."""
    return {
        "open": say("Open"), "disabled": say("Disabled"), "early": say("Not open yet"), "over": say("Over"),
        "no_page": say("Leads nowhere: no page is online"),
    }  # fmt: skip


def class_words() -> dict[str, str]:
    """What a hit was judged to be, in words."""
    return {
        "human": say("Click"), "bot": say("Machine"), "preview": say("Preview"), "prefetch": say("Loaded ahead"),
        "duplicate": say("Again within 30 minutes"), "internal": say("One of us"), "dead_link": say("While closed"),
    }  # fmt: skip


def device_words() -> dict[str, str]:
    """Devices, in words."""
    return {"phone": say("Phone"), "tablet": say("Tablet"), "desktop": say("Computer")}


def state_of(link: Link) -> LinkState:
    """A link's state as far as its own row tells: whether its offer has a page online isn't looked up."""
    if link.disabled_at:
        return "disabled"
    if link.starts_at and now() < link.starts_at:
        return "early"
    return "over" if link.capped_at or (link.ends_at and now() >= link.ends_at) else "open"
