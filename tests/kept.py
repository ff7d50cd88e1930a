"""What hundreds of apps in one test process have in common is made once: templates' code and the builders of addresses.

Without it each app compiles its own routes (20 ms) and each template it shows (5 to 30 ms).
"""

from collections.abc import Callable
from typing import Any, ClassVar

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule


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
