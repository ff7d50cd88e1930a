"""/rehearsal/mailbox: mails as they would arrive, each for those who may read it."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from campaigns.flows.claim_offer import Form, claim_offer
from campaigns.flows.invite_person import invite_person
from campaigns.flows.send_outbox import send_outbox
from campaigns.world import World
from tests.makers.people import BY
from tests.makers.planning import make_page
from tests.web.doors import UUID

Staff = Callable[..., FlaskClient]


def delivered(world: World, email: str = "zoe@school.example") -> None:
    """A white paper was asked for, and its mail left."""
    claim_offer(world, make_page(world, headline=f"For {email[:3]} <b>&</b>").id, Form({"email": email}, ()))
    send_outbox(world, "worker")


def invited(world: World) -> None:
    invite_person(world, "nadia@feuillet.example", "admin", "en", **BY)
    send_outbox(world, "worker")


def listed(client: FlaskClient) -> list[str]:
    """Whom the mails in the list are to."""
    return re.findall(r"<td[^>]*>([^<\s]+@[^<\s]+)</td>", client.get("/rehearsal/mailbox").text)


def first(client: FlaskClient) -> str:
    """The path of the newest mail."""
    found = re.search(r'href="(/rehearsal/mailbox/[0-9a-f-]{36})"', client.get("/rehearsal/mailbox").text)
    assert found
    return found[1]


def test_an_empty_mailbox_says_what_will_lie_in_it(staff: Staff) -> None:
    assert "No mail yet" in staff("marketer").get("/rehearsal/mailbox").text


def test_a_mail_is_listed_and_opened_with_its_links(world: World, staff: Staff) -> None:
    delivered(world)
    client = staff("marketer")
    assert listed(client) == ["zoe@school.example"]
    page = client.get(first(client))
    assert page.status_code == 200
    link = re.search(r'href="http://localhost(/d/[^"]+)" target="_blank" rel="noopener noreferrer"', page.text)
    assert link
    download = client.get(link[1])
    assert download.data.startswith(b"%PDF")
    download.close()


def test_the_html_runs_nothing_and_stays_in_its_frame(world: World, staff: Staff) -> None:
    delivered(world)
    client = staff("marketer")
    path = first(client)
    page = client.get(path)
    assert f'src="{path}/html"' in page.text
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    letter = client.get(f"{path}/html")
    assert letter.status_code == 200
    assert '<base target="_blank">' in letter.text
    rules = letter.headers["Content-Security-Policy"]
    assert "default-src 'none'" in rules
    assert "script" not in rules.replace("script-src 'none'", "")
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in rules
    assert "frame-ancestors 'self'" in rules
    assert letter.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert letter.headers["Referrer-Policy"] == "no-referrer"


def test_a_mail_to_a_member_is_for_that_member_and_for_administrators(world: World, staff: Staff) -> None:
    delivered(world)
    invited(world)
    assert listed(staff("admin")) == ["nadia@feuillet.example", "zoe@school.example"]
    assert listed(staff("marketer")) == ["zoe@school.example"]
    assert listed(staff("sales", email="NADIA@other.example")) == ["zoe@school.example"]
    path = first(staff("admin", email="second@feuillet.example"))
    for client in (staff("marketer", email="m2@feuillet.example"), staff("sales", email="s2@feuillet.example")):
        assert client.get(path).status_code == 404
        assert client.get(f"{path}/html").status_code == 404
        assert "nadia@" not in client.get("/rehearsal/wall").text


def test_a_member_reads_their_own(world: World, staff: Staff) -> None:
    delivered(world, "LEA@feuillet.example")
    assert listed(staff("marketer", email="lea@feuillet.example")) == ["LEA@feuillet.example"]
    assert listed(staff("sales")) == []


def test_older_mails_are_on_the_next_page(world: World, staff: Staff) -> None:
    for number in range(21):
        delivered(world, f"{number:02}@school.example")
    client = staff("admin")
    shown = listed(client)
    assert (len(shown), shown[0]) == (20, "20@school.example")
    following = re.search(r'href="(/rehearsal/mailbox\?before=[0-9a-f-]+)"', client.get("/rehearsal/mailbox").text)
    assert following
    assert "00@school.example" in client.get(following[1]).text


@pytest.mark.parametrize("mail", [UUID, f"{UUID}/html", "x"])
def test_a_mail_that_isn_t_there(staff: Staff, mail: str) -> None:
    assert staff("admin").get(f"/rehearsal/mailbox/{mail}").status_code == 404


def test_a_cursor_that_is_none_breaks_nothing(staff: Staff) -> None:
    client = staff("admin")
    for before in ("x", "\x00", "é"):
        assert client.get("/rehearsal/mailbox", query_string={"before": before}).status_code == 200
