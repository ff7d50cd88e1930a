"""The doctor: says what it saw, and no secret."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from campaigns import compose, doctor, schema
from campaigns.ports import Account, Later, Refused, Unknown
from campaigns.settings import Settings
from campaigns.world import World
from tests.makers.publishing import with_x

SECRETS = {
    "PERCHOIR_SECRET_KEY": "a-very-secret-key-0123456789-abcdefghij",
    "PERCHOIR_SECRET_KEY_FALLBACKS": "former-key-one-0123456789-abcdef,former-key-two-0123456789-abcdef",
    "PERCHOIR_X_CONSUMER_KEY": "xck-123456", "PERCHOIR_X_CONSUMER_SECRET": "xcs-123456",
    "PERCHOIR_X_ACCESS_TOKEN": "xat-123456", "PERCHOIR_X_ACCESS_SECRET": "xas-123456",
    "PERCHOIR_STRIPE_SECRET_KEY": "sk_test_123456", "PERCHOIR_STRIPE_WEBHOOK_SECRETS": "whsec_one,whsec_two",
    "PERCHOIR_SMTP_URL": "smtp://postman:hunter2@127.0.0.1:2525",
    "PERCHOIR_DATABASE_URL": "postgresql://u:hunter2@db.example/perchoir?password=hunter2",
}  # fmt: skip


class Publisher:
    rehearses = False

    def __init__(self, answer: Account | Exception) -> None:
        self._answer = answer

    def whoami(self) -> Account:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def test_each_setting_is_told_and_each_secret_hidden() -> None:
    lines = "\n".join(doctor.told(Settings.read(SECRETS)))
    values = [value for each in SECRETS.values() for value in each.split(",") if not value.startswith("postgresql")]
    assert [value for value in values if value in lines] == []
    assert "hunter2" not in lines
    assert "PERCHOIR_X_ACCESS_SECRET=(set)" in lines
    assert "PERCHOIR_DATABASE_URL=postgresql+psycopg://…@db.example/perchoir?…" in lines
    assert len(doctor.told(Settings.read({}))) == len(Settings.model_fields)


def test_a_rehearsal_is_well(world: World) -> None:
    lines, is_well = doctor.examine(world)
    assert is_well
    assert sum(line.startswith("  ok ") for line in lines) == 5


def test_a_database_without_its_schema_is_not_well(environ: dict[str, str], world: World) -> None:
    schema.migrate(world.db, "base")
    lines, is_well = doctor.examine(world)
    assert not is_well
    assert [line for line in lines if "FAIL" in line and "run migrate" in line]


def test_a_database_that_is_away_is_told_and_the_rest_is_still_looked_at(environ: dict[str, str]) -> None:
    environ["PERCHOIR_DATABASE_URL"] = "sqlite:////nowhere/at/all.db"
    lines, is_well = doctor.examine(compose.world(Settings.read(environ)))
    assert not is_well
    assert sum("FAIL" in line for line in lines) == 1
    assert "  ok    files" in "\n".join(lines)


def test_a_file_that_is_no_database_is_told_in_words(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "garbage.db").write_bytes(b"not a database, whatever its name says. " * 300)
    environ["PERCHOIR_DATABASE_URL"] = f"sqlite:///{tmp_path}/garbage.db"
    lines, is_well = doctor.examine(compose.world(Settings.read(environ)))
    assert not is_well
    assert [line for line in lines if "FAIL  database" in line and "garbage.db isn’t an SQLite database" in line]


@pytest.mark.parametrize(
    "answer,told",
    [
        (Account("7", "feuillet_fr", "Feuillet"), "  ok    X: @feuillet_fr"),
        (Refused("x_unauthorized", "401"), "  FAIL  X: x_unauthorized 401"),
        (Later("x_down", "503"), "  FAIL  X: x_down 503"),
        (Unknown("timed out"), "  FAIL  X: no answer, timed out"),
    ],
)
def test_each_answer_of_a_connection_is_told(world: World, answer: Account | Exception, told: str) -> None:
    lines, is_well = doctor.examine(replace(with_x(world)[0], publisher=Publisher(answer)))  # type: ignore[arg-type]
    assert told in lines
    assert is_well == ("ok" in told)


def test_an_app_without_an_account_of_its_own_is_well(world: World) -> None:
    connected, _ = with_x(world)
    none = replace(connected, settings=world.settings)
    lines, is_well = doctor.examine(none)
    assert is_well
    assert "  ok    X: an app; its accounts stand under Settings" in lines
