"""An administrator lets people in, gives them roles, sends them out; connections and tokens; and a closed door."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.stories.conftest import PASSWORD, Running, Visitors, eventually, sign_in
from tests.stories.eyes import assert_accessible
from tests.stories.tongues import Tongue


@pytest.fixture
def say(language: str) -> Tongue:
    return Tongue(language)


@pytest.fixture
def desk(perchoir: Running, visitors: Visitors, language: str) -> Page:
    page = visitors.desk(language)
    sign_in(page, perchoir, *perchoir.user("admin", language))
    return page


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def test_an_administrator_invites_a_marketer_who_joins_changes_role_and_is_signed_out(
    desk: Page, say: Tongue, perchoir: Running, visitors: Visitors
) -> None:
    email, name = f"nina-{say.locale}@feuillet.example", f"Nina {say.locale}"
    invite(desk, say, perchoir, email)
    nina = visitors.desk(say.locale)
    nina.goto(invitation(desk, perchoir, email))
    assert_accessible(nina)
    join(nina, say, name)
    nina.goto(f"{perchoir.url}/campaigns/new")
    expect(nina.get_by_role("heading", level=1)).to_have_text(say("New campaign"))

    desk.goto(f"{perchoir.url}/settings/people")
    assert_accessible(desk)
    desk.get_by_role("link", name=name).click()
    desk.get_by_label(say("Role"), exact=True).last.select_option("sales")
    press(desk, say("Change the role"))
    expect(desk.get_by_role("status")).to_contain_text(say("The role is changed, from the next page they open."))
    assert_accessible(desk)
    assert refused(nina, f"{perchoir.url}/tweets") == 403
    press(desk, say("Sign out everywhere"))
    expect(desk.get_by_role("status")).to_contain_text(say("Signed out everywhere."))
    nina.goto(f"{perchoir.url}/leads")
    expect(nina).to_have_url(re.compile("/sign-in"))
    nina.get_by_label(say("E-mail address")).fill(email)
    nina.get_by_label(say("Password"), exact=True).fill(PASSWORD)
    press(nina, say("Sign in"))
    expect(nina).to_have_url(re.compile("/leads"))
    desk.goto(f"{perchoir.url}/settings/log")
    assert_accessible(desk)


def invite(desk: Page, say: Tongue, perchoir: Running, email: str) -> None:
    """First with an address that is none."""
    desk.goto(f"{perchoir.url}/settings/people/invite")
    address = desk.get_by_label(say("E-mail address"))
    address.fill("nina@feuillet,example")
    desk.locator("form").last.evaluate("form => form.noValidate = true")
    press(desk, say("Send the invitation"))
    expect(desk.locator("#email-error")).to_have_text(say.fault("email_malformed"))
    expect(address).to_have_value("nina@feuillet,example")
    assert_accessible(desk)
    address.fill(email)
    desk.get_by_label(say("Role"), exact=True).select_option("marketer")
    desk.get_by_label(say("Language of the mail")).select_option(say.locale)
    press(desk, say("Send the invitation"))
    expect(desk.get_by_role("status")).to_contain_text(
        say("The invitation is on its way. Its link works for seven days.")
    )


def invitation(desk: Page, perchoir: Running, email: str) -> str:
    """The link in the mail, as the mailbox of the rehearsal has it."""
    row = desk.get_by_role("row").filter(has_text=email)
    eventually(lambda: bool(desk.goto(f"{perchoir.url}/rehearsal/mailbox") and row.count()))
    row.first.get_by_role("link").click()
    link = desk.locator("pre.letter-text a").filter(has_text="/join/").get_attribute("href")
    assert link is not None
    return link


def join(nina: Page, say: Tongue, name: str) -> None:
    """First with a password that everybody has."""
    nina.get_by_label(say("Name"), exact=True).fill(name)
    nina.get_by_label(say("Password"), exact=True).fill("password123")
    press(nina, say("Start"))
    expect(nina.locator("#password-error")).to_have_text(say.fault("password_common"))
    expect(nina.get_by_label(say("Name"), exact=True)).to_have_value(name)
    assert_accessible(nina)
    nina.get_by_label(say("Password"), exact=True).fill(PASSWORD)
    press(nina, say("Start"))
    expect(nina.get_by_role("link", name=name)).to_be_visible()


def refused(page: Page, url: str) -> int:
    answer = page.goto(url)
    assert answer is not None
    return answer.status


def test_an_administrator_sees_the_connections_and_makes_and_revokes_a_token(
    desk: Page, say: Tongue, perchoir: Running
) -> None:
    desk.goto(f"{perchoir.url}/settings/connections")
    expect(desk.get_by_text(say("Rehearsed"), exact=True)).to_have_count(3)
    press(desk, say("Check now"))
    expect(desk.locator("#x")).to_contain_text(say("it answers"))
    assert_accessible(desk)
    desk.goto(f"{perchoir.url}/settings/tokens")
    desk.get_by_label(say("Name"), exact=True).fill(f"CRM {say.locale}")
    desk.get_by_label(say("Role"), exact=True).select_option("sales")
    press(desk, say("Make the token"))
    secret = desk.locator("#secret").inner_text()
    assert_accessible(desk)
    assert leads_status(perchoir, secret) == 200
    desk.get_by_role("link", name=say("It is kept safely")).click()
    assert_accessible(desk)
    desk.get_by_role("link", name=f"{say('Revoke')} CRM {say.locale}").click()
    assert_accessible(desk)
    press(desk, say("Revoke the token"))
    expect(desk.get_by_role("status")).to_contain_text(say("Revoked. It opens nothing any more."))
    assert leads_status(perchoir, secret) == 401


def test_an_administrator_stores_exchange_rates(desk: Page, say: Tongue, perchoir: Running, tmp_path: Path) -> None:
    file = tmp_path / "eurofxref-hist.csv"
    file.write_text(f"Date,USD,JPY,\n{datetime.now(UTC):%Y-%m-%d},1.1,160,\n")
    desk.goto(f"{perchoir.url}/settings/connections")
    desk.get_by_role("link", name=say("Rates"), exact=True).click()
    assert_accessible(desk)
    press(desk, say("Store them"))
    expect(desk.get_by_text(say("Choose the file with the rates"))).to_be_visible()
    assert_accessible(desk)
    desk.get_by_label(say("File of rates, as CSV")).set_input_files(file)
    press(desk, say("Store them"))
    expect(desk.get_by_role("status")).to_contain_text(say("The rates are stored."))
    expect(desk.get_by_text("EUR, JPY, USD")).to_be_visible()


def leads_status(perchoir: Running, secret: str) -> int:
    headers = {"Authorization": f"Bearer {secret}"}
    return requests.get(f"{perchoir.url}/api/v1/leads", headers=headers, timeout=10).status_code


def test_sales_is_refused_at_a_marketer_s_and_an_administrator_s_page(
    perchoir: Running, visitors: Visitors, say: Tongue
) -> None:
    sales = visitors.desk(say.locale)
    sign_in(sales, perchoir, *perchoir.user("sales", say.locale))
    for path in ("/campaigns/new", "/tweets", "/impact", "/settings/people"):
        assert refused(sales, perchoir.url + path) == 403
        expect(sales.get_by_text(say.fault("not_your_role")).first).to_be_visible()
    assert_accessible(sales)
    assert refused(sales, f"{perchoir.url}/campaigns") == 200
