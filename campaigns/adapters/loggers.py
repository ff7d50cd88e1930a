"""What the vendors' libraries may log."""

import logging

LOUD = ("tweepy", "stripe", "requests", "requests_oauthlib", "oauthlib", "urllib3")


def pin() -> None:
    """Warnings and worse only, whatever the log level is: tweepy logs the Authorization header at DEBUG."""
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)
