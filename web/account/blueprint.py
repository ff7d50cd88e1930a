"""Accounts: signing in, one's own profile, and the administrator's people, connections and tokens."""

from flask import Blueprint, request

from web.access import gate
from web.request import take_file

blueprint = Blueprint("account", __name__)
RATES_BYTES = 8_000_000
"""The bank's file of all days since 1999 has a little over two."""


@blueprint.before_request
def allow_files() -> None:
    """The view that takes a file takes more than a form. Before the gate, which reads the form for its token."""
    if request.endpoint == "account.store_rates":
        take_file(RATES_BYTES)


gate(
    blueprint,
    full=("admin",),
    members=(
        "sign_out", "settings", "profile", "save_profile", "change_password", "sign_out_session", "sign_out_elsewhere",
    ),
    public=(
        "sign_in", "come_in", "sign_in_link", "come_in_by_link", "forgotten", "send_password_link", "new_password",
        "reset_password", "invitation", "join", "feed",
        "weekly", "stop_weekly",
    ),
)  # fmt: skip
