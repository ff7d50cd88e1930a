"""Identity level 2 in a browser: what is on the device before an answer, after each, and after taking it back."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from campaigns.kernel.codes import new_id
from campaigns.tracking.browsers import Browser
from campaigns.tracking.visits import Visit
from tests.stories.conftest import Running, Visitors, eventually, running
from tests.stories.eyes import assert_accessible
from tests.stories.machine import Machine
from tests.stories.tongues import Tongue


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An installation that asks who may be recognised."""
    with running(tmp_path_factory.mktemp("asking"), {"PERCHOIR_IDENTITY_LEVEL": "2"}) as installation:
        yield installation


@pytest.fixture
def link(asking: Running, language: str) -> str:
    """A tweet's link to a page in the story's language."""
    api = Machine(asking.url, asking.token())
    offer = api.coupon(api.campaign(f"Asked {language}"))
    api.put_online(offer, f"asked-{new_id()}", language)
    tweet = api.tweet_out(offer, f"Look {{link}} {language}")
    eventually(lambda: api.state_of(tweet) == "sent")
    return str(tweet["link"]["url"])


def on_the_device(page: Page) -> list[str]:
    """All that a page may leave behind."""
    assert page.evaluate("document.cookie") == "", "scripts see nothing of it"
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    return [str(cookie["value"]) for cookie in page.context.cookies()]


def confirmed(asking: Running) -> list[str | None]:
    with asking.world() as world, world.db.read() as session:
        return list(session.scalars(select(Visit.browser).order_by(Visit.at)))


def test_who_agrees_refuses_and_takes_it_back(asking: Running, visitors: Visitors, language: str, link: str) -> None:
    say, phone = Tongue(language), visitors.phone(language)
    before = len(confirmed(asking))
    phone.goto(link)
    query = urlsplit(phone.url).query
    assert on_the_device(phone) == []
    assert_accessible(phone)
    phone.locator("form#form input[type=email]").fill("claire@ecole.example")
    phone.get_by_role("button", name=say("Accept")).click()
    expect(phone.locator(".choose")).to_have_count(0)
    [secret] = on_the_device(phone)
    assert len(secret) > 40
    # what was being typed stays where it is
    expect(phone.locator("form#form input[type=email]")).to_have_value("claire@ecole.example")
    eventually(lambda: len(confirmed(asking)) == before + 1 and confirmed(asking)[-1] is not None)
    assert_accessible(phone)

    phone.get_by_role("button", name=say("Take that back")).click()
    expect(phone.locator(".choose")).to_be_visible()
    assert urlsplit(phone.url).query == query
    assert on_the_device(phone) == []
    with asking.world() as world, world.db.read() as session:
        assert session.scalars(select(Browser)).all() == []

    phone.get_by_role("button", name=say("Refuse")).click()
    expect(phone.get_by_role("button", name=say("Choose again"))).to_be_visible()
    assert on_the_device(phone) == ["no"]
    phone.reload()
    expect(phone.locator(".choose")).to_have_count(0)
    assert_accessible(phone)


def test_it_works_without_a_script(asking: Running, visitors: Visitors, link: str, language: str) -> None:
    say, phone = Tongue(language), visitors.phone(language, java_script_enabled=False)
    phone.goto(link)
    address = phone.url
    phone.get_by_role("button", name=say("Accept")).click()
    expect(phone.get_by_role("button", name=say("Take that back"))).to_be_visible()
    assert phone.url == address
    assert len(phone.context.cookies()) == 1
    phone.get_by_role("button", name=say("Take that back")).click()
    expect(phone.get_by_role("button", name=say("Refuse"))).to_be_visible()
    assert phone.context.cookies() == []


def test_who_asks_not_to_be_followed_is_not_asked(asking: Running, visitors: Visitors, link: str) -> None:
    phone = visitors.phone(extra_http_headers={"Sec-GPC": "1"})
    phone.goto(link)
    expect(phone.locator("form#form")).to_be_visible()
    expect(phone.locator(".choose")).to_have_count(0)
    assert on_the_device(phone) == []
