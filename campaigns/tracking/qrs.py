"""QRs: the picture of an address for print, as SVG and PNG."""

import io
from math import ceil

import segno

QUIET = 4
"""Modules left white around it: scanners need them, whatever is printed beside."""

DPI = 300
CENTIMETRES = (2, 4, 8, 20)
"""How large a PNG is on paper: a card, a leaflet, a slide, a poster."""


SHOWN_CM = 10
"""In a picture: read from a phone's screen by another phone."""


def picture(url: str) -> bytes:
    """As a tweet shows it; the same each time."""
    return png(url, SHOWN_CM)


def svg(url: str, title: str, description: str) -> bytes:
    """The QR as a drawing that prints sharp at any size, with words for those who can't see it."""
    out = io.BytesIO()
    _drawn(url).save(out, kind="svg", border=QUIET, unit="mm", title=title, desc=description, light="#fff")
    return out.getvalue()


def png(url: str, centimetres: int) -> bytes:
    """The QR as a picture at least so wide when it is printed at 300 dots an inch: whole dots a module, or it blurs."""
    qr, out = _drawn(url), io.BytesIO()
    modules = qr.symbol_size(border=QUIET)[0]
    qr.save(out, kind="png", border=QUIET, scale=ceil(centimetres / 2.54 * DPI / modules), dpi=DPI)
    return out.getvalue()


def _drawn(url: str) -> segno.QRCode:
    # level M: a seventh may be dirty or creased; higher where it costs no larger drawing
    return segno.make_qr(url, error="m", boost_error=True)
