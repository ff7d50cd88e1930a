"""Pictures and films go to X in chunks, before the post that shows them. Nobody sees them until then.

So nothing here can be unknown: what was cut off is sent again from its beginning, and X forgets the rest in a day.
"""

import base64
from typing import Any

import tweepy

from campaigns.adapters.x_seam import Seam, dict_of, read
from campaigns.ports import Later, Media, Refused, Upload, media_rules

CHUNK_BYTES = 1024 * 1024
LONGEST_PAUSE_S = 15


def upload(client: tweepy.Client, seam: Seam, media: Media) -> Upload:
    """Send media whole; a film, X then works on. Raises Refused and Later."""
    media_rules.check(media)
    size = len(media.content)
    asked = {"media_type": media.content_type, "media_category": f"tweet_{media.category}", "total_bytes": size}
    media_id = _id(read(client, seam, "POST", "/2/media/upload/initialize", json=asked))
    for number, start in enumerate(range(0, size, CHUNK_BYTES)):
        chunk = base64.b64encode(media.content[start : start + CHUNK_BYTES]).decode()
        sent = {"media": chunk, "segment_index": number}
        # X's documents show an answer; its own simulator says nothing (204)
        read(client, seam, "POST", f"/2/media/upload/{media_id}/append", json=sent, empty_is_fine=True)
    done = read(client, seam, "POST", f"/2/media/upload/{media_id}/finalize")
    return _told(client, seam, media_id, done, media.alt)


def finish(client: tweepy.Client, seam: Seam, media_id: str, alt: str) -> Upload:
    """Ask what became of media that X was at work on. Raises Refused and Later."""
    told = read(client, seam, "GET", "/2/media/upload", {"command": "STATUS", "media_id": media_id})
    return _told(client, seam, media_id, told, alt)


def _describe(client: tweepy.Client, seam: Seam, media_id: str, alt: str) -> None:
    """Say what it shows, as X's documents have it; where that is refused, with the former names beside them.

    X's own simulator asks for those.
    """
    asked: dict[str, Any] = {"id": media_id, "metadata": {"alt_text": {"text": alt}}}
    try:
        read(client, seam, "POST", "/2/media/metadata", json=asked)
    except Refused as refused:
        if refused.code != "x_refused":
            raise
        read(client, seam, "POST", "/2/media/metadata", json=asked | {"media_id": media_id, "alt_text": alt})


def _told(client: tweepy.Client, seam: Seam, media_id: str, told: dict[str, Any], alt: str) -> Upload:
    """X is done with the media and knows what they show, or says when to ask again."""
    info = dict_of(dict_of(told.get("data")).get("processing_info"))
    if info.get("state") == "failed":
        why = dict_of(info.get("error")).get("message")
        raise Refused("media_unprocessed", why[:300] if isinstance(why, str) else "")
    if info and info.get("state") != "succeeded":
        return Upload(media_id, _pause(info.get("check_after_secs")))
    if alt:
        _describe(client, seam, media_id, alt)
    return Upload(media_id)


def _pause(said: Any) -> int:
    is_known = isinstance(said, int) and not isinstance(said, bool)
    return min(max(said, 1), LONGEST_PAUSE_S) if is_known else 1


def _id(told: dict[str, Any]) -> str:
    found = str(dict_of(told.get("data")).get("id", ""))
    if not (found.isascii() and found.isdigit()):
        raise Later("x_down", "an answer of another shape")
    return found
