"""Why a tweet changed, in words for its history. The codes of refusals have theirs in campaigns.faults."""

from campaigns.faults import FAULTS


def _(message: str) -> str:
    """Marks a message for the catalogue."""
    return message


REASONS = {
    "written": _("Written"),
    "edited": _("Edited"),
    "planned": _("Planned"),
    "publish_now": _("To be published at once"),
    "cancelled": _("Taken back"),
    "claimed": _("On its way to X"),
    "posted": _("Posted"),
    "claimed_again": _("Not on the timeline; sent once more, the same"),
    "found": _("Found on the timeline"),
    "absent_twice": _("Sent twice without an answer, and not on the timeline: look yourself"),
    "by_hand": _("Posted by hand"),
    "there": _("Found on X by a person"),
    "not_there": _("A person looked: not on X. It goes out now"),
    "rehearsal_over": _("It was planned for the rehearsal; X is connected now, so plan it again"),
    "clocks_changed": _("The rules of its time zone changed: the same time is another moment now"),
}


def words(why: str) -> str:
    """The English of a reason or of a refusal's code, for gettext; what nobody wrote down stays as it is.

    >>> words("posted")
    'Posted'
    """
    return REASONS.get(why) or FAULTS.get(why, why)
