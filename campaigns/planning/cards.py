"""Cards: the pictures of a page that others see: small on the page itself, 2:1 on X."""

import io
import unicodedata
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from campaigns.planning import pictures
from campaigns.planning.pages import Page
from campaigns.planning.papers import Paper

CARD = (1200, 600)
SMALL, SMALL_BYTES = (600, 400), 9_000
"""A landing page weighs under 30 KB with everything on it."""

MOST_TEXT_HEIGHT = 360
FONT = Path(__file__).parents[2] / "web/static/vendor/inter-latin-wght-normal.woff2"
"""The typeface of the pages. Pillow's own has no accents: é would be a box."""

DRAWN = 2
"""Raised when the drawing changes: what was kept is made anew, under another address."""

GROUNDS = {"night": ("#1d2c4a", "#fff8e8", "#ffc94d"), "plum": ("#6b1a35", "#fff5ea", "#ffd166")}


def source(page: Page, paper: Paper | None) -> str | None:
    """The file that stands for the offer: the page's picture, else the paper's cover."""
    return page.picture_key or (paper.cover_key if paper else None)


def version(page: Page, paper: Paper | None) -> str:
    """Names the pictures of a page as they are now: anything that may change them changes it."""
    return f"{page.revision}-{paper.sha256[:12] if paper else 0}-{DRAWN}"


def small(content: bytes, *, is_cover: bool) -> bytes:
    """A WebP for the page: a paper's cover as it is; a picture 3:2, a portrait with nothing beside it."""
    picture = Image.open(io.BytesIO(content))
    if is_cover:
        picture.thumbnail((SMALL[0], SMALL[0]))
        return pictures.small_webp(picture.convert("RGB"), SMALL_BYTES)
    if picture.width >= picture.height:
        return pictures.small_webp(ImageOps.fit(picture.convert("RGB"), SMALL), SMALL_BYTES)
    return pictures.small_webp(ImageOps.pad(picture.convert("RGBA"), SMALL, color=(0, 0, 0, 0)), SMALL_BYTES)


def card(headline: str, organization: str, theme: str, content: bytes | None) -> bytes:
    """A JPEG of 1200 × 600: the picture cut to fit, or the headline on the page's colours."""
    drawn = _pictured(content, theme) if content else _written(headline, organization, theme)
    out = io.BytesIO()
    drawn.save(out, "JPEG", quality=86, optimize=True)
    return out.getvalue()


def _pictured(content: bytes, theme: str) -> Image.Image:
    """A landscape fills the card; a portrait is shown whole on the page's ground."""
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    if picture.width >= picture.height:
        return ImageOps.fit(picture, CARD)
    whole = Image.new("RGB", CARD, GROUNDS.get(theme, GROUNDS["night"])[0])
    picture.thumbnail((CARD[0], CARD[1] - 60))
    whole.paste(picture, ((CARD[0] - picture.width) // 2, (CARD[1] - picture.height) // 2))
    return whole


def _written(headline: str, organization: str, theme: str) -> Image.Image:
    ground, ink, pop = GROUNDS.get(theme, GROUNDS["night"])
    drawn = Image.new("RGB", CARD, ground)
    pen = ImageDraw.Draw(drawn)
    pen.rectangle((80, 88, 176, 100), fill=pop)
    font, lines = _fitted(drawable(headline))
    pen.multiline_text((80, 132), "\n".join(lines), fill=ink, font=font, spacing=font.size * 0.1)
    pen.text((80, 510), drawable(organization), fill=pop, font=typeface(36, 600))
    return drawn


def _fitted(text: str) -> tuple[ImageFont.FreeTypeFont, list[str]]:
    """The largest letters in which the text has room."""
    for size in (92, 80, 68):
        font = typeface(size, 800)
        lines = wrapped(text, font.getlength, CARD[0] - 160)
        if len(lines) * size * 1.2 <= MOST_TEXT_HEIGHT:
            return font, lines
    font = typeface(56, 800)
    return font, wrapped(text, font.getlength, CARD[0] - 160)


def typeface(size: int, weight: int) -> ImageFont.FreeTypeFont:
    """The product's letters, which French can be written with."""
    font = ImageFont.truetype(FONT, size)
    font.set_variation_by_axes([weight])
    return font


def drawable(text: str) -> str:
    """The text in letters that the typeface has: an accent it lacks is left off, an emoji left out.

    >>> drawable("Noël à Łódź 🎄, où\u202f?")
    'Noël à ódz , où ?'
    """
    return "".join(_letters(char) for char in text)


def _letters(char: str) -> str:
    if char.isspace():
        return " "
    if ord(char) < 0x100 or char in "ŒœŸ€™’‘“”„‚‹›–—…•":
        return char
    return "".join(each for each in unicodedata.normalize("NFKD", char) if ord(each) < 0x100)


def wrapped(text: str, width_of: Callable[[str], float], most: float) -> list[str]:
    """The text in lines that are no wider than `most`; a word that alone is wider stands alone.

    >>> wrapped("six Fridays a year", len, 11)
    ['six Fridays', 'a year']
    """
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer) <= most:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
