"""Accounts on X that were connected here, beside the one that the settings open; rehearsed ones live beside real ones.

What opens an account is kept encrypted. Where a tweet names no account, it goes out by the usual one: the settings',
or the rehearsal's.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import UniqueConstraint, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from campaigns import ports
from campaigns.kernel.codes import is_id, new_id
from campaigns.kernel.columns import ID, Pk
from campaigns.kernel.db import Base, changed, take_turns
from campaigns.kernel.errors import problem
from campaigns.kernel.vaults import Vault
from campaigns.ports import Keys

Kind = Literal["oauth1", "oauth2", "rehearsal"]
EARLY = timedelta(minutes=5)
"""A token is refreshed before it ends: clocks differ, and a post takes a while."""
REFRESH = timedelta(seconds=60)
"""So long one refresher has a token for itself."""


class XAccount(Base):
    """An account that was connected.

    | column | meaning |
    |---|---|
    | x_id, handle, name | X's own words for it |
    | sealed | token, secret and refresh token, encrypted (kernel.vaults); None once it was disconnected |
    | scopes | of OAuth 2, as X granted them |
    | ends_at | when the token of OAuth 2 ends; refreshing_until: somebody gets another one |
    | zone | in which its tweets are planned |
    | worked_at | when X last took something; problem, detail, problem_at: what it last refused, until it works again |
    """

    __tablename__ = "accounts"
    __table_args__ = (UniqueConstraint("x_id", "kind"),)

    id: Mapped[Pk]
    kind: Mapped[Kind]
    x_id: Mapped[str]
    handle: Mapped[str]
    name: Mapped[str]
    sealed: Mapped[str | None]
    scopes: Mapped[str]
    ends_at: Mapped[datetime | None]
    refreshing_until: Mapped[datetime | None]
    zone: Mapped[str]
    worked_at: Mapped[datetime | None]
    problem: Mapped[str | None]
    detail: Mapped[str | None]
    problem_at: Mapped[datetime | None]
    connected_by: Mapped[str | None] = mapped_column(ID)
    connected_at: Mapped[datetime]
    disconnected_at: Mapped[datetime | None]

    @property
    def rehearses(self) -> bool:
        """Whether its tweets stay on the wall."""
        return self.kind == "rehearsal"


def connect(
    session: Session, vault: Vault, kind: Kind, whose: ports.Account, keys: Keys, *, zone: str, user_id: str | None,
    now: datetime,
) -> XAccount:  # fmt: skip
    """A new account; one that was connected already has other keys from now on, and its tweets stay. Queries: 3."""
    take_turns(session, f"account:{whose.id}")
    # whatever opened it before: its tweets and what X counts of it go on
    known = select(XAccount).where(XAccount.x_id == whose.id).order_by(XAccount.connected_at.desc()).limit(1)
    found = session.scalars(known).one_or_none()
    if found is None:
        found = XAccount(id=new_id(), x_id=whose.id, zone=zone)
        session.add(found)
    found.kind = kind
    found.handle, found.name, found.scopes = whose.handle, whose.name, keys.scopes
    found.sealed, found.ends_at, found.refreshing_until = _sealed(vault, keys), keys.ends_at, None
    found.worked_at, found.problem, found.detail, found.problem_at = now, None, None, None
    found.connected_by, found.connected_at, found.disconnected_at = user_id, now, None
    session.flush()
    return found


def disconnect(account: XAccount, now: datetime) -> None:
    """Its keys are forgotten; its tweets and what they brought stay."""
    account.sealed, account.ends_at, account.disconnected_at = None, None, now


def find(session: Session, account_id: str, *, to_change: bool = False) -> XAccount:
    """An account, connected or not. Raises missing (`account_missing`).

    | argument | meaning |
    |---|---|
    | to_change | nobody else changes it until this transaction ends |
    """
    found = session.get(XAccount, account_id, with_for_update=to_change or None) if is_id(account_id) else None
    if found is None:
        raise problem("missing", "account_missing")
    return found


def list_of(session: Session) -> list[XAccount]:
    """Those that are connected, as they came. 1 query; a company has a few."""
    connected = select(XAccount).where(XAccount.disconnected_at.is_(None))
    return list(session.scalars(connected.order_by(XAccount.connected_at, XAccount.id)))


def usable(session: Session, account_id: str) -> XAccount:
    """One that a tweet may be given to. Raises invalid (`account_missing`, `x_account_gone`)."""
    found = session.get(XAccount, account_id) if is_id(account_id) else None
    if found is None:
        raise problem("invalid", "account_missing", "account_id")
    if found.disconnected_at:
        raise problem("invalid", "x_account_gone", "account_id")
    return found


@dataclass(frozen=True)
class Usual:
    """The account of a tweet that names none: whether it only rehearses, and whether the settings name one on X."""

    rehearses: bool
    has_own: bool


def rehearses(session: Session, account_id: str | None, usual: Usual) -> bool:
    """Whether what this account posts stays on the wall. None: the usual one.

    Raises invalid (`account_missing`, `x_account_gone`, `account_needed` where there is no usual one). Queries: 1.
    """
    if account_id:
        return usable(session, account_id).rehearses
    if not usual.rehearses and not usual.has_own:
        raise problem("invalid", "account_needed", "account_id")
    return usual.rehearses


def access(account: XAccount, vault: Vault) -> ports.Access:
    """What the port takes. Raises gone (`x_account_gone`, `vault_closed`)."""
    if account.disconnected_at:
        raise problem("gone", "x_account_gone")
    whose = ports.Account(account.x_id, account.handle, account.name)
    if account.kind == "rehearsal":
        return ports.Access("rehearsal", whose)
    keys = keys_of(account, vault)
    return ports.Access(account.kind, whose, keys.token, keys.secret)


def keys_of(account: XAccount, vault: Vault) -> Keys:
    """In the clear. Raises gone (`x_account_gone`, `vault_closed`)."""
    if account.sealed is None:
        raise problem("gone", "x_account_gone")
    token, secret, refresh = json.loads(vault.unlock(account.sealed))
    return Keys(token, secret, refresh, account.ends_at, account.scopes)


def worked(session: Session, account_id: str, now: datetime) -> None:
    """X took something. 1 query."""
    values = {"worked_at": now, "problem": None, "detail": None, "problem_at": None}
    session.execute(update(XAccount).where(XAccount.id == account_id).values(values))


def failed(session: Session, account_id: str, code: str, detail: str, now: datetime) -> None:
    """X refused, or asks to wait. 1 query."""
    values = {"problem": code, "detail": detail or None, "problem_at": now}
    session.execute(update(XAccount).where(XAccount.id == account_id).values(values))


def needs_refresh(account: XAccount, now: datetime) -> bool:
    """Whether its token ends soon."""
    return account.ends_at is not None and account.ends_at <= now + EARLY


def take_refresh(session: Session, account_id: str, now: datetime) -> bool:
    """Have the refreshing of a token for oneself, for a minute; False when somebody else does it. 1 query."""
    free = or_(XAccount.refreshing_until.is_(None), XAccount.refreshing_until <= now)
    mine = update(XAccount).where(XAccount.id == account_id, free).values(refreshing_until=now + REFRESH)
    return bool(changed(session, mine))


def ended(session: Session, account_id: str, now: datetime) -> None:
    """X takes its token no more, whatever was said of its time. 1 query."""
    session.execute(update(XAccount).where(XAccount.id == account_id).values(ends_at=now))


def leave_refresh(session: Session, account_id: str) -> None:
    """X gave nothing: the next one who needs it may try. 1 query."""
    session.execute(update(XAccount).where(XAccount.id == account_id).values(refreshing_until=None))


def refreshed(session: Session, vault: Vault, account_id: str, keys: Keys, now: datetime) -> None:
    """Keep the new keys: X took the old refresh token with the request. 1 query."""
    values = {
        "sealed": _sealed(vault, keys), "ends_at": keys.ends_at, "refreshing_until": None, "worked_at": now,
        "problem": None, "detail": None, "problem_at": None,
    }  # fmt: skip
    session.execute(update(XAccount).where(XAccount.id == account_id).values(values))


def relock(session: Session, vault: Vault) -> int:
    """Encrypt everything under the first key, so that a former one may go. How many accounts. Queries: 1 each."""
    # held until the end: a token that is refreshed meanwhile would be written over by its former one
    found = session.scalars(select(XAccount).where(XAccount.sealed.is_not(None)).with_for_update()).all()
    for account in found:
        account.sealed = vault.relock(account.sealed or "")
    return len(found)


def _sealed(vault: Vault, keys: Keys) -> str:
    return vault.lock(json.dumps([keys.token, keys.secret, keys.refresh]))
