"""The web's server: processes that are forked from one which has imported everything, so that they are soon there."""

import gc
import importlib
import multiprocessing

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from campaigns.settings import Settings

APPLICATION = "wsgi:app"


def serve(settings: Settings) -> None:
    """Serve in the foreground, until SIGTERM. No connection, file or thread may be open: its processes would share it.

    A process that dies is there again after the time that making an application takes. SIGHUP replaces one after the
    other by a fresh interpreter, which reads the code that lies there by then.
    """
    server = Granian(
        APPLICATION, address=settings.host, port=settings.port, interface=Interfaces.WSGI, websockets=False,
        # a slow visitor holds a thread, not the server: threads are many, and what waits for one is bounded
        workers=settings.processes, blocking_threads=settings.threads, backpressure=settings.threads * 2,
        # without a limit it never exits when SIGTERM comes while a worker still imports
        workers_kill_timeout=8, respawn_failed_workers=True,
        # on SIGHUP an old process ends so long after its successor was begun: on a busy machine that takes seconds
        respawn_interval=10,
        # below "error" it only wonders at so many threads
        log_level=LogLevels.error,
    )  # fmt: skip
    server.on_reload(_begin_anew)
    importlib.import_module("web")  # by its name, as the application: this package knows nothing of the web
    gc.collect()
    gc.freeze()  # what is imported stays, and its pages stay shared
    multiprocessing.set_start_method("fork", force=True)
    server.serve()


def _begin_anew() -> None:
    multiprocessing.set_start_method("spawn", force=True)
