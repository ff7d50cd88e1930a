"""Settings: read once from the environment, frozen, all faults told at once."""

import hashlib
import os
import secrets
from collections.abc import Mapping
from decimal import Decimal
from email.utils import parseaddr
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from campaigns.kernel import zones
from campaigns.kernel.money import currencies

PREFIX = "PERCHOIR_"
COMMON_SECRETS = frozenset({"secret", "changeme", "change-me", "dev", "development", "password", "perchoir", "test"})


Durability = Literal["process", "group", "strict"]


class BadSettings(Exception):
    """What is wrong with the environment: one line a setting."""


def _words(value: Any) -> Any:
    return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value


def _figure(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isdecimal() else value


Level = Annotated[Literal[0, 1, 2], BeforeValidator(_figure)]  # an environment holds texts
Words = Annotated[list[str], BeforeValidator(_words)]
Secrets = Annotated[list[SecretStr], BeforeValidator(_words)]


class Settings(BaseSettings):
    """Every setting of the product. The environment's name is PERCHOIR_ and the field in capitals; PORT is plain.

    Descriptions are what docs/settings.md and .env.example are checked against.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True)

    data_dir: Path = Field(Path("data"), description="Folder of everything kept: database, files, rehearsal, key")
    database_url: str = Field("", description="sqlite:///path or postgresql://…; empty: SQLite in the data folder")
    base_url: str = Field("", description="Public address, https://…; empty: http://localhost and the port")
    port: int = Field(8000, ge=1, le=65535, alias="PORT", description="Port that serve listens on")
    short_url: str = Field("", description="Address of a domain for short links alone, as in https://go.example.com")
    host: str = Field("127.0.0.1", description="Address that serve listens on")
    processes: int = Field(1, ge=1, le=64, description="Web processes")
    threads: int = Field(64, ge=1, le=1024, description="Threads of each web process")
    secret_key: SecretStr = Field(
        SecretStr(""), description="Signs sessions and tokens, 32 characters or more; empty: made on the first start"
    )
    secret_key_fallbacks: Annotated[Secrets, Field(json_schema_extra={"list": True})] = Field(
        [], description="Former keys, comma-separated, that still verify"
    )
    trusted_proxies: int = Field(0, ge=0, le=5, description="How many proxies in front add X-Forwarded-For")
    trusted_hosts: Words = Field([], description="Other host names that may be asked for, comma-separated")

    locale: Literal["en", "fr"] = Field("en", description="Language of the staff pages and mails until a user chooses")
    zone: str = Field("Europe/Paris", description="Time zone until a user chooses, as in Europe/Paris")
    currency: str = Field("EUR", description="Currency proposed in forms")
    organization: str = Field("Perchoir", max_length=80, description="Name shown on landing pages and in mails")
    organization_address: str = Field("", max_length=300, description="Postal address at the foot of landing pages")
    privacy_url: str = Field("", description="Your privacy notice, linked from landing pages")

    x_consumer_key: SecretStr = Field(SecretStr(""), description="X: the app's key; empty: X is rehearsed")
    x_consumer_secret: SecretStr = Field(SecretStr(""), description="X: the app's secret")
    x_access_token: SecretStr = Field(SecretStr(""), description="X: the account's token")
    x_access_token_secret: SecretStr = Field(
        SecretStr(""), validation_alias="PERCHOIR_X_ACCESS_SECRET", validate_default=True,
        description="X: the account's token secret",
    )  # fmt: skip
    x_client_id: SecretStr = Field(
        SecretStr(""), description="X: the app's OAuth 2 client id, to connect accounts by it"
    )
    x_client_secret: SecretStr = Field(SecretStr(""), description="X: that client's secret; a public client has none")
    x_price_post: Decimal = Field(Decimal("0.015"), ge=0, le=100, description="X: dollars for a post without a link")
    x_price_link: Decimal = Field(Decimal("0.200"), ge=0, le=100, description="X: dollars for a post with a link")
    x_price_repost: Decimal = Field(Decimal("0.015"), ge=0, le=100, description="X: dollars for a repost")
    x_price_delete: Decimal = Field(Decimal("0.010"), ge=0, le=100, description="X: dollars for taking a post down")
    x_price_own_read: Decimal = Field(
        Decimal("0.001"), ge=0, le=100, description="X: dollars for reading a post of one's own, once a day (UTC)"
    )
    x_monthly_cap: Decimal = Field(
        Decimal(0), ge=0, le=1_000_000, description="X: dollars a month after which nothing is posted any more; 0: none"
    )
    x_api_base: str = Field("https://api.twitter.com", description="X: where the API is")
    stripe_secret_key: SecretStr = Field(SecretStr(""), description="Stripe: the key; empty: payments are rehearsed")
    stripe_api_base: str = Field("https://api.stripe.com", description="Stripe: where the API is")
    stripe_webhook_secrets: Secrets = Field(
        [], description="Stripe: signing secrets of the webhook, comma-separated; they work without a key too"
    )
    smtp_url: SecretStr = Field(
        SecretStr(""), description="smtp://user:password@host:587 or smtps://…:465; empty: mails are rehearsed"
    )
    mail_from: str = Field("Perchoir <perchoir@localhost>", description="Sender of the mails")

    identity_level: Level = Field(
        1, description="0: visitors are never told apart; 1: within a day, without a cookie; 2: with consent, a cookie"
    )
    click_durability: Durability = Field(
        "group", description="A click survives: process, kill -9; group, a power cut but its last 50 ms; strict, both"
    )
    country_db: Path | None = Field(None, description="Database of countries (MMDB) that you bring; empty: none")
    utm_source: str = Field("twitter", description="utm_source of the links in tweets")
    utm_medium: str = Field("social", description="utm_medium of the links in tweets")
    hits_kept_days: int = Field(395, ge=2, le=3650, description="Days after which raw hits are deleted; counts stay")
    session_idle_s: int = Field(8 * 3600, ge=300, description="Seconds without use after which a session ends")
    session_max_s: int = Field(7 * 86400, ge=3600, description="Seconds after which a session ends anyhow")
    download_token_s: int = Field(7 * 86400, ge=60, description="Seconds that a white paper's link works")
    late_limit_s: int = Field(
        7200, ge=60, description="Seconds after its time in which a tweet is still posted; later it counts as missed"
    )
    report_wait_s: float = Field(
        1, ge=0, le=60, description="Seconds that the page of a report computes before it shows how far it is"
    )
    lookback_days: int = Field(90, ge=1, le=395, description="Days before a conversion in which a touch counts")
    paper_max_bytes: int = Field(25_000_000, ge=10_000, description="Largest white paper")
    approval: Literal["off", "required"] = Field(
        "off", description="required: only administrators, or those they asked, let a tweet go out"
    )
    media_max_bytes: int = Field(
        50_000_000, ge=10_000, le=512_000_000, description="Largest picture or film of a tweet"
    )
    picture_max_bytes: int = Field(8_000_000, ge=10_000, description="Largest picture")
    forms_per_minute: int = Field(20, ge=1, description="Public forms from one address before it is asked to confirm")
    form_min_s: int = Field(2, ge=0, description="Seconds under which a filled form is asked to confirm")
    signins_per_5_minutes: int = Field(10, ge=1, description="Wrong passwords of one account in five minutes")
    coupon_tries_per_minute: int = Field(20, ge=1, description="Tries of coupon codes from one address in a minute")
    metrics_token: SecretStr = Field(
        SecretStr(""), description="Opens /metrics as a bearer token, 32 characters or more; empty: this machine alone"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="How much is logged")

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: Any, **__: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `read` hands over: no file and no environment is read behind its back."""
        return (init_settings,)

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Settings":
        """The settings of an environment. Raises BadSettings with one line for each fault."""
        given: dict[str, Any] = {}
        for name in cls.model_fields:
            variable = cls.variable(name)
            if environ.get(variable):
                given[_key(cls, name)] = environ[variable]
        try:
            return cls(**given)
        except ValidationError as refused:
            lines = []
            for fault in refused.errors(include_url=False, include_input=False):
                where = str(fault["loc"][0]) if fault["loc"] else ""
                variable = where if where == "PORT" or where.startswith(PREFIX) else f"{PREFIX}{where}".upper()
                lines.append(f"{variable if where else 'settings'}: {fault['msg'].removeprefix('Value error, ')}")
            raise BadSettings("\n".join(lines)) from None

    @classmethod
    def variable(cls, name: str) -> str:
        """The environment's name of a field."""
        info = cls.model_fields[name]
        alias = info.validation_alias or info.alias
        return alias if isinstance(alias, str) else f"{PREFIX}{name}".upper()

    @field_validator("base_url", "short_url", "x_api_base", "stripe_api_base", "privacy_url")
    @classmethod
    def _http(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or parts.username or not _has_host(parts)):
            raise ValueError("write an address that begins with https://")
        return value.rstrip("/")

    @field_validator("base_url", "short_url", "x_api_base", "stripe_api_base")
    @classmethod
    def _begins_addresses(cls, value: str) -> str:
        if "?" in value or "#" in value:
            raise ValueError("leave out ? and #: other addresses begin with this one")
        return value

    @field_validator("short_url")
    @classmethod
    def _stands_alone(cls, value: str, info: ValidationInfo) -> str:
        # codes stand at its root and no page is served there: on the public address nobody could sign in any more
        if value and urlsplit(value).path:
            raise ValueError("write a domain alone: codes stand right behind it")
        if value and urlsplit(value).hostname == (urlsplit(info.data.get("base_url") or "").hostname or "localhost"):
            raise ValueError("write a domain of its own, not the public address's")
        return value

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        value = value.replace("postgres://", "postgresql://", 1)
        value = value.replace("postgresql://", "postgresql+psycopg://", 1)
        if value and not _is_database(value):
            raise ValueError("write sqlite:///path or postgresql://user:password@host/name")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _smtp(cls, value: SecretStr) -> SecretStr:
        parts = urlsplit(value.get_secret_value())
        if value.get_secret_value() and (parts.scheme not in ("smtp", "smtps") or not _has_host(parts)):
            raise ValueError("write smtp://host:port or smtps://user:password@host:port")
        return value

    @field_validator("mail_from")
    @classmethod
    def _sender(cls, value: str) -> str:
        # with a sender that can't be read every letter would be refused, and lost
        name, _, domain = parseaddr(value)[1].rpartition("@")
        if not name or not domain or not value.isprintable():
            raise ValueError("write Name <name@example.com>")
        return value

    @field_validator("zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        if value not in zones.names():
            raise ValueError("write a zone such as Europe/Paris")
        return value

    @field_validator("currency")
    @classmethod
    def _currency(cls, value: str) -> str:
        if value.upper() not in currencies():
            raise ValueError("write a currency such as EUR")
        return value.upper()

    @field_validator("secret_key", "secret_key_fallbacks", "metrics_token")
    @classmethod
    def _hard_to_guess(cls, value: SecretStr | list[SecretStr]) -> SecretStr | list[SecretStr]:
        # who guesses a former key forges as well as with the present one
        for key in value if isinstance(value, list) else [value]:
            secret = key.get_secret_value()
            if secret and (len(secret) < 32 or secret.lower() in COMMON_SECRETS or len(set(secret)) < 8):
                raise ValueError(
                    "write 32 random characters or more (python -c 'import secrets; print(secrets.token_hex())')"
                )
        return value

    @field_validator("x_access_token_secret")
    @classmethod
    def _together(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        # asked of the last of the four, since a check of the whole model waits until nothing else is wrong
        names = ("x_consumer_key", "x_consumer_secret", "x_access_token")
        key, secret, token = (bool(info.data[name].get_secret_value()) for name in names)
        if key != secret or token != bool(value.get_secret_value()) or (token and not key):
            raise ValueError(
                "X needs its four keys: PERCHOIR_X_CONSUMER_KEY, _CONSUMER_SECRET, _ACCESS_TOKEN, _ACCESS_SECRET"
                " (the first two alone: accounts are connected under Settings)"
            )
        return value

    @property
    def public_url(self) -> str:
        """The public address, without a slash at its end."""
        return self.base_url or f"http://localhost:{self.port}"

    @property
    def public_host(self) -> str:
        """The public address's host: what Message-IDs, our greeting to a mail server and cards name."""
        return urlsplit(self.public_url).hostname or "localhost"

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def database(self) -> str:
        """The database's address as SQLAlchemy wants it."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'perchoir.db'}"

    @property
    def short_host(self) -> str:
        """The host of the domain for short links alone; empty: there is none."""
        return urlsplit(self.short_url).hostname or "" if self.short_url else ""

    @cached_property
    def own_hosts(self) -> frozenset[str]:
        """Hosts of ours: who comes from there doesn't come from outside."""
        return frozenset({self.public_host, self.short_host} - {""})

    @property
    def spool_dir(self) -> Path:
        """Where this node's processes keep hits until they are drained."""
        return self.data_dir / "spool"

    @property
    def cookie_suffix(self) -> str:
        """Keeps the cookies of two instances on one host name apart."""
        return hashlib.sha256(self.public_url.encode()).hexdigest()[:8]

    @property
    def payment_origins(self) -> tuple[str, ...]:
        """Where a checkout's page may be: Stripe's own, or beside the API when that is elsewhere."""
        parts = urlsplit(self.stripe_api_base)
        own = f"{parts.scheme}://{parts.netloc}"
        return ("https://checkout.stripe.com", *(() if own == "https://api.stripe.com" else (own,)))

    @property
    def has_x(self) -> bool:
        """Whether there is an app on X: its keys, or its client's id."""
        return bool(self.x_consumer_key.get_secret_value() or self.x_client_id.get_secret_value())

    @property
    def has_x_account(self) -> bool:
        """Whether the settings open an account themselves."""
        return bool(self.x_access_token.get_secret_value())

    @property
    def x_user_id(self) -> str:
        """X's id of the settings' own account, which a token of OAuth 1.0a begins with; empty without one."""
        return self.x_access_token.get_secret_value().partition("-")[0]

    def keys(self) -> list[str]:
        """The secret key first, then the fallbacks. Without one in the environment: the data folder's own."""
        first = self.secret_key.get_secret_value() or own_key(self.data_dir)
        return [first, *(key.get_secret_value() for key in self.secret_key_fallbacks)]


def _has_host(parts: SplitResult) -> bool:
    """Whether it names a host, and a port that is one or none."""
    try:
        return bool(parts.hostname) and parts.port != 0
    except ValueError:  # its words would hold what stands there, which may be a password
        return False


def _is_database(url: str) -> bool:
    """Whether SQLAlchemy can make something of it: told here, or it is a traceback later."""
    try:
        read = make_url(url)
    except (ArgumentError, ValueError):
        return False
    return read.drivername == "postgresql+psycopg" or (read.drivername == "sqlite" and bool(read.database))


def _key(cls: type[Settings], name: str) -> str:
    info = cls.model_fields[name]
    alias = info.validation_alias or info.alias
    return alias if isinstance(alias, str) else name


def own_key(data_dir: Path) -> str:
    """The key that the first start wrote into the data folder; several processes may start at once."""
    path = data_dir / "secret_key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        draft = data_dir / f".secret_key.{os.getpid()}.{secrets.token_hex(4)}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32), "ascii")
        try:
            os.link(draft, path)  # only the first one wins, and nobody reads half a key
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text("ascii").strip()
