"""The sales desk: leads and their downloads."""

from web.sales import downloads, lead, leads
from web.sales.blueprint import blueprint

__all__ = ["blueprint", "downloads", "lead", "leads"]
