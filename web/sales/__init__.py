"""The sales desk: leads and their downloads."""

from web.sales.blueprint import blueprint

__all__ = ["blueprint"]
