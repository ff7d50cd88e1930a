"""What the redirect is compared with: bare WSGI, bare Flask, and a Flask view that does it all by the ORM.

All answer 302 with an address as long as ours; bare WSGI sends our headers too.
"""

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask, redirect, request
from sqlalchemy import Engine, create_engine, event, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from campaigns.kernel.codes import new_id
from campaigns.tracking.hits import Hit
from campaigns.tracking.links import Link
from web.headers import BASE

TARGET = (
    "http://localhost:8000/p/page-1?utm_source=twitter&utm_medium=social&utm_campaign=campaign-1&utm_content=t-abcdefg"
    "&utm_id=0193a1b2-0000-7000-8000-00000000000a&via=" + "a" * 76
)
HEADERS = [*BASE.items(), ("Cache-Control", "private, no-store"), ("Content-Length", "0"), ("Location", TARGET)]

flask, orm = Flask("bare"), Flask("orm")


def bare(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("302 Found", HEADERS)
    return []


@flask.get("/l/<code>")
def follow(code: str) -> Response:  # noqa: ARG001 Flask names it
    return redirect(TARGET)


def _engine() -> Engine:
    engine = create_engine(f"sqlite:///{os.environ.get('BENCH_ORM_FILE', '/nonexistent')}", pool_timeout=30)

    @event.listens_for(engine, "connect")
    def connected(connection, _entry):  # type: ignore[no-untyped-def]
        connection.execute("PRAGMA journal_mode=WAL")

    return engine


engine = _engine()


@orm.get("/l/<code>")
def keep_and_follow(code: str) -> Response:
    with Session(engine) as session:
        link = session.scalars(select(Link).where(Link.code == code)).one()
        session.add(
            Hit(
                id=new_id(), at=datetime.now(UTC), link_id=link.id, code=code, method=request.method, klass="human",
                classifier=1, evidence="link+x", referrer=request.referrer, agent_id=None, visitor=None, purpose=None,
                member=False, country=None,
            )
        )  # fmt: skip
        session.commit()
    return redirect(TARGET)
