"""The application that a WSGI server loads: `granian --interface wsgi wsgi:app`."""

import os

from campaigns import compose
from campaigns.settings import Settings
from web import create_app

app = create_app(compose.world(Settings.read(os.environ)))
