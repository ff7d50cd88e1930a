"""What hundreds of worlds in one test process have in common is made once: SQL, templates' code, addresses' builders.

Without it each app compiles its own routes (20 ms) and each template it shows (5 to 30 ms), and each database each of
its statements (1 ms).
"""

from collections.abc import Callable
from typing import Any, ClassVar

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import URL, event
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.pool import ConnectionPoolEntry
from werkzeug.routing import Rule

from campaigns.kernel.db import Database


class KeptTemplates(BytecodeCache):
    """The code of templates, by name and by what is written in them."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key, bucket.checksum] = bucket.code


class KeptRule(Rule):
    """A route whose builder is taken from another app's same route: it hangs on nothing but its pattern."""

    known: ClassVar[dict[Any, Callable[..., tuple[str, str]]]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = (self.rule, tuple(self._trace), repr(self.defaults), append_unknown)
        if key not in self.known:
            self.known[key] = super()._compile_builder(append_unknown)
        return self.known[key]


class KeptFlask(Flask):
    url_rule_class = KeptRule


TEMPLATES = KeptTemplates()


class KeptDatabase(Database):
    """An engine that goes on to the next test's database, with what it compiled for the last one's."""

    known: ClassVar[dict[str, "KeptDatabase"]] = {}

    @classmethod
    def at(cls, url: URL) -> "KeptDatabase":
        """The process's own of this kind, pointed at a database; until it is closed."""
        kind = url.drivername
        if kind not in cls.known:
            cls.known[kind] = cls(url.render_as_string(hide_password=False))
            event.listen(cls.known[kind].engine, "do_connect", cls.known[kind]._connect)
        kept = cls.known[kind]
        kept.url, kept.turns, kept.asked_at = url, 0, None  # nothing of the last test's
        return kept

    def _connect(self, dialect: Dialect, _entry: ConnectionPoolEntry, _args: list[Any], params: dict[str, Any]) -> Any:
        own_args, own = dialect.create_connect_args(self.url)
        return dialect.connect(*own_args, **{**params, **own})
