"""The fake X's uploads: begun, sent in chunks, finished, worked on for a while, described."""

import base64
import itertools
import json
import re
from dataclasses import dataclass, field
from typing import Any

from tests.loopback.server import Answer, Request

TYPES = {
    "tweet_image": {"image/jpeg", "image/png", "image/webp"},
    "tweet_gif": {"image/gif"},
    "tweet_video": {"video/mp4", "video/quicktime"},
}
MOST_BYTES = {"tweet_image": 5 * 1024**2, "tweet_gif": 15 * 1024**2, "tweet_video": 512 * 1024**2}
MOST_CHUNK = 1024**2


@dataclass
class Upload:
    """What was sent. `looks`: so often it is still worked on."""

    media_type: str
    category: str
    total_bytes: int
    chunks: dict[int, bytes] = field(default_factory=dict)
    is_finished: bool = False
    looks: int = 0
    alt: str = ""

    @property
    def content(self) -> bytes:
        return b"".join(self.chunks[number] for number in sorted(self.chunks))


class Uploads:
    """Media on X.

    | attribute | meaning |
    |---|---|
    | kept | by id |
    | slow_looks | so often X is still at work on the next films and animations |
    | spoils | X can't make anything of the next ones |
    | tells_type | X's documents asked for it until 2026-08, and forbid it since |
    | is_simulator | as X's own simulator: no word about a chunk, and former names for what it shows |
    """

    def __init__(self) -> None:
        self.kept: dict[str, Upload] = {}
        self.slow_looks, self.spoils, self.tells_type, self.is_simulator = 0, False, False, False
        self._ids = itertools.count(1880000000000000001)

    def answer(self, request: Request) -> Answer | None:
        """The answer about media; None elsewhere."""
        if request.name == "POST /2/media/upload/initialize":
            return self._begin(json.loads(request.body))
        if request.name == "GET /2/media/upload":
            return self._told(request.query.get("media_id", ""))
        if request.name == "POST /2/media/metadata":
            return self._describe(json.loads(request.body))
        if step := re.fullmatch(r"POST /2/media/upload/(\d+)/(append|finalize)", request.name):
            if step[1] not in self.kept:
                return _problem("Media not found.")
            return self._append(step[1], json.loads(request.body)) if step[2] == "append" else self._finish(step[1])
        return None

    def fault_of(self, media_ids: list[str]) -> str:
        """What X says of these in one post; nothing: they are fine."""
        found = [self.kept.get(media_id) for media_id in media_ids]
        if not all(each and each.is_finished and not each.looks for each in found):
            return "Your media IDs are invalid."
        kinds = [each.category for each in found if each]
        most = 4 if set(kinds) == {"tweet_image"} else 1
        return "Allowed media types: 4 images, or 1 gif, or 1 video." if len(kinds) > most else ""

    def _begin(self, asked: dict[str, Any]) -> Answer:
        category, size = asked["media_category"], asked["total_bytes"]
        if asked["media_type"] not in TYPES[category] or not 0 < size <= MOST_BYTES[category]:
            return _problem("Media type or size is not allowed.")
        media_id = str(next(self._ids))
        self.kept[media_id] = Upload(asked["media_type"], category, size)
        return self._told(media_id)

    def _append(self, media_id: str, asked: dict[str, Any]) -> Answer:
        chunk = base64.b64decode(asked["media"], validate=True)
        if len(chunk) > MOST_CHUNK:
            return Answer(413, {"title": "Payload Too Large", "status": 413})
        self.kept[media_id].chunks[asked["segment_index"]] = chunk
        return Answer(204) if self.is_simulator else Answer(200, {"data": {"expires_at": 1793700000}, "meta": {}})

    def _finish(self, media_id: str) -> Answer:
        upload = self.kept[media_id]
        if len(upload.content) != upload.total_bytes or sorted(upload.chunks) != list(range(len(upload.chunks))):
            return _problem("Segments do not add up to provided total file size.")
        upload.is_finished = True
        upload.looks = 0 if upload.category == "tweet_image" else self.slow_looks + 1
        return self._told(media_id)

    def _told(self, media_id: str) -> Answer:
        upload = self.kept.get(media_id)
        if upload is None:
            return _problem("Media not found.")
        data: dict[str, Any] = {"id": media_id, "media_key": f"3_{media_id}", "expires_after_secs": 86400}
        if upload.is_finished and upload.category != "tweet_image":
            data["processing_info"] = self._worked(upload) | ({"type": "ProcessingInfo"} if self.tells_type else {})
        return Answer(200, {"data": data, "meta": {}})

    def _worked(self, upload: Upload) -> dict[str, Any]:
        if upload.looks > 1:
            upload.looks -= 1
            return {"state": "in_progress", "check_after_secs": 5, "progress_percent": 30}
        if self.spoils:
            error = {"code": 1, "name": "InvalidMedia", "message": "file is currently unsupported"}
            return {"state": "failed", "error": error}
        upload.looks = 0
        return {"state": "succeeded", "progress_percent": 100}

    def _describe(self, asked: dict[str, Any]) -> Answer:
        text = asked["metadata"]["alt_text"]["text"]
        if self.is_simulator and (asked.get("media_id"), asked.get("alt_text")) != (asked["id"], text):
            return _problem("media_id field is required")
        if asked["id"] not in self.kept or not 0 < len(text) <= 1000:
            return _problem("The alt text is not allowed.")
        self.kept[asked["id"]].alt = text
        return Answer(200, {"data": {"id": asked["id"], "associated_metadata": {"alt_text": {"text": text}}}})


def _problem(detail: str) -> Answer:
    return Answer(400, {"title": "Invalid Request", "detail": detail, "type": "about:blank", "status": 400})
