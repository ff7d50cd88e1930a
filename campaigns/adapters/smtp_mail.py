"""Mail over SMTP: one connection a letter, and an honest answer to how it ended.

A refusal of the letter itself is Refused; whatever concerns the server or our password is Later, since it can be put
right without losing a letter; silence after the letter was handed over is Unknown.
"""

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Never
from urllib.parse import unquote, urlsplit

from campaigns.adapters.envelopes import content_of, envelope
from campaigns.kernel.db import forbid_open
from campaigns.ports import Later, Refused, Unknown
from campaigns.settings import Settings

TIMEOUT_S = 10
OURS_TO_PUT_RIGHT = frozenset({530, 534, 535, 538})
"""Answers that ask for another password or for encryption, not for another letter."""

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class SmtpMailer:
    """A mail server: smtp:// takes STARTTLS when it is offered, smtps:// is encrypted from the start."""

    rehearses = False

    def __init__(self, settings: Settings) -> None:
        parts = urlsplit(settings.smtp_url.get_secret_value())
        self._encrypted = parts.scheme == "smtps"
        self._host = parts.hostname or "localhost"
        self._port = parts.port or (465 if self._encrypted else 587)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        # getfqdn, which smtplib would ask, can wait for a name server
        self._own_name = settings.public_host

    def send(self, letter: EmailMessage) -> None:
        forbid_open()
        sender, recipients = envelope(letter)
        international = not "".join((sender, *recipients)).isascii()
        content = content_of(letter, international=international)
        with self._connection() as smtp:
            if international and not smtp.has_extn("smtputf8"):
                raise Refused("mail_refused", "the server takes no international addresses")
            options = ["SMTPUTF8"] if international else []
            _expect(smtp.mail(sender, options), 250)
            for recipient in recipients:
                _expect(smtp.rcpt(recipient), 250, 251)
            _hand_over(smtp, content)

    def check(self) -> None:
        forbid_open()
        with self._connection() as smtp:
            _expect(smtp.noop(), 250)

    @contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        """A connection that is ready for letters. What fails before or inside leaves as Later or Refused."""
        try:
            smtp = self._connect()
        except smtplib.SMTPResponseException as fault:
            raise Later("mail_down", _said(fault.smtp_code, fault.smtp_error)) from None
        except (OSError, smtplib.SMTPException, ValueError) as fault:
            raise Later("mail_down", _reason(fault)) from None
        try:
            yield smtp
            # the letter is taken: what happens to the farewell can't change that
            with contextlib.suppress(OSError, smtplib.SMTPException):
                smtp.quit()
        except smtplib.SMTPResponseException as fault:
            _sort(fault.smtp_code, _said(fault.smtp_code, fault.smtp_error))
        except (OSError, smtplib.SMTPException) as fault:
            raise Later("mail_down", _reason(fault)) from None
        finally:
            smtp.close()

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        smtp: smtplib.SMTP
        if self._encrypted:
            smtp = smtplib.SMTP_SSL(
                self._host, self._port, local_hostname=self._own_name, timeout=TIMEOUT_S, context=context
            )
        else:
            smtp = smtplib.SMTP(self._host, self._port, local_hostname=self._own_name, timeout=TIMEOUT_S)
        try:
            smtp.ehlo_or_helo_if_needed()
            encrypted = self._encrypted
            if not encrypted and smtp.has_extn("starttls"):
                smtp.starttls(context=context)
                smtp.ehlo()
                encrypted = True
            if self._user:
                if not encrypted and self._host not in LOOPBACK:
                    raise smtplib.SMTPException("the server offers no encryption: the password wasn't sent")
                smtp.login(self._user, self._password)
        except BaseException:
            smtp.close()
            raise
        return smtp


def _hand_over(smtp: smtplib.SMTP, content: bytes) -> None:
    """DATA. From here on silence doesn't mean no."""
    try:
        answer = smtp.data(content)
    except smtplib.SMTPResponseException:
        raise
    except (OSError, smtplib.SMTPException) as fault:
        raise Unknown(_reason(fault)) from None
    _expect(answer, 250)


def _expect(answer: tuple[int, bytes], *codes: int) -> None:
    code, words = answer
    if code not in codes:
        raise smtplib.SMTPResponseException(code, words)


def _sort(code: int, said: str) -> Never:
    if 500 <= code < 600 and code not in OURS_TO_PUT_RIGHT:
        raise Refused("mail_refused", said) from None
    raise Later("mail_down", said) from None


def _said(code: int, words: bytes | str) -> str:
    plain = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {plain}"[:300]


def _reason(fault: Exception) -> str:
    return f"{type(fault).__name__}: {fault}"[:300]
