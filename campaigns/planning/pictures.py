"""Pictures: read by their content, made anew without what a camera wrote into them."""

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from campaigns.kernel.errors import problem

MAX_SIDE_PX, MAX_MEGAPIXELS = 1600, 40
FORMATS = ("PNG", "JPEG", "WEBP")


def check_size(size: int, most: int) -> None:
    """Raises invalid (`picture_too_large`)."""
    if size > most:
        raise problem("invalid", "picture_too_large", "picture", mb=round(size / 1e6, 1), most_mb=round(most / 1e6, 1))


def remake(content: bytes) -> bytes:
    """A PNG, JPEG or WebP as a WebP of at most 1600 pixels a side, upright, without metadata.

    Raises invalid (`picture_unreadable`, `picture_too_many_pixels`). A bomb is known by its header: nothing of it is
    unpacked.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # judged by our own limit below
            picture = Image.open(io.BytesIO(content), formats=FORMATS)
        megapixels = picture.width * picture.height / 1e6
        if megapixels > MAX_MEGAPIXELS:
            raise problem(
                "invalid", "picture_too_many_pixels", "picture", megapixels=round(megapixels), most=MAX_MEGAPIXELS
            )
        picture.draft("RGB", (MAX_SIDE_PX, MAX_SIDE_PX))  # a JPEG is unpacked no larger than needed
        upright = ImageOps.exif_transpose(picture)
        upright = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError):
        raise problem("invalid", "picture_unreadable", "picture") from None
    upright.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX))
    return _webp(upright, 82)


def small_webp(picture: Image.Image, most_bytes: int) -> bytes:
    """A WebP no larger than asked: less quality first, then fewer pixels."""
    while True:
        for quality in (82, 65, 45):
            made = _webp(picture, quality)
            if len(made) <= most_bytes:
                return made
        picture = picture.resize((max(1, picture.width * 3 // 4), max(1, picture.height * 3 // 4)))


def _webp(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    # a new image: nothing of the old one's info (place, camera, comments) comes along
    plain = Image.new(picture.mode, picture.size)
    plain.paste(picture)
    plain.save(out, "WEBP", quality=quality, method=4)
    return out.getvalue()
