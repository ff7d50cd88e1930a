"""The doctor: looks at settings, database and connections, and says what it saw without any secret."""

from pydantic import SecretStr

from campaigns import schema
from campaigns.kernel.db import is_unreadable
from campaigns.kernel.errors import Problem
from campaigns.ports import Later, Refused, Unknown
from campaigns.settings import Settings
from campaigns.words import tell_all
from campaigns.world import World


def examine(world: World) -> tuple[list[str], bool]:
    """Lines to print, and whether all is well."""
    checks = [("database", _database), ("files", _files), ("X", _x), ("Stripe", _stripe), ("mail", _mail)]
    lines, is_well = ["Settings", *(f"  {line}" for line in told(world.settings)), "Checks"], True
    for name, look in checks:
        try:
            lines.append(f"  ok    {name}: {look(world)}")
        except Problem as refused:
            lines.append(f"  FAIL  {name}: {tell_all(refused, 'en')}")
            is_well = False
        except (Refused, Later) as refused:
            lines.append(f"  FAIL  {name}: {refused.code} {refused.detail}")
            is_well = False
        except OSError as refused:
            lines.append(f"  FAIL  {name}: {refused}")
            is_well = False
        except Unknown as silent:
            lines.append(f"  FAIL  {name}: no answer, {silent.detail}")
            is_well = False
    return lines, is_well


def told(settings: Settings) -> list[str]:
    """Every setting as NAME=value; a secret only as set or not."""
    lines = []
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            value = "(set)" if value.get_secret_value() else ""
        elif isinstance(value, list):
            value = ", ".join("(set)" if isinstance(v, SecretStr) else str(v) for v in value)
        elif name == "database_url":
            value = str(_hidden(value))
        lines.append(f"{Settings.variable(name)}={value}")
    return lines


def _hidden(url: str) -> str:
    # a driver takes a password in the query too; so all of it is hidden
    head, at, tail = url.partition("?")[0].rpartition("@")
    more = "?…" if "?" in url else ""
    return f"{head.split('://')[0]}://…@{tail}{more}" if at else f"{tail}{more}"


def _database(world: World) -> str:
    kind = world.db.url.get_backend_name()
    try:
        found = schema.current(world.db)
    except Problem as away:
        if not is_unreadable(away.__cause__):
            raise
        file = world.db.url.database
        raise Refused("unreadable", f"{file} isn’t an SQLite database, or is damaged: bring a backup back") from away
    if found != schema.newest():
        raise Refused("schema", f"{kind} has {found or 'none'}, {schema.newest()} is wanted: run migrate")
    return f"{kind}, schema {found}"


def _files(world: World) -> str:
    key = "doctor/probe"
    world.files.put(key, b"ok")
    world.files.get(key)
    world.files.delete(key)
    return "can be written, read and deleted"


def _x(world: World) -> str:
    if world.publisher.rehearses:
        return "rehearsed, no keys"
    if not world.settings.has_x_account:
        return "an app; its accounts stand under Settings"
    return f"@{world.publisher.whoami().handle}"


def _stripe(world: World) -> str:
    if world.payments.rehearses:
        return "rehearsed, no key"
    return world.payments.whoami().name


def _mail(world: World) -> str:
    world.mailer.check()
    return "rehearsed, no server" if world.mailer.rehearses else "the server answers"
