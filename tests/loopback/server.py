"""A small HTTP server on the loopback whose answers can be made to go wrong, one request at a time.

with FakeX(clock) as x:
    x.trouble("POST /2/tweets", Trouble(cut="after", effect=True))   # the next one only
    x.trouble("GET /2/users", Trouble(status=503), times=None)       # until x.calm()
"""

import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    url: str

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Answer:
    """What goes back; a body that isn't bytes or text is sent as JSON."""

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()

    @property
    def kind(self) -> str:
        return "application/json" if not isinstance(self.body, bytes | str) else "text/html; charset=utf-8"


@dataclass(frozen=True)
class Trouble:
    """What goes wrong with a request.

    | field | meaning |
    |---|---|
    | status, body, headers | the answer instead of the right one; no status: the right one |
    | delay_s | waits before it answers |
    | cut | "silent": closes without a word; "half": closes in the middle of the body |
    | effect | the request still does what it asks for; the other side just doesn't hear of it |
    """

    status: int | None = None
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0
    cut: Literal["", "silent", "half"] = ""
    effect: bool = False


HTML = "<html><body>Over capacity</body></html>"


class Loopback:
    """A server; subclasses say what is answered. `requests` keeps all that came, in order."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.lock = threading.RLock()
        self._troubles: list[tuple[str, Trouble, int | None]] = []
        loopback = self

        class Door(_Door):
            server_side = loopback

        self._server = _Server(("127.0.0.1", 0), Door)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, request: Request) -> Answer:
        """What a healthy server does and says."""
        raise NotImplementedError

    def trouble(self, on: str, trouble: Trouble, times: int | None = 1) -> None:
        """Let requests whose "METHOD /path" begins with `on` go wrong so many times; None: until calm()."""
        with self.lock:
            self._troubles.append((on, trouble, times))

    def calm(self) -> None:
        """End all trouble."""
        with self.lock:
            self._troubles.clear()

    def asked(self, name: str) -> list[Request]:
        """The requests that begin so: asked("POST /2/tweets")."""
        return [request for request in self.requests if request.name.startswith(name)]

    def respond(self, request: Request) -> tuple[Answer | None, bool]:
        """The answer, or None for silence; and whether it breaks off in the middle."""
        with self.lock:
            self.requests.append(request)
            trouble = self._next_trouble(request)
        if trouble is None:
            return self.answer(request), False
        if trouble.delay_s:
            time.sleep(trouble.delay_s)
        right = self.answer(request) if trouble.effect or (trouble.status is None and not trouble.cut) else Answer()
        answer = right if trouble.status is None else Answer(trouble.status, trouble.body, trouble.headers)
        if trouble.cut == "silent":
            return None, False
        return answer, trouble.cut == "half"

    def _next_trouble(self, request: Request) -> Trouble | None:
        for place, (on, trouble, times) in enumerate(self._troubles):
            if not request.name.startswith(on):
                continue
            if times is not None:
                self._troubles[place] = (on, trouble, times - 1)
                if times <= 1:
                    del self._troubles[place]
            return trouble
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that didn't wait for its answer is what some tests are about; all else is a fault of the server."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Door(BaseHTTPRequestHandler):
    server_side: Loopback
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        parts = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
            url=self.server_side.url + self.path,
        )
        answer, breaks_off = self.server_side.respond(request)
        self.close_connection = True
        if answer is None:
            return
        content = answer.content
        self.send_response(answer.status)
        for name, value in ({"Content-Type": answer.kind} | answer.headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content) + (1 if breaks_off else 0)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if breaks_off else content)

    do_GET: Callable[[Any], None] = _serve
    do_POST: Callable[[Any], None] = _serve
    do_DELETE: Callable[[Any], None] = _serve

    def log_message(self, *_: object) -> None:
        """Says nothing."""
