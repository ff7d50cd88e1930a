"""Deliveries: white papers given to leads, and their downloads."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns.kernel.codes import Signer, new_id
from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base, put_once
from campaigns.kernel.errors import problem

PURPOSE = "download"
MAILED = "mail"


class Delivery(Base):
    """A white paper given to a lead: once a lead and offer; each real download is counted."""

    __tablename__ = "deliveries"
    __table_args__ = (Index("ux_deliveries_lead_offer", "lead_id", "offer_id", unique=True),)

    id: Mapped[Pk]
    lead_id: Mapped[str] = mapped_column(ID, ForeignKey("leads.id"))
    offer_id: Mapped[str] = mapped_column(ID, ForeignKey("offers.id"))
    created_at: Mapped[datetime]
    downloads: Mapped[int]
    first_at: Mapped[datetime | None]
    last_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


def give(session: Session, lead_id: str, offer_id: str, now: datetime) -> tuple[Delivery, bool]:
    """The delivery of an offer to a lead, and whether it is new. 1 query, 2 for one that was there."""
    new = Delivery(
        id=new_id(), lead_id=lead_id, offer_id=offer_id, created_at=now, downloads=0, first_at=None, last_at=None,
        revoked_at=None,
    )  # fmt: skip
    if put_once(session, new):
        return new, True
    wanted = select(Delivery).where(Delivery.lead_id == lead_id, Delivery.offer_id == offer_id)
    return session.scalars(wanted).one(), False


def token(signer: Signer, delivery: Delivery, now: datetime, *, mailed: bool = False) -> str:
    """What its link carries: signed, for this delivery and this offer alone. `mailed`: it stands in a letter."""
    return signer.sign(PURPOSE, [delivery.id, delivery.offer_id, *([MAILED] if mailed else [])], now)


def is_mailed(value: list[str]) -> bool:
    """Whether a token stood in a letter, and not on the page of thanks.

    >>> is_mailed(["d", "o", "mail"]), is_mailed(["d", "o"])
    (True, False)
    """
    return value[2:] == [MAILED]


def get(session: Session, value: list[str]) -> Delivery | None:
    """The delivery that a token tells of, even if it was revoked."""
    delivery = session.get(Delivery, value[0])
    return delivery if delivery and delivery.offer_id == value[1] else None


def find(session: Session, value: list[str]) -> Delivery:
    """The delivery that a token tells of. Raises forbidden (`token_forged`), gone (`token_expired`) when revoked."""
    delivery = get(session, value)
    if delivery is None:
        raise problem("forbidden", "token_forged")
    if delivery.revoked_at:
        raise problem("gone", "token_expired")
    return delivery


def note_download(session: Session, delivery_id: str, now: datetime) -> None:
    """One that was sent whole."""
    session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id)
        .values(downloads=Delivery.downloads + 1, first_at=func.coalesce(Delivery.first_at, now), last_at=now)
        .execution_options(synchronize_session=False)
    )
