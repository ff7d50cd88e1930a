"""The worlds that tests run in: rehearsal adapters, a clock that stands, an empty database of each kind.

`world` runs on SQLite and on PostgreSQL for tests under tests/campaigns, unless a test is marked `one_database`, and on
SQLite alone elsewhere, unless it is marked `both_databases`.
"""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient

from campaigns import compose, schema
from campaigns.kernel.codes import new_id
from campaigns.kernel.db import Database
from campaigns.people import sessions, tokens
from campaigns.people.users import Role, User
from campaigns.settings import Settings
from campaigns.tracking.directory import Directory
from campaigns.world import World
from tests import postgres
from tests.clock import HandClock
from tests.kept import TEMPLATES, KeptDatabase, KeptFlask
from web import create_app
from web.access import cookie_name

# The suite tries the same examples each time, however busy the machine; `make audit` tries new ones.
hypothesis.settings.register_profile("same", deadline=None, derandomize=True)
hypothesis.settings.register_profile("new", deadline=None)
hypothesis.settings.load_profile(os.environ.get("EXAMPLES", "same"))
SECRET = "tests-only-0123456789-abcdefghijklmnopqrstuvwxyz"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" not in metafunc.fixturenames:
        return
    asked = metafunc.definition.get_closest_marker("both_databases")
    later = [pytest.mark.audit] if asked and asked.kwargs.get("sqlite") == "audit" else []
    sqlite = pytest.param("sqlite", marks=later)
    own = metafunc.definition.get_closest_marker("one_database")
    both = asked or ("tests/campaigns" in metafunc.definition.nodeid and not own)
    params = [sqlite, pytest.param("postgres", marks=pytest.mark.postgres)] if both else [sqlite]
    metafunc.parametrize("database", params, indirect=True)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """The stories wait at each step for a browser and two servers: who runs other tests beside them steps back."""
    if "PYTEST_XDIST_WORKER" in os.environ and "story" not in item.keywords and os.nice(0) == 0:
        os.nice(5)


def pytest_collection_finish() -> None:
    """What was imported and collected stays; it isn't looked through for garbage again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "perchoir.db"
    db = Database(f"sqlite:///{path}")
    schema.migrate(db)
    db.close()
    return path


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    with postgres.start() as cluster:
        db = Database(cluster.create_database("template_perchoir"))
        schema.migrate(db)
        db.close()
        yield cluster


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated, empty database."""
    if request.param == "sqlite":
        path = tmp_path / "perchoir.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    cluster = request.getfixturevalue("cluster")
    name = "t" + new_id().replace("-", "")
    yield cluster.create_database(name, template="template_perchoir")
    cluster.drop_database(name)


@pytest.fixture
def environ(tmp_path: Path, database: str) -> dict[str, str]:
    """The environment of the world under test; a test may add to it before it asks for `world`."""
    return {
        "PERCHOIR_DATA_DIR": str(tmp_path),
        "PERCHOIR_DATABASE_URL": database,
        "PERCHOIR_SECRET_KEY": SECRET,
        "PERCHOIR_BASE_URL": "http://localhost",
        "PERCHOIR_ORGANIZATION": "Feuillet",
    }


@pytest.fixture
def world(environ: dict[str, str], clock: HandClock) -> Iterator[World]:
    composed = compose.world(Settings.read(environ), clock)
    db = KeptDatabase.at(composed.db.url)
    world = replace(composed, db=db, directory=Directory(db, composed.settings))
    yield world
    world.close()


@pytest.fixture
def app(world: World) -> Flask:
    app = create_app(world, KeptFlask)
    app.jinja_env.bytecode_cache = TEMPLATES
    app.testing = True
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A stranger."""
    return app.test_client()


def make_user(world: World, role: Role, email: str | None = None, **more: Any) -> User:
    with world.db.write() as session:
        user = User(
            id=new_id(),
            email=email or f"{role}@feuillet.example",
            name={"admin": "Inès Caron", "marketer": "Léa Martin", "sales": "Tom Le Goff"}[role],
            role=role,
            created_at=world.clock.now(),
            **({"locale": "en", "zone": "Europe/Paris", "lead_notices": "none", "password_hash": None} | more),
        )
        session.add(user)
    return user


def signed_in(app: Flask, world: World, role: Role, **more: Any) -> FlaskClient:
    """A member's browser."""
    user = make_user(world, role, **more)
    with world.db.write() as session:
        secret = sessions.start(session, user, "tests", world.clock.now())
    client = app.test_client()
    with app.app_context():
        client.set_cookie(cookie_name(), secret)
    return client


@pytest.fixture
def staff(app: Flask, world: World) -> Callable[..., FlaskClient]:
    """staff("sales") gives a client that is signed in; staff("sales", locale="fr") in French."""

    def sign_in(role: Role, **more: Any) -> FlaskClient:
        return signed_in(app, world, role, **more)

    return sign_in


@pytest.fixture
def api(app: Flask, world: World) -> Callable[..., FlaskClient]:
    """api("marketer") gives a client whose requests carry a token of that role."""

    def with_token(role: Role = "admin") -> FlaskClient:
        with world.db.write() as session:
            _, secret = tokens.create(session, f"test {role}", role, world.clock.now())
        client = app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
        return client

    return with_token


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of reference cases; tests that ask for it are marked `reference`."""
    folder = Path(os.environ.get("REFERENCE_DIR", "../shared/reference"))
    if not folder.is_dir():
        pytest.skip(f"the reference cases are not at {folder}; set REFERENCE_DIR")
    return folder
