"""The World: settings, the database and the ports, as one value that is passed and never imported."""

from dataclasses import dataclass

from campaigns.kernel.codes import Signer
from campaigns.kernel.db import Database
from campaigns.kernel.limits import LocalLimits
from campaigns.kernel.vaults import Vault
from campaigns.ports import Clock, Connector, Files, Mailer, Payments, Publisher, Publishers, Rehearsal
from campaigns.settings import Settings
from campaigns.tracking.countries import Countries
from campaigns.tracking.directory import Directory
from campaigns.tracking.spool import Spool


@dataclass(frozen=True)
class World:
    """All that a flow may touch.

    `rehearsal` is there when at least one port rehearses; `limits` counts on this node only (public forms);
    `connector` is there when the settings name an app on X;
    `directory` and `spool` are this process's own: the links that it knows, the hits that it keeps.
    """

    settings: Settings
    db: Database
    clock: Clock
    signer: Signer
    vault: Vault
    limits: LocalLimits
    directory: Directory
    spool: Spool
    countries: Countries
    publisher: Publisher
    publishers: Publishers
    connector: Connector | None
    payments: Payments
    mailer: Mailer
    files: Files
    rehearsal: Rehearsal | None

    @property
    def rehearsing(self) -> tuple[str, ...]:
        """The names of the ports that rehearse: x, stripe, mail."""
        ports = (("x", self.publisher), ("stripe", self.payments), ("mail", self.mailer))
        return tuple(name for name, port in ports if port.rehearses)

    def close(self) -> None:
        """Let go of files and connections; what is spooled stays for the drainer."""
        self.spool.close()
        self.directory.close()
        self.db.close()
