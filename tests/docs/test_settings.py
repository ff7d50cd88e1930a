"""Settings: documented one by one, and their faults told all at once."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from campaigns.settings import BadSettings, Settings

ROOT = Path(__file__).parents[2]


def default_of(name: str) -> str:
    value = Settings.model_fields[name].get_default(call_default_factory=True)
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return ",".join(value) if isinstance(value, list) else "" if value is None else str(value)


def test_the_example_environment_holds_every_setting_with_its_default() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert given == {Settings.variable(name): default_of(name) for name in Settings.model_fields}


def test_every_setting_is_documented_with_its_meaning() -> None:
    text = (ROOT / "docs/settings.md").read_text()
    for name, info in Settings.model_fields.items():
        assert f"| `{Settings.variable(name)}` |" in text
        assert f"| {info.description} |" in text


def test_the_example_environment_is_a_valid_one() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    settings = Settings.read(dict(line.split("=", 1) for line in lines if line and not line.startswith("#")))
    assert settings == Settings.read({})


def test_all_faults_are_told_at_once_and_no_secret_with_them() -> None:
    bad = {
        "PORT": "99999999",
        "PERCHOIR_ZONE": "Mars/Olympus",
        "PERCHOIR_SECRET_KEY": "hunter2-hunter2",
        "PERCHOIR_BASE_URL": "javascript:alert(1)",
        "PERCHOIR_DATABASE_URL": "mysql://root:sesame@db/one",
        "PERCHOIR_X_ACCESS_SECRET": "one of four",
    }
    with pytest.raises(BadSettings) as told:
        Settings.read(bad)
    for name in bad:
        assert name in str(told.value)
    assert "hunter2" not in str(told.value)
    assert "sesame" not in str(told.value)


@pytest.mark.parametrize("key", ["changeme", "short", "a" * 64, "secret" * 2])
def test_a_guessable_key_is_refused(key: str) -> None:
    with pytest.raises(BadSettings, match="PERCHOIR_SECRET_KEY:"):
        Settings.read({"PERCHOIR_SECRET_KEY": key})
    with pytest.raises(BadSettings, match="PERCHOIR_SECRET_KEY_FALLBACKS:"):
        Settings.read({"PERCHOIR_SECRET_KEY_FALLBACKS": f"{'0123456789abcdef' * 4},{key}"})


def test_half_of_the_keys_for_x_is_refused() -> None:
    with pytest.raises(BadSettings, match="_CONSUMER_SECRET"):
        Settings.read({"PERCHOIR_X_CONSUMER_KEY": "k"})


@pytest.mark.parametrize(
    "name,value",
    [
        ("PERCHOIR_SMTP_URL", "smtp://postman:hunter2"),
        ("PERCHOIR_SMTP_URL", "smtp://mail.example:99999"),
        ("PERCHOIR_DATABASE_URL", "postgresql://u:hunter2@db:hunter2/one"),
        ("PERCHOIR_DATABASE_URL", "sqlite:///"),
        ("PERCHOIR_X_API_BASE", "http://x.example:port"),
        ("PERCHOIR_BASE_URL", "https://go.example/?a=1"),
        ("PERCHOIR_MAIL_FROM", "Feuillet"),
        ("PERCHOIR_MAIL_FROM", "Feuillet <@feuillet.fr>"),
        ("PERCHOIR_MAIL_FROM", "Feuillet <a@feuillet.fr>\nBcc: b@evil.example"),
    ],
)
def test_what_would_fail_later_is_told_at_once(name: str, value: str) -> None:
    with pytest.raises(BadSettings, match=name) as told:
        Settings.read({name: value})
    assert "hunter2" not in str(told.value)


@pytest.mark.parametrize(
    "name,value",
    [
        ("PERCHOIR_SMTP_URL", "smtps://postman:p%40ss@mail.example:465"),
        ("PERCHOIR_DATABASE_URL", "postgresql://u:p#ss@db:5432/one?sslmode=require"),
        ("PERCHOIR_DATABASE_URL", "postgresql+psycopg://postgres@/one?host=/dev/shm/socket"),
        ("PERCHOIR_DATABASE_URL", "sqlite:////var/lib/perchoir/perchoir.db"),
        ("PERCHOIR_PRIVACY_URL", "https://feuillet.fr/legal?page=2#privacy"),
        ("PERCHOIR_MAIL_FROM", "École Feuillet <bonjour@feuillet.fr>"),
        ("PERCHOIR_IDENTITY_LEVEL", "2"),
        ("PERCHOIR_SHORT_URL", "https://go.feuillet.fr/"),
    ],
)
def test_what_works_is_taken(name: str, value: str) -> None:
    assert Settings.read({name: value})


def test_the_first_start_writes_its_own_key_and_keeps_it(tmp_path: Path) -> None:
    settings = Settings.read({"PERCHOIR_DATA_DIR": str(tmp_path)})
    first = settings.keys()[0]
    assert len(first) == 64
    assert settings.keys()[0] == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
