"""Papers: the PDF of a white-paper offer, checked by its content."""

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pypdfium2
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel import editions, texts
from campaigns.kernel.columns import ID
from campaigns.kernel.db import Base, conflict_insert
from campaigns.kernel.errors import problem
from campaigns.planning.pictures import small_webp

COVER_PX, COVER_MAX_BYTES = 800, 60_000
_pdfium = threading.Lock()  # PDFium isn't thread-safe: two at once end the process


class Paper(Base):
    """The current PDF of an offer. Files are kept under `file_key` (the PDF) and `cover_key` (a WebP of page 1)."""

    __tablename__ = "papers"

    offer_id: Mapped[str] = mapped_column(ID, ForeignKey("offers.id"), primary_key=True)
    sha256: Mapped[str]
    bytes: Mapped[int]
    pages: Mapped[int]
    name: Mapped[str]  # what the prospect's file is called
    file_key: Mapped[str]
    cover_key: Mapped[str | None]
    uploaded_at: Mapped[datetime]


@dataclass(frozen=True)
class PaperFacts:
    """How many pages a PDF has, and the first one as a WebP of at most 60 KB."""

    pages: int
    cover: bytes


def check_size(size: int, most: int) -> None:
    """Raises invalid (`paper_too_large`)."""
    if size > most:
        raise problem("invalid", "paper_too_large", "paper", mb=round(size / 1e6, 1), most_mb=round(most / 1e6, 1))


def inspect(content: bytes) -> PaperFacts:
    """Read a PDF by its content, whatever it is called.

    Raises invalid (`paper_not_pdf`, `paper_encrypted`, `paper_broken`, `paper_empty`).
    """
    # Readers forgive garbage in front of it; a file that is HTML to one program and PDF to another isn't welcome.
    if not content.startswith(b"%PDF-"):
        raise problem("invalid", "paper_not_pdf", "paper")
    with _pdfium:
        document = _open(content)
        try:
            return _facts(document)
        except pypdfium2.PdfiumError:
            raise problem("invalid", "paper_broken", "paper") from None
        finally:
            document.close()


def _open(content: bytes) -> Any:
    try:
        return pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError:
        raise problem("invalid", _opening_fault(content), "paper") from None


def _opening_fault(content: bytes) -> str:
    """Why PDFium didn't open it: asked again, since the library tells a PDF without pages by whatever failed last."""
    opened = pypdfium2.raw.FPDF_LoadMemDocument64(content, len(content), None)
    if opened:
        pypdfium2.raw.FPDF_CloseDocument(opened)
        return "paper_empty"
    is_locked = pypdfium2.raw.FPDF_GetLastError() == pypdfium2.raw.FPDF_ERR_PASSWORD
    return "paper_encrypted" if is_locked else "paper_broken"


def _facts(document: Any) -> PaperFacts:
    page = document[0]
    width, height = page.get_size()
    # the longer side decides, so that a page of ten metres costs no more than another
    bitmap = page.render(scale=COVER_PX / max(width, height, 1))
    cover = small_webp(bitmap.to_pil().convert("RGB"), COVER_MAX_BYTES)
    return PaperFacts(len(document), cover)


def file_name(name: str, fallback: str) -> str:
    """What the prospect's file is called: never a path, always .pdf.

    >>> file_name("../../etc/Six Fridays.PDF", "paper"), file_name("", "Le guide"), file_name("C:\\\\x\\\\a.b", "g")
    ('Six Fridays.pdf', 'Le guide.pdf', 'a.b.pdf')
    """
    last = texts.line(name.replace("\\", "/").rpartition("/")[2])
    stem = last[:-4] if last.lower().endswith(".pdf") else last
    kept = "".join(c for c in stem if not texts.has_control(c) and c not in '<>:"/\\|?*').strip(" .")
    return f"{kept[:100] or fallback[:100].replace('/', '-')}.pdf"


def get(session: Session, offer_id: str) -> Paper | None:
    """The paper of an offer, if one was uploaded."""
    return session.scalars(select(Paper).where(Paper.offer_id == offer_id)).one_or_none()


def find(session: Session, offer_id: str) -> Paper:
    """The paper of an offer. Raises missing (`paper_missing`)."""
    found = get(session, offer_id)
    if found is None:
        raise problem("missing", "paper_missing")
    return found


def replace(session: Session, offer_id: str, **values: Any) -> Paper:
    """Make this the offer's paper; two at once leave one of the two, whole."""
    statement = conflict_insert(session, Paper).values(offer_id=offer_id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["offer_id"], set_=values))
    editions.turn(session)
    kept = select(Paper).where(Paper.offer_id == offer_id)
    return session.scalars(kept, execution_options={"populate_existing": True}).one()
