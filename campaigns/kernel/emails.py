"""E-mail addresses: whether one may exist, and the one spelling by which a person is known."""

from email_validator import EmailNotValidError, validate_email

from campaigns.kernel.errors import problem
from campaigns.kernel.texts import has_control, line

MAX_LENGTH = 254
UNREADABLE = "\ufffd"
"""Stands for bytes that were no text: whatever was typed, it wasn't this."""


def read(typed: str, field: str = "email") -> str:
    """The address by which its owner is known: lower case, its domain in ASCII; no tricks with dots or plus signs.

    Raises invalid (`required`, `too_long`, `email_malformed`).

    >>> read(" Zoé+x@École.FR ")
    'zoé+x@xn--cole-9oa.fr'
    """
    if len(typed) > 4 * MAX_LENGTH:
        raise problem("invalid", "too_long", field, most=MAX_LENGTH, count=len(typed))
    address = line(typed)
    if not address:
        raise problem("invalid", "required", field)
    if len(address) > MAX_LENGTH:
        raise problem("invalid", "too_long", field, most=MAX_LENGTH, count=len(address))
    if has_control(address) or UNREADABLE in address:
        raise problem("invalid", "email_malformed", field)
    try:
        # No DNS: a form isn't refused because a name server is slow. The `test` domain is nobody's and harms nobody.
        found = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise problem("invalid", "email_malformed", field) from None
    return f"{found.local_part.lower()}@{found.ascii_domain.lower()}"
