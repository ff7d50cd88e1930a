"""Reads a page as a browser would, and says what in it could run or leave."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag

ADDRESSES = (
    "href",
    "src",
    "action",
    "formaction",
    "data",
    "poster",
    "srcset",
    "ping",
    "xlink:href",
    "background",
    "cite",
)
LOADS = {
    "script": "src",
    "link": "href",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
}


def soup(page: str) -> BeautifulSoup:
    return BeautifulSoup(page, "lxml")


def dangers(page: str, *, own: tuple[str, ...] = ("localhost",)) -> list[str]:
    """What a page has that ours never have: handlers, inline scripts and styles, other schemes, third parties."""
    return [fault for tag in soup(page).find_all(True) for fault in _of_tag(tag, own)]


def _of_tag(tag: Tag, own: tuple[str, ...]) -> list[str]:
    faults = []
    if tag.name in ("script", "style", "object", "embed", "base", "applet", "math") and not tag.get("src"):
        faults.append(f"<{tag.name}>")
    if tag.name == "meta" and tag.get("http-equiv"):
        faults.append(str(tag))
    for name, value in tag.attrs.items():
        text = " ".join(value) if isinstance(value, list) else str(value)
        if name.startswith("on") or name in ("style", "srcdoc"):
            faults.append(f"{tag.name} {name}={text[:60]}")
        if name in ADDRESSES and _runs(text):
            faults.append(f"{tag.name} {name}={text[:60]}")
    loaded = str(tag.get(LOADS.get(tag.name, ""), ""))
    is_page = tag.name == "link" and not set(tag.get("rel") or []) & {"stylesheet", "icon", "preload", "modulepreload"}
    if loaded and not is_page and urlsplit(loaded).hostname not in (None, *own):
        faults.append(f"{tag.name} loads {loaded}")
    return faults


def _runs(address: str) -> bool:
    plain = re.sub(r"[\x00-\x20\x7f-\xa0]", "", address).lower()
    scheme = re.match(r"([a-z][a-z0-9+.-]*):", plain)
    return bool(scheme) and scheme is not None and scheme[1] not in ("http", "https", "mailto", "tel")
