"""What a letter is outside: from whom, to whom, and the bytes that travel. The same for the rehearsal and for SMTP."""

import re
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

from campaigns.ports import Refused

BREAKS_OUT = re.compile(r"[\r\n](?![ \t\n])|\0")
"""A line's end that no folded line follows."""


def envelope(letter: EmailMessage) -> tuple[str, list[str]]:
    """Its sender and everybody who gets it, as bare addresses. Raises Refused (`mail_refused`)."""
    senders = _addresses(letter, "From")
    recipients = [address for name in ("To", "Cc", "Bcc") for address in _addresses(letter, name)]
    if len(senders) != 1 or not recipients:
        raise Refused("mail_refused", "a letter needs one sender and somebody who gets it")
    return senders[0], recipients


def _addresses(letter: EmailMessage, name: str) -> list[str]:
    found = [address.addr_spec for header in letter.get_all(name, []) for address in header.addresses]
    if any("@" not in each or any(c <= " " or c in "<>\x7f" for c in each) for each in found):
        raise Refused("mail_refused", f"an address in {name} can't be read")
    return found


def content_of(letter: EmailMessage, *, international: bool) -> bytes:
    """The letter's bytes: its Message-ID as it was written, the line that names hidden readers left out.

    | argument | meaning |
    |---|---|
    | international | headers in UTF-8, for a server that knows SMTPUTF8; otherwise everything is ASCII |

    Raises Refused (`mail_refused`) for a header that would break out of its line.
    """
    policy = (SMTPUTF8 if international else SMTP).clone(cte_type="7bit")
    try:
        kept = EmailMessage(policy=letter.policy)
        for name, value in letter.raw_items():
            if BREAKS_OUT.search(f"{name}: {value}"):
                raise ValueError(f"the header {name[:40]!r} breaks out of its line")
            if name.lower() != "bcc":
                kept.set_raw(name, value)
        kept.set_payload(letter.get_payload())
        return kept.as_bytes(policy=policy)
    except (MessageError, ValueError) as fault:
        raise Refused("mail_refused", f"{type(fault).__name__}: {fault}"[:300]) from None
