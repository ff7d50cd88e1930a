"""The application that a WSGI server loads: `granian --interface wsgi wsgi:app`."""

import os

from campaigns import compose, logs
from campaigns.settings import Settings
from web import create_app

settings = Settings.read(os.environ)
logs.configure(settings.log_level)  # in each process of the server: without it a traceback would tell local values
app = create_app(compose.world(settings))
