"""Someone who can't come in by password asks for a mail: a link to sign in, or one to choose a new password."""

from typing import Literal

from campaigns.kernel.codes import new_secret
from campaigns.people import audits, knocks, mail_tokens, mails, users
from campaigns.people.knocks import MAILS_PER_HOUR, Knock
from campaigns.world import World


def send_link(world: World, purpose: Literal["sign_in", "password"], knock: Knock, locale: str) -> None:
    """Promise the mail when a member has this address and may come in; say the same, and take as long, otherwise.

    | argument | meaning |
    |---|---|
    | locale | of the page, for the mail that nobody gets |

    Over three mails an hour an account gets none, and nobody is told. Raises later (`too_often`) for an address of
    the network that asked fifteen times.
    """
    now = world.clock.now()
    with world.db.write() as session:
        count = knocks.count(session, "mail", knock, MAILS_PER_HOUR, now)
        user = users.of_email(session, knock.email)
        may_come = user is not None and user.has_joined and not user.disabled_at
        if user and may_come and not count.account_over and not count.address_over:
            secret = mail_tokens.issue(session, user, purpose, now)
            mails.put(session, world.settings, user, purpose, secret, now)
            audits.note(session, f"{purpose}.asked", now, who=user.name, user_id=user.id)
        else:
            # the time of composing it, so that the answer's time tells nothing
            letter = mails.compose(world.settings, purpose, locale, mails.url(world.settings, purpose, new_secret()))
            letter.html(locale)
            audits.note(session, f"{purpose}.asked_in_vain", now, who="")
    if count.address_over:
        raise count.refusal()
