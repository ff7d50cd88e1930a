"""Who is asked for and who asks: neither can be made up."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from campaigns.world import World
from tests.makers.people import mails, make_member


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:80", "localhost@evil", ""])
@pytest.mark.parametrize("path", ["/sign-in", "/account", "/password", "/l/x", "/api/v1/campaigns"])
def test_a_forged_host_is_refused(client: FlaskClient, host: str, path: str) -> None:
    response = client.get(path, headers={"Host": host})
    assert response.status_code == 400
    assert "evil" not in response.text
    assert "evil" not in response.headers.get("Location", "")


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "X-Host", "Forwarded", "X-Original-Host", "X-Forwarded-Server"])
def test_a_forwarded_host_is_nowhere_in_an_answer_or_a_mail(client: FlaskClient, world: World, name: str) -> None:
    make_member(world)
    forged = {name: "host=evil.example" if name == "Forwarded" else "evil.example", "X-Forwarded-Proto": "https"}
    for path in ("/account", "/sign-in", "/nothing"):
        response = client.get(path, headers=forged)
        assert "evil" not in response.text + str(response.headers)
    client.post("/password", data={"email": "lea@feuillet.example"}, headers=forged)
    (mail,) = mails(world)
    assert "http://localhost/password/" in mail["text"]
    assert "evil" not in str(mail)


def tries(client: FlaskClient, forwarded: list[str]) -> list[int]:
    """Ask for a mail from each of these addresses, for another account each time."""
    return [
        client.post("/password", data={"email": f"a{n}@x.example"}, headers={"X-Forwarded-For": address}).status_code
        for n, address in enumerate(forwarded)
    ]


def test_an_address_that_the_visitor_writes_is_not_believed(client: FlaskClient) -> None:
    # fifteen an hour for an address: pretending to be sixteen doesn't help
    assert tries(client, [f"198.51.100.{n}" for n in range(16)])[-1] == 429


def test_behind_one_proxy_its_word_counts_and_the_visitors_does_not(
    environ: dict[str, str], request: pytest.FixtureRequest
) -> None:
    environ["PERCHOIR_TRUSTED_PROXIES"] = "1"
    client: FlaskClient = request.getfixturevalue("client")
    assert tries(client, [f"198.51.100.{n}, 192.0.2.7" for n in range(16)])[-1] == 429
    assert tries(client, ["6.6.6.6, 192.0.2.8"]) == [200]


def test_another_host_that_was_named_is_answered(environ: dict[str, str], request: pytest.FixtureRequest) -> None:
    environ["PERCHOIR_TRUSTED_HOSTS"] = "go.feuillet.example"
    client: FlaskClient = request.getfixturevalue("client")
    assert client.get("/sign-in", headers={"Host": "go.feuillet.example"}).status_code == 200
