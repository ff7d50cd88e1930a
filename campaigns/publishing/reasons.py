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
    "proposed": _("Proposed"),
    "approved": _("Accepted"),
    "changes_asked": _("Changes asked for"),
    "withdrawn": _("The proposal is withdrawn"),
    "cancelled": _("Taken back"),
    "claimed": _("On its way to X"),
    "posted": _("Posted"),
    "claimed_again": _("Not on the timeline; sent once more, the same"),
    "found": _("Found on the timeline"),
    "absent": _("Not on the timeline; it waits to be sent once more, the same"),
    "absent_twice": _("Sent twice without an answer, and not on the timeline: look yourself"),
    "unsure": _("Nobody can tell whether X took this tweet. Look on the account’s timeline, then say what you found"),
    "by_hand": _("Posted by hand"),
    "there": _("Found on X by a person"),
    "not_there": _("A person looked: not on X. It goes out now"),
    "edited_on_x": _("Edited on X"),
    "taken_down": _("Taken down from X"),
    "rehearsal_over": _("It was planned for the rehearsal; X is connected now, so plan it again"),
    "clocks_changed": _("The rules of its time zone changed: the same time is another moment now"),
}


def words(why: str) -> str:
    """The English of a reason or of a refusal's code, for gettext; what nobody wrote down stays as it is.

    >>> words("posted")
    'Posted'
    """
    return REASONS.get(why) or FAULTS.get(why, why)


def words_of_problem(state: str, code: str) -> str:
    """The English of what is wrong with a tweet. An unsure one is a person's to look for.

    >>> words_of_problem("sending", "x_unknown")
    'X did not answer. We look on your timeline and post nothing until then'
    >>> words_of_problem("unsure", "x_unknown").partition(".")[0]
    'Nobody can tell whether X took this tweet'
    """
    return words("unsure" if state == "unsure" and code not in ("tweet_url_taken", "x_other_words") else code)
