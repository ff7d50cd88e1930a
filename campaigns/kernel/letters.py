"""Letters: what a mail says, composed whole when its facts are written, so that sending it needs nothing more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import escape
from sqlalchemy.orm import Session

from campaigns.kernel import outbox
from campaigns.kernel.codes import new_id


@dataclass(frozen=True)
class Letter:
    """A short letter: paragraphs, at most one thing to press, at most one code to copy, a foot."""

    subject: str
    paragraphs: Sequence[str]
    foot: str
    code: str = ""
    button: str = ""
    url: str = ""

    def text(self) -> str:
        """For readers without HTML."""
        told = [*self.paragraphs]
        if self.code:
            told.append(f"    {self.code}")
        if self.url:
            told.append(f"{self.button}\n{self.url}")
        return "\n\n".join([*told, f"-- \n{self.foot}"]) + "\n"

    def html(self, locale: str) -> str:
        """The same, calmly laid out. Mail programs know no style sheets: styles stand in the tags."""
        parts = [f'<p style="margin:0 0 16px">{escape(paragraph)}</p>' for paragraph in self.paragraphs]
        if self.code:
            parts.append(
                '<p style="margin:0 0 16px;padding:12px 16px;background:#f6f7f7;border-radius:8px;'
                f'font:600 20px/28px monospace;letter-spacing:1px">{escape(self.code)}</p>'
            )
        if self.url:
            parts.append(
                f'<p style="margin:0 0 24px"><a href="{escape(self.url)}" '
                'style="display:inline-block;padding:10px 18px;border-radius:6px;background:#0b6680;color:#ffffff;'
                'text-decoration:none;font-weight:600">'
                f"{escape(self.button)}</a></p>"
            )
        return (
            f'<!doctype html><html lang="{locale}"><head><meta charset="utf-8"><title>{escape(self.subject)}</title>'
            '</head><body style="margin:0;padding:24px;background:#ffffff;color:#14181b;font:400 16px/24px sans-serif">'
            f'<div style="max-width:520px;margin:0 auto">{"".join(parts)}'
            f'<p style="margin:24px 0 0;color:#61696f;font-size:13px;line-height:20px">{escape(self.foot)}</p>'
            "</div></body></html>"
        )


def put(
    session: Session, key: str, to: str, letter: Letter, *, locale: str, host: str, now: datetime, unsubscribe: str = ""
) -> bool:
    """Promise a letter, in the transaction of what it tells of; a key is promised once.

    `unsubscribe`: where one POST ends such letters, for mail programs too (RFC 8058).

    Its Message-ID is fixed here: a letter that may have been sent already is the same one when it is sent again.
    """
    payload: dict[str, Any] = {
        "to": to, "subject": " ".join(letter.subject.split()), "text": letter.text(), "html": letter.html(locale),
        "locale": locale, "message_id": f"<{new_id()}@{host}>",
    }  # fmt: skip
    if unsubscribe:
        payload["unsubscribe"] = unsubscribe
    return outbox.put(session, "mail", key, payload, now)
