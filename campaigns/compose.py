"""Makes the World: each port real where its keys are set, rehearsed where not. The only importer of adapters.

An adapter is imported when it is chosen: Stripe's and X's libraries cost half a second of start-up.
"""

from dataclasses import dataclass

from campaigns.adapters.file_store import FileStore
from campaigns.adapters.rehearsal_file import RehearsalFile
from campaigns.adapters.stripe_events import Secrets
from campaigns.adapters.system_clock import SystemClock
from campaigns.kernel.codes import Signer
from campaigns.kernel.db import Database
from campaigns.kernel.limits import LocalLimits
from campaigns.kernel.vaults import Vault
from campaigns.ports import Access, Account, Clock, Connector, Mailer, Payments, Publisher, Publishers, Rehearsal
from campaigns.settings import Settings
from campaigns.tracking.countries import Countries
from campaigns.tracking.directory import Directory
from campaigns.tracking.spool import Spool
from campaigns.world import World


def world(settings: Settings, clock: Clock | None = None) -> World:
    """The World of these settings; makes the data folder, opens no socket.

    | argument | meaning |
    |---|---|
    | clock | the machine's, unless a test brings its own |
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    clock = clock or SystemClock()
    (publisher, publishers), payments, mailer = (
        _publishers(settings, clock),
        _payments(settings, clock),
        _mailer(settings, clock),
    )
    rehearses = publisher.rehearses or payments.rehearses or mailer.rehearses
    db = Database(settings.database)
    return World(
        settings=settings,
        db=db,
        clock=clock,
        signer=Signer(settings.keys()),
        vault=Vault(settings.keys()),
        limits=LocalLimits(settings.data_dir / "limits.db"),
        directory=Directory(db, settings),
        spool=Spool(settings.spool_dir, settings.click_durability),
        countries=Countries(settings.country_db),
        publisher=publisher,
        publishers=publishers,
        connector=_connector(settings, clock),
        payments=payments,
        mailer=mailer,
        files=FileStore(settings.data_dir / "files"),
        rehearsal=_rehearsal(settings) if rehearses else None,
    )


def _publishers(settings: Settings, clock: Clock) -> tuple[Publisher, Publishers]:
    """X by the account of the settings, and by those that were connected here."""
    from campaigns.adapters.rehearsal import HANDLE, RehearsalPublisher, RehearsalPublishers

    file = _rehearsal_file(settings)
    wall = RehearsalPublishers(file, clock)
    if settings.has_x:
        from campaigns.adapters.x_tweepy import XPublisher, XPublishers

        return XPublisher(settings, clock), Apart(XPublishers(settings, clock), wall)
    return RehearsalPublisher(file, clock, Account("1", HANDLE, settings.organization)), wall


def _connector(settings: Settings, clock: Clock) -> Connector | None:
    if not settings.has_x:
        return None
    from campaigns.adapters.x_connect import XConnector

    return XConnector(settings, clock)


@dataclass(frozen=True)
class Apart:
    """Rehearsed accounts live beside real ones."""

    real: Publishers
    wall: Publishers

    def of(self, access: Access) -> Publisher:
        """By whichever the account is of."""
        return (self.wall if access.kind == "rehearsal" else self.real).of(access)


def _payments(settings: Settings, clock: Clock) -> Payments:
    stripe_secrets = tuple(secret.get_secret_value() for secret in settings.stripe_webhook_secrets)
    if settings.stripe_secret_key.get_secret_value():
        from campaigns.adapters.stripe_payments import StripePayments

        return StripePayments(settings, Secrets(stripe_secrets))
    from campaigns.adapters.rehearsal_payments import RehearsalPayments, rehearsal_secret

    keys = settings.keys()
    secrets = Secrets(stripe_secrets, tuple(rehearsal_secret(key) for key in keys))
    return RehearsalPayments(_rehearsal_file(settings), clock, secrets, settings.public_url)


def _mailer(settings: Settings, clock: Clock) -> Mailer:
    if settings.smtp_url.get_secret_value():
        from campaigns.adapters.smtp_mail import SmtpMailer

        return SmtpMailer(settings)
    from campaigns.adapters.rehearsal import RehearsalMailer

    return RehearsalMailer(_rehearsal_file(settings), clock)


def _rehearsal(settings: Settings) -> Rehearsal:
    from campaigns.adapters.rehearsal import Rehearsed
    from campaigns.adapters.rehearsal_payments import rehearsal_secret

    return Rehearsed(_rehearsal_file(settings), rehearsal_secret(settings.keys()[0]))


def _rehearsal_file(settings: Settings) -> RehearsalFile:
    return RehearsalFile(settings.data_dir / "rehearsal.db")
