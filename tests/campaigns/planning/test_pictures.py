import io
import struct
import zlib

import pytest
from PIL import Image

from campaigns.kernel.errors import Problem
from campaigns.planning import pictures
from tests.makers.planning import pdf_bytes, picture_bytes


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def bomb() -> bytes:
    """A PNG of some hundred bytes that claims 60,000 × 60,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_made_anew(kind: str) -> None:
    made = opened(pictures.remake(picture_bytes((3200, 1000), kind)))
    assert (made.format, made.size) == ("WEBP", (1600, 500))


def test_nothing_of_what_a_camera_wrote_is_kept() -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    exif[0x0112] = 6  # lying on its side
    content = picture_bytes((200, 100), "JPEG", exif=exif, comment=b"home")
    assert b"taken at home" in content
    made = pictures.remake(content)
    assert b"home" not in made
    assert b"EXIF" not in made
    assert b"Exif" not in made
    assert opened(made).size == (100, 200)


def test_what_shines_through_still_does() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(out, "PNG")
    assert opened(pictures.remake(out.getvalue())).mode == "RGBA"


@pytest.mark.parametrize(
    "content",
    [b"", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", b"GIF89a", pdf_bytes(1),
     picture_bytes(kind="GIF"), picture_bytes(kind="BMP"), picture_bytes()[:-40], picture_bytes(kind="JPEG")[:200]],
)  # fmt: skip
def test_what_is_no_whole_picture_of_ours_is_refused(content: bytes) -> None:
    with pytest.raises(Problem) as refused:
        pictures.remake(content)
    assert [fault.code for fault in refused.value.faults] == ["picture_unreadable"]


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(Problem) as refused:
        pictures.remake(bomb())
    assert refused.value.faults[0].code in ("picture_too_many_pixels", "picture_unreadable")


def test_a_cover_is_small_whatever_is_on_it() -> None:
    noise = Image.effect_noise((800, 800), 200).convert("RGB")
    assert len(pictures.small_webp(noise, 60_000)) <= 60_000
