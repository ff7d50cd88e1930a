"""A mail server on the loopback that keeps what it is given, and can refuse, stall or vanish."""

import asyncio
import socket
import ssl
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Self, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "perchoir", "p@ss word/1"


@dataclass
class MailServer:
    """A server; `letters` are what it took, in order.

    | attribute | meaning |
    |---|---|
    | refuses | stage (MAIL, RCPT, DATA) → the answer instead of 250, for as long as it stands there |
    | vanishes | "before": cuts at RCPT; "after": takes the letter and cuts without a word |
    | wants_password | AUTH is asked for (perchoir and its password) |
    | tls | STARTTLS is offered with this context; with `encrypted` the connection begins with it |
    """

    refuses: dict[str, str] = field(default_factory=dict)
    vanishes: str = ""
    wants_password: bool = False
    tls: ssl.SSLContext | None = None
    encrypted: bool = False
    letters: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    logins: int = 0
    encrypted_letters: int = 0

    def __enter__(self) -> Self:
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=_free_port(),
            authenticator=self._authenticate,
            auth_require_tls=False,
            tls_context=None if self.encrypted else self.tls,
            ssl_context=self.tls if self.encrypted else None,
        )
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    @property
    def url(self) -> str:
        who = "perchoir:p%40ss%20word%2F1@" if self.wants_password else ""
        return f"{'smtps' if self.encrypted else 'smtp'}://{who}127.0.0.1:{self._controller.port}"

    @property
    def environ(self) -> dict[str, str]:
        """What connects Perchoir to it."""
        return {"PERCHOIR_SMTP_URL": self.url}

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.wants_password and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        return self.refuses.get("MAIL", "250 OK")

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.vanishes == "before":
            _cut(server)
        if "RCPT" not in self.refuses:
            envelope.rcpt_tos.append(address)
        return self.refuses.get("RCPT", "250 OK")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if "DATA" in self.refuses:
            return self.refuses["DATA"]
        letter = message_from_bytes(cast(bytes, envelope.original_content), policy=default)
        self.letters.append(letter)
        self.envelopes.append((str(envelope.mail_from), list(envelope.rcpt_tos)))
        self.encrypted_letters += session.ssl is not None or self.encrypted
        if self.vanishes == "after":
            _cut(server)
        return "250 OK"

    def _authenticate(self, server: SMTP, session: Session, envelope: Envelope, how: str, data: Any) -> AuthResult:
        given = (data.login, data.password) if isinstance(data, LoginPassword) else None
        right = given == (USER.encode(), PASSWORD.encode())
        self.logins += right
        return AuthResult(success=right, handled=right)  # aiosmtpd says no itself


def _cut(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.WriteTransport)
    server.transport.abort()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
