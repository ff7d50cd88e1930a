import hashlib
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from campaigns.world import World
from tests.makers.planning import make_coupon, make_white_paper, pdf_bytes, picture_bytes

Api = Callable[..., FlaskClient]
PDF = {"content_type": "application/pdf"}


@pytest.mark.both_databases
def test_a_paper_is_uploaded_told_and_replaced(api: Api, world: World) -> None:
    machine, url = api("marketer"), f"/api/v1/offers/{make_white_paper(world, paper=False).id}/paper"
    response = machine.get(url)
    assert (response.status_code, response.get_json()["errors"][0]["code"]) == (404, "paper_missing")
    for page_count in (3, 3, 5):
        content = pdf_bytes(page_count)
        response = machine.put(f"{url}?name=Six%20Fridays.pdf", data=content, **PDF)
        told = response.get_json()
        assert response.status_code == 200
        assert (told["sha256"], told["bytes"]) == (hashlib.sha256(content).hexdigest(), len(content))
        assert (told["pages"], told["name"]) == (page_count, "Six Fridays.pdf")
        assert machine.get(url).get_json() == told


@pytest.mark.parametrize(
    "content, code",
    [
        (b"", "paper_not_pdf"),
        (picture_bytes(), "paper_not_pdf"),
        (b"%PDF-1.7 and no more", "paper_broken"),
        (pdf_bytes(password="secret"), "paper_encrypted"),
    ],
)
def test_what_is_no_readable_pdf_is_refused_whatever_it_is_called(
    api: Api, world: World, content: bytes, code: str
) -> None:
    url = f"/api/v1/offers/{make_white_paper(world, paper=False).id}/paper"
    response = api().put(f"{url}?name=real.pdf", data=content, **PDF)
    assert response.status_code == 422
    assert [(each["field"], each["code"]) for each in response.get_json()["errors"]] == [("paper", code)]


def test_sixty_megabytes_are_refused_unread(api: Api, world: World) -> None:
    url = f"/api/v1/offers/{make_white_paper(world, paper=False).id}/paper"
    response = api().put(url, data=b"%PDF-", environ_overrides={"CONTENT_LENGTH": "60000000"}, **PDF)
    assert response.status_code == 413
    assert response.get_json()["errors"][0]["message"].startswith("At most 25 MB can be sent at once")


def test_another_type_is_not_read(api: Api, world: World) -> None:
    url = f"/api/v1/offers/{make_white_paper(world, paper=False).id}/paper"
    for kind in ("text/html", "application/json", "multipart/form-data; boundary=x"):
        assert api().put(url, data=pdf_bytes(), content_type=kind).status_code == 415


def test_a_coupon_has_no_paper(api: Api, world: World) -> None:
    response = api().put(f"/api/v1/offers/{make_coupon(world).id}/paper", data=pdf_bytes(), **PDF)
    assert (response.status_code, response.get_json()["errors"][0]["code"]) == (422, "not_a_paper")
