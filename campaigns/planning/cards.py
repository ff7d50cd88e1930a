"""Cards: the pictures of a page that others see: small on the page itself, 2:1 on X."""

import io

from PIL import Image, ImageDraw, ImageFont, ImageOps

from campaigns.planning import pictures
from campaigns.planning.pages import Page
from campaigns.planning.papers import Paper

CARD = (1200, 600)
SMALL_SIDE, SMALL_BYTES = 560, 9_000
"""A landing page weighs under 30 KB with everything on it."""

GROUNDS = {"night": ("#1d2c4a", "#fff8e8", "#ffc94d"), "plum": ("#6b1a35", "#fff5ea", "#ffd166")}


def source(page: Page, paper: Paper | None) -> str | None:
    """The file that stands for the offer: the page's picture, else the paper's cover."""
    return page.picture_key or (paper.cover_key if paper else None)


def small(content: bytes) -> bytes:
    """A WebP for the page."""
    picture = Image.open(io.BytesIO(content))
    picture.thumbnail((SMALL_SIDE, SMALL_SIDE))
    return pictures.small_webp(picture.convert("RGB"), SMALL_BYTES)


def card(headline: str, organization: str, theme: str, content: bytes | None) -> bytes:
    """A JPEG of 1200 × 600: the picture cut to fit, or the headline on the page's colours."""
    ground, ink, pop = GROUNDS.get(theme, GROUNDS["night"])
    if content:
        drawn = Image.open(io.BytesIO(content)).convert("RGB")
        # a portrait is shown whole on the ground; a landscape fills the card
        if drawn.height > drawn.width:
            whole = Image.new("RGB", CARD, ground)
            drawn.thumbnail((CARD[0], CARD[1] - 60))
            whole.paste(drawn, ((CARD[0] - drawn.width) // 2, (CARD[1] - drawn.height) // 2))
            drawn = whole
        else:
            drawn = ImageOps.fit(drawn, CARD)
    else:
        drawn = Image.new("RGB", CARD, ground)
        pen = ImageDraw.Draw(drawn)
        pen.rectangle((80, 96, 200, 108), fill=pop)
        pen.multiline_text((80, 140), _wrapped(headline), fill=ink, font=ImageFont.load_default(72), spacing=18)
        pen.text((80, 510), organization, fill=pop, font=ImageFont.load_default(34))
    out = io.BytesIO()
    drawn.save(out, "JPEG", quality=86, optimize=True)
    return out.getvalue()


def _wrapped(text: str, width: int = 28, most: int = 4) -> str:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()[: width + 12]
    return "\n".join([*lines[: most - 1], lines[most - 1] + "…"] if len(lines) > most else lines)
