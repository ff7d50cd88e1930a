"""The web: HTTP to a flow and back, one folder an audience."""

from typing import Any

from flask import Flask
from flask import request as asked  # `request` is a module of this package
from flask_compress import Compress
from jinja2 import StrictUndefined

from campaigns import words
from campaigns.world import World
from web import account, api, errors, filters, headers, hooks, marketer, ops, prospect, rehearsal, sales, static_files
from web.access import csrf_token
from web.known import KnownPages
from web.prospect import links
from web.request import locale, now, viewer_or_none, zone

FORM_MAX_BYTES = 64_000


def create_app(world: World, kind: type[Flask] = Flask) -> Flask:
    """The WSGI application of a World. Opens no socket and reads no environment.

    `kind`: tests make hundreds of apps, of a kind that compiles each route once.
    """
    app = kind(__name__, static_folder=None)
    settings = world.settings
    app.extensions.update(world=world, known_pages=KnownPages(world))
    app.config.update(
        MAX_CONTENT_LENGTH=FORM_MAX_BYTES,  # a view that takes files says more
        MAX_FORM_MEMORY_SIZE=FORM_MAX_BYTES,
        MAX_FORM_PARTS=200,
        TRUSTED_HOSTS=[*settings.own_hosts, *settings.trusted_hosts, "localhost", "127.0.0.1", "[::1]"],
        # Pages are not compressed: a token beside an attacker's text could be guessed by its length.
        COMPRESS_MIMETYPES=["text/css", "text/javascript", "application/javascript", "image/svg+xml"],
    )
    app.jinja_options = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    _speak(app)
    errors.install(app)
    headers.install(app, settings)
    Compress(app)
    for audience in (static_files, account, api, hooks, marketer, ops, prospect, sales):
        app.register_blueprint(audience.blueprint)
    if world.rehearsal:
        app.register_blueprint(rehearsal.blueprint)
    links.install(app, world)
    return app


def _host(url: str) -> str:
    return url.split("://", 1)[1].split("/", 1)[0].rsplit(":", 1)[0]


def _speak(app: Flask) -> None:
    """Templates in the page's language, with what every page shows."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda message: words.catalogue(locale()).ugettext(message),
        lambda one, many, n: words.catalogue(locale()).ungettext(one, many, n),
        newstyle=True,
    )
    filters.register(app.jinja_env)
    app.jinja_env.globals.update(csrf_token=csrf_token, static=static_files.static)

    @app.context_processor
    def shown_everywhere() -> dict[str, Any]:
        world: World = app.extensions["world"]
        return {
            "viewer": viewer_or_none(),
            "locale": locale(),
            "zone": zone(),
            "now": now(),
            "rehearsing": world.rehearsing,
            "organization": world.settings.organization,
            "identity_level": world.settings.identity_level,
            "done": asked.args.get("done", ""),
        }
