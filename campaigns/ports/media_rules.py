"""What X takes as a picture or a film; the rehearsal refuses the same."""

from collections.abc import Sequence

from campaigns.ports.outcomes import Refused
from campaigns.ports.posting import Media, MediaCategory

TYPES: dict[MediaCategory, tuple[str, ...]] = {
    "image": ("image/jpeg", "image/png", "image/webp"),
    "gif": ("image/gif",),
    "video": ("video/mp4", "video/quicktime"),
}
MOST_BYTES: dict[MediaCategory, int] = {"image": 5_000_000, "gif": 15_000_000, "video": 512_000_000}
MOST_ALT = 1000
MOST_IMAGES = 4


def check(media: Media) -> None:
    """Raises Refused (`media_unknown`, `media_too_large`, `media_alt_too_long`)."""
    if not media.content or media.content_type not in TYPES[media.category]:
        raise Refused("media_unknown", media.content_type)
    if len(media.content) > MOST_BYTES[media.category]:
        raise Refused("media_too_large", f"{len(media.content)} bytes of {MOST_BYTES[media.category]}")
    if len(media.alt) > MOST_ALT:
        raise Refused("media_alt_too_long", f"{len(media.alt)} characters of {MOST_ALT}")


def go_together(categories: Sequence[str]) -> bool:
    """Whether one post may have them.

    >>> go_together(["image"] * 4), go_together(["image"] * 5), go_together(["video"]), go_together(["gif", "image"])
    (True, False, True, False)
    """
    return len(categories) <= (MOST_IMAGES if set(categories) <= {"image"} else 1)
