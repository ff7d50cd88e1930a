"""Files that are not what they say: refused or inert, and never anywhere but where files lie."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from campaigns.world import World
from tests.attacks.dump import files
from tests.attacks.house import House
from tests.makers.planning import pdf_bytes, picture_bytes

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(document.domain)</script>"
XXE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><svg>&e;</svg>'
PATHS = ["../../evil.pdf", "..\\..\\evil.pdf", "/etc/cron.d/evil", "a\x00.pdf", "C:\\evil.pdf", "evil.php\n.pdf",
         "é/😀.pdf", "x" * 5000 + ".pdf", ".htaccess", '"><script>.pdf', "con.pdf",
         "evil.pdf; filename=b.html"]  # fmt: skip


def png(width: int, height: int, rows: bytes = b"") -> bytes:
    """A PNG that says how large it is, with these rows or with none."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


PAPERS = {
    "svg": SVG, "html": HTML, "xml": XXE, "html before a pdf": HTML + pdf_bytes(), "only its head": b"%PDF-1.7\n%%EOF",
    "locked": pdf_bytes(password="secret"), "cut": pdf_bytes()[:300], "empty": b"", "a picture": picture_bytes(),
    "zip": b"PK\x03\x04" + b"\x00" * 200, "windows program": b"MZ" + b"\x00" * 500,
    "no pages": b"%PDF-1.4\n1 0 obj<<>>endobj\n",
    "binary": bytes(range(256)) * 50,
}  # fmt: skip
PICTURES = {
    "svg": SVG, "html": HTML, "xml": XXE, "a pdf": pdf_bytes(), "empty": b"", "cut": picture_bytes()[:60],
    "a bomb": png(60_000, 60_000, b"\x00" * 1_000_000), "a long strip": png(1_000_000, 1), "no size": png(0, 0),
    "gif": b"GIF89a\x01\x00\x01\x00\x00\x00\x00;", "bmp": picture_bytes(kind="BMP"), "tiff": picture_bytes(kind="TIFF"),
    "icns": b"icns\x00\x00\x00\x08", "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) run\n",
}  # fmt: skip


def csrf_of(page: str) -> str:
    field = BeautifulSoup(page, "lxml").find(attrs={"name": "csrf_token"})
    assert field
    return str(field["value"])


def upload(member: FlaskClient, path: str, field: str, content: bytes, name: str, csrf: str) -> TestResponse:
    data = {"csrf_token": csrf, "picture_alt": "Six children", field: (io.BytesIO(content), name, "application/pdf")}
    return member.post(path, data=data, content_type="multipart/form-data")


def test_no_paper_but_a_whole_pdf_is_taken(house: House, api: Callable[..., FlaskClient]) -> None:
    machine, offer = api("marketer"), house.ids["paper_offer_id"]
    before = machine.get(f"/api/v1/offers/{offer}/paper").json
    taken = []
    for name, content in PAPERS.items():
        answer = machine.put(f"/api/v1/offers/{offer}/paper", data=content, content_type="application/pdf")
        assert answer.status_code in (201, 200, 413, 422), (name, answer.text)
        taken += [name] if answer.status_code < 300 else []
    assert taken == []
    assert machine.get(f"/api/v1/offers/{offer}/paper").json == before


def test_a_paper_is_only_ever_a_download_whatever_is_in_it(house: House, api: Callable[..., FlaskClient]) -> None:
    machine, offer = api("marketer"), house.ids["paper_offer_id"]
    polyglot = pdf_bytes() + b"\n" + HTML
    assert (
        machine.put(f"/api/v1/offers/{offer}/paper", data=polyglot, content_type="application/pdf").status_code == 200
    )
    sent = house.stranger().post("/p/second", data={"email": "poly@ecole.example"}, follow_redirects=True)
    link = BeautifulSoup(sent.text, "lxml").select_one("a[download]")
    assert link
    answer = house.stranger().get(str(link["href"]))
    assert answer.data == polyglot
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_body_beyond_the_limit_is_refused(house: House, api: Callable[..., FlaskClient], app: Flask) -> None:
    machine, offer = api("marketer"), house.ids["paper_offer_id"]
    large = b"%PDF-1.4\n" + b"0" * 26_000_000
    answer = machine.put(f"/api/v1/offers/{offer}/paper", data=large, content_type="application/pdf")
    assert answer.status_code == 413
    form, kind = b"x=" + b"0" * 400_000, "application/x-www-form-urlencoded"
    for path in ("/p/first", "/sign-in", "/hooks/stripe"):
        assert app.test_client().post(path, data=form, content_type=kind).status_code == 413, path
    many = {f"f{number}": (io.BytesIO(b""), "x") for number in range(1001)}
    assert app.test_client().post("/p/first", data=many, content_type="multipart/form-data").status_code == 413


def test_no_file_name_leads_out_of_where_files_lie(
    house: House, world: World, staff: Callable[..., FlaskClient], api: Callable[..., FlaskClient]
) -> None:
    member, offer = staff("marketer"), house.ids["paper_offer_id"]
    csrf = csrf_of(member.get(f"/offers/{offer}").text)
    before = set(world.settings.data_dir.parent.rglob("*"))
    for name in PATHS:
        answer = upload(member, f"/offers/{offer}/paper", "paper", pdf_bytes(), name, csrf)
        assert answer.status_code in (303, 422), name
        sent = api("marketer").put(f"/api/v1/offers/{offer}/paper", query_string={"name": name}, data=pdf_bytes(),
                                   content_type="application/pdf")  # fmt: skip
        assert sent.status_code in (200, 422), name
        download = house.stranger().post("/p/second", data={"email": "name@ecole.example"}, follow_redirects=True)
        link = BeautifulSoup(download.text, "lxml").select_one("a[download]")
        assert link
        disposition = house.stranger().get(str(link["href"])).headers["Content-Disposition"]
        assert not {"/", "\\", "\n", "\x00", "<"} & set(disposition), disposition
    new = {
        str(path.relative_to(world.settings.data_dir))
        for path in set(world.settings.data_dir.parent.rglob("*")) - before
    }
    assert not [path for path in new if ".." in path or "evil" in path or "htaccess" in path]


def test_no_picture_but_a_reasonable_one_is_taken_and_it_is_made_anew(
    house: House, world: World, staff: Callable[..., FlaskClient]
) -> None:
    member, path = staff("marketer"), f"/pages/{house.page.id}/picture"
    csrf = csrf_of(member.get(f"/pages/{house.page.id}").text)
    taken = []
    for name, content in PICTURES.items():
        answer = upload(member, path, "picture", content, "picture.png", csrf)
        assert answer.status_code in (303, 413, 422), (name, answer.status_code)
        taken += [name] if answer.status_code == 303 else []
    assert taken == []
    assert house.stranger().get("/p/first/picture.webp").status_code == 404
    hidden = picture_bytes((1200, 800)) + HTML
    assert upload(member, path, "picture", hidden, "picture.png", csrf).status_code == 303
    shown = house.stranger().get("/p/first/picture.webp")
    assert (shown.status_code, shown.mimetype) == (200, "image/webp")
    assert b"<script" not in shown.data
    assert not [name for name, content in files(world.settings.data_dir / "files").items() if b"<script" in content]
