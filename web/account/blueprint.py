"""Accounts: signing in, one's own profile, and the administrator's people, connections and tokens."""

from flask import Blueprint

from web.access import gate

blueprint = Blueprint("account", __name__)
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
