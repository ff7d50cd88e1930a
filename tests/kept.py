"""What hundreds of worlds in one test process have in common is made once: SQL, templates' code, addresses' builders.

Without it each app compiles its own routes (20 ms) and each template it shows (5 to 30 ms), and each database each of
its statements (1 ms).
"""

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
    """A route that is compiled as another app's same route was: that hangs on nothing but what it says."""

    known: ClassVar[dict[Any, dict[str, Any]]] = {}
    made = ("_parts", "_trace", "_converters", "arguments", "_build", "_build_unknown")

    def compile(self) -> None:
        key = self.rule, repr(self.defaults), self.subdomain, self.host, self.merge_slashes
        if key not in self.known:
            super().compile()
            self.known[key] = {name: getattr(self, name) for name in self.made}
        self.__dict__.update(self.known[key])
        for name in ("_build", "_build_unknown"):
            setattr(self, name, self.known[key][name].__func__.__get__(self, None))


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
