"""For monitoring: is it alive, can it serve, how much."""

from web.ops import health, metrics
from web.ops.blueprint import blueprint

__all__ = ["blueprint", "health", "metrics"]
