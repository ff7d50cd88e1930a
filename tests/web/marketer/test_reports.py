"""The lens in the address, the rows behind figures, why a conversion is whose, and the league."""

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from campaigns.measuring.figures import Figures
from campaigns.publishing import tweets
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.agreeing import make_paths
from tests.makers.pressed import sent_values, soup
from tests.makers.publishing import Place, make_place, make_tweet
from tests.makers.tracking import follow, make_lead, make_person, make_sale, make_touch
from web.marketer.funnel_steps import steps as drawn_steps

Staff = Callable[[str], FlaskClient]


@pytest.fixture
def place(world: World, clock: HandClock) -> Place:
    place = make_place(world)
    made = [make_tweet(world, place, f"Le {n} : {{link}}") for n in ("un", "deux", "trois")]
    for n, each in enumerate(made):
        follow(world, each.link.code)
        for _ in range(n + 1):
            person = make_person(world)
            for tweet in made[: n + 1]:
                make_touch(world, person, tweet.tweet.id, at=clock.now())
                clock.advance(minutes=40)
            make_lead(world, place, person)
            make_sale(world, place, person, 1_000)
    make_lead(world, place, make_person(world))
    return place


@pytest.mark.parametrize(
    "query", ["", "model=linear", "model=first_touch&group=channel", "model=position&lookback_days=1", "by=touch",
              "evidence=link", "direct=always&group=weekday", "model=time_decay&half_life_days=1&sort=leads"],
)  # fmt: skip
def test_every_number_opens_the_rows_it_counts(world: World, place: Place, staff: Staff, query: str) -> None:
    client = staff("marketer")
    page = unescape(client.get(f"/campaigns/{place.campaign_id}?{query}").text)
    links = re.findall(r'<a href="(/(?:leads|conversions)\?[^"]+)">([0-9.]+)</a>', page)
    assert len(links) > 3
    earned = re.findall(r'<a href="(/conversions\?[^"]*kind=money[^"]*)">([^<]+)</a>', page)
    assert len(earned) > 2  # the funnel's, the tile's, the ledger's and its total
    assert all(f"<h1>{told}," in client.get(address).text for address, told in earned)
    for address, number in links:
        shown = client.get(address)
        assert shown.status_code == 200
        if address.startswith("/conversions"):
            heading = re.search(r"<h1>([0-9.,]+) ×", shown.text)
            assert heading
            assert heading[1] == number
        else:
            assert len(set(re.findall(r'href="/leads/([0-9a-f-]{36})', shown.text))) == int(number)


def test_the_question_stays_in_the_address_of_what_it_leads_to(place: Place, staff: Staff) -> None:
    client = staff("marketer")
    page = unescape(client.get(f"/campaigns/{place.campaign_id}?model=linear&lookback_days=30").text)
    [address, *_] = re.findall(r'href="(/conversions\?[^"]+key=[0-9a-f-]{36}[^"]*)"', page)
    assert parse_qs(urlsplit(address).query)["model"] == ["linear"]
    rows = unescape(client.get(address).text)
    [why, *_] = re.findall(r'href="(/conversions/[^"]+)"', rows)
    shown = client.get(why).text
    assert "Each touch gets the same." in shown
    assert "model=linear" in why
    assert "lookback_days=30" in why


@pytest.mark.parametrize(
    "query,field", [("lookback_days=0", "lookback_days"), ("lookback_days=x", "lookback_days"), ("from=x", "from"),
                    ("from=2026-02-02&to=2026-01-01", "to"), ("half_life_days=0", "half_life_days"),
                    ("model=magic", "model"), ("evidence=hearsay", "evidence"), ("group=moon", "group")],
)  # fmt: skip
def test_what_cannot_be_asked_is_said_beside_its_field(place: Place, staff: Staff, query: str, field: str) -> None:
    answer = staff("marketer").get(f"/campaigns/{place.campaign_id}?{query}")
    assert answer.status_code == 422
    assert re.search(rf'id="{field}-error"', answer.text)


@pytest.mark.parametrize("query", ["period=century", "rehearsal=perhaps", "sort=luck"])
def test_an_address_that_asks_what_there_is_not_is_refused_and_not_answered_otherwise(
    place: Place, staff: Staff, query: str
) -> None:
    answer = staff("marketer").get(f"/campaigns/{place.campaign_id}?{query}")
    assert answer.status_code == 422
    assert re.search("asks for something that there isn|Choose one of the list", answer.text)


def test_a_day_in_a_fault_is_written_as_the_language_writes_it(place: Place, staff: Staff) -> None:
    client = staff("marketer", locale="fr")
    page = client.get(f"/campaigns/{place.campaign_id}?from=2026-02-03&to=2026-01-01").text
    assert "3 février 2026" in page


def test_conversions_that_are_not_there_are_404(place: Place, staff: Staff) -> None:
    client = staff("sales")
    for path in ("/conversions/0193a1b2-0000-7000-8000-00000000000a", "/conversions?kind=magic", "/conversions?page=x"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("query", ["", "group=channel", "model=linear"])
def test_the_league_compares_and_says_that_it_is_no_experiment(place: Place, staff: Staff, query: str) -> None:
    client: FlaskClient = staff("marketer")
    page = client.get(f"/campaigns/{place.campaign_id}/compare?{query}")
    assert page.status_code == 200
    assert "A comparison, not an experiment" in page.text
    assert "Too few to compare" in page.text
    keys = re.findall(r'name="key" value="([^"]+)"', page.text)
    assert keys
    picked = client.get(f"/campaigns/{place.campaign_id}/compare?{query}&key={keys[0]}").text
    assert re.findall(r'name="key" value="([^"]+)"', picked) == keys[:1]


def test_a_tweets_page_shows_its_leads_under_each_model(world: World, place: Place, staff: Staff) -> None:
    client = staff("marketer")
    page = unescape(client.get(f"/campaigns/{place.campaign_id}").text)
    [tweet, *_] = re.findall(r'class="q" href="(/tweets/[^"]+)"', page)
    shown = client.get(tweet).text
    for words in ("Last non-direct touch", "Linear", "Position 40/20/40", "Time decay"):
        assert words in shown


@pytest.mark.parametrize("query", ["", "model=linear", "group=channel"])
def test_the_ledger_as_csv_sums_to_its_total(place: Place, staff: Staff, query: str) -> None:
    answer = staff("sales").get(f"/campaigns/{place.campaign_id}/report.csv?{query}")
    assert answer.mimetype == "text/csv"
    *rows, total = csv.DictReader(io.StringIO(answer.text))
    assert total["key"] == "total"
    for column in ("hits", "clicks", "leads", "sales", "net_EUR"):
        assert sum(Decimal(row[column]) for row in rows) == pytest.approx(Decimal(total[column]), abs=Decimal("1e-7"))


def test_the_data_driven_model_shows_its_intervals_and_that_it_is_not_causal(world: World, staff: Staff) -> None:
    place = make_place(world)
    first, second = make_tweet(world, place, "Un : {link}"), make_tweet(world, place, "Deux : {link}")
    make_paths(world, place, [([first], 150, 900), ([first, second], 60, 0), ([second], 0, 1000)])
    client = staff("marketer")
    page = client.get(f"/campaigns/{place.campaign_id}?model=data_driven")
    assert page.status_code == 200
    assert "Not causal" in page.text
    assert "2,110 paths" in page.text
    assert len(re.findall(r'class="band"', page.text)) == 4  # both tweets, drawn wide and narrow
    tweet = client.get(f"/tweets/{first.tweet.id}")
    assert "Data-driven" in tweet.text
    rows = client.get(f"/conversions?campaign_id={place.campaign_id}&model=data_driven&kind=lead&key={first.tweet.id}")
    why = client.get(re.findall(r'href="(/conversions/[^"]+)"', unescape(rows.text))[0])
    assert "as its tweet would be missed" in unescape(why.text)


@pytest.mark.parametrize(
    "path", ["campaigns/{0}?", "campaigns/{0}/compare?", "conversions?campaign_id={0}&", "conversions?"]
)
def test_below_its_thresholds_the_usual_model_is_shown_and_the_reason(place: Place, staff: Staff, path: str) -> None:
    page = unescape(staff("marketer").get(f"/{path.format(place.campaign_id)}model=data_driven").text)
    assert ("2,000 paths" in page) == ("{0}" in path)
    assert ("choose one" in page) == ("{0}" not in path)
    assert "Last non-direct touch, 90 days" in page


def steps(page: str) -> dict[str, list[str]]:
    """Of each step of the funnel: its figure, the one before, its rate."""
    found = BeautifulSoup(page, "html.parser").select("ol.funnel li")
    return {
        step.h3.get_text(): [each.get_text(" ", strip=True) for each in step.select("p")] for step in found if step.h3
    }


def test_each_step_of_the_funnel_names_what_it_is_a_share_of(place: Place, staff: Staff) -> None:
    told = steps(staff("marketer").get(f"/campaigns/{place.campaign_id}").text)
    assert list(told) == ["Hits", "Clicks", "Visits confirmed", "Leads", "Qualified", "Customers", "Net revenue"]
    assert told["Clicks"] == ["3", "100.0% of 3 hits 43.9%–100.0% too few to compare"]
    assert told["Qualified"][1].startswith("0.0% of 7 leads")
    assert told["Leads"][0] == "7"


def test_the_funnel_stands_beside_the_period_before(world: World, place: Place, staff: Staff, clock: HandClock) -> None:
    client, today = staff("marketer"), clock.now().date()
    page = client.get(f"/campaigns/{place.campaign_id}?from={today + timedelta(days=1)}&to={today + timedelta(days=4)}")
    told = steps(page.text)
    assert told["Leads"][:2] == ["0", "from 7"]
    assert "from €60.00" in told["Net revenue"]
    [address] = set(re.findall(r'class="chg"><a href="([^"]+)"', page.text))
    earlier = steps(client.get(f"/campaigns/{place.campaign_id}{unescape(address)}").text)
    assert earlier["Leads"][0] == "7"
    assert all("from" not in " ".join(words) for words in steps(
        client.get(f"/campaigns/{place.campaign_id}?from={today}").text).values())  # fmt: skip


def test_a_change_is_told_with_its_interval_and_only_where_both_periods_carry_it(app: Flask) -> None:
    with app.test_request_context("/"):
        one, few = (drawn_steps(Figures(hits=hits, clicks=hits), Figures(hits=100, clicks=9), {}) for hits in (200, 9))
        seen = drawn_steps(Figures(), None, {}, (1_000, None))
    assert re.fullmatch(r"\+100% \(\+5\d% to \+15\d%\)", one[0].change)
    assert [one[1].change, few[0].change] == ["", ""]
    assert [step.key for step in seen][:2] == ["impressions", "hits"]


@pytest.mark.parametrize(
    "what,told", [("pages", "Nothing to compare yet"), ("campaigns", "Rentrée"), ("periods", "Compare the periods")]
)
def test_pages_campaigns_and_periods_are_compared_too(place: Place, staff: Staff, what: str, told: str) -> None:
    page = staff("marketer").get(f"/campaigns/{place.campaign_id}/compare?what={what}")
    assert page.status_code == 200
    assert told in unescape(page.text)


def test_two_periods_are_typed_and_those_that_share_days_are_refused(place: Place, staff: Staff) -> None:
    client, path = staff("marketer"), f"/campaigns/{place.campaign_id}/compare?what=periods"
    page = client.get(f"{path}&since=2026-11-01&until=2026-11-03&since=2026-11-04&until=2026-11-09&since=&until=")
    assert page.status_code == 200
    assert "1 Nov – 3 Nov" in page.text
    wrong = client.get(f"{path}&since=2026-11-01&until=2026-11-04&since=2026-11-04&until=2026-11-09")
    assert wrong.status_code == 422
    assert "share days" in wrong.text
    assert 'value="2026-11-09"' in wrong.text


TABLES = [("/", "steps"), ("/", "best"), ("/campaigns/{0}", "ledger"), ("/campaigns/{0}", "funnel"),
          ("/campaigns/{0}", "days"), ("/campaigns/{0}/compare", "league"),
          ("/conversions", "conversions")]  # fmt: skip


@pytest.mark.parametrize("path,table", TABLES)
def test_each_table_is_had_as_json_and_as_csv_with_the_same_rows(
    place: Place, staff: Staff, path: str, table: str
) -> None:
    client = staff("marketer")
    told = client.get(path.format(place.campaign_id), query_string={"table": table, "format": "json"})
    rows = told.get_json()
    assert rows
    text = client.get(path.format(place.campaign_id), query_string={"table": table, "format": "csv"})
    lines = list(csv.DictReader(io.StringIO(text.data.decode("utf-8-sig")), delimiter=","))
    assert len(lines) == len(rows)
    assert f"{table}.csv" in text.headers["Content-Disposition"]
    assert "@" not in text.text + told.text  # nobody's address


def test_a_ledger_as_json_is_the_report_of_machines(place: Place, staff: Staff) -> None:
    address = f"/campaigns/{place.campaign_id}?model=linear&table=ledger&format=json"
    *rows, nobody, total = staff("marketer").get(address).get_json()
    assert (nobody["key"], total["key"]) == ("unattributed", "total")
    assert sum(row["leads"] for row in [*rows, nobody]) == pytest.approx(total["leads"])
    assert total["net_revenue"] == [{"amount": 6_000, "currency": "EUR"}]


def test_a_table_that_is_none_is_missing(place: Place, staff: Staff) -> None:
    assert staff("marketer").get(f"/campaigns/{place.campaign_id}?table=x&format=csv").status_code == 404


def test_home_shows_the_days_of_its_address(place: Place, staff: Staff) -> None:
    page = staff("marketer").get("/?from=2026-10-05&to=2026-10-11").text
    assert "5 Oct to 11 Oct" in page
    assert "The last 28 days" in staff("admin").get("/?from=x&to=2026-10-11").text


def test_the_period_chosen_is_the_next_page_s_until_another_is(place: Place, staff: Staff) -> None:
    client, path = staff("marketer"), f"/campaigns/{place.campaign_id}"
    assert "27 Oct to 2 Nov" in client.get(f"{path}?period=7").text
    assert "27 Oct to 2 Nov" in client.get(path).text
    assert "27 Oct to 2 Nov" in client.get(f"{path}/compare").text
    assert "The last 7 days" in client.get("/").text
    assert "1 Oct to 5 Oct" in client.get(f"{path}?from=2026-10-01&to=2026-10-05").text  # days that are named win
    assert "27 Oct" not in client.get(f"{path}?period=ever").text
    assert "27 Oct" not in client.get(path).text


@pytest.mark.parametrize(
    "period,first", [("today", "2026-11-02"), ("28", "2026-10-06"), ("quarter", "2026-10-01"), ("year", "2026-01-01")]
)
def test_a_period_is_whole_days_up_to_today(place: Place, staff: Staff, period: str, first: str) -> None:
    page = staff("marketer").get(f"/campaigns/{place.campaign_id}?period={period}").text
    assert re.search(rf'name="from"[^>]*value="{first}"|value="{first}"[^>]*name="from"', page)
    assert f"period={period}" in page  # a link from here keeps it relative


def test_a_cookie_of_nothing_shows_all(place: Place, staff: Staff) -> None:
    client = staff("marketer")
    client.set_cookie("perchoir-period", "<b>")
    answer = client.get(f"/campaigns/{place.campaign_id}")
    assert answer.status_code == 200
    assert 'aria-current="true">Ever' in answer.text


def test_a_thread_is_one_row_and_each_format_another(world: World, staff: Staff) -> None:
    place = make_place(world)
    first = make_tweet(world, place, "Un {link}", parts=("Deux {link}",)).tweet
    alone = make_tweet(world, place, "Seul {link}").tweet
    with world.db.read() as session:
        second = tweets.parts(session, first)[1]
    for tweet in (first, second, alone):
        person = make_person(world)
        make_touch(world, person, tweet.id)
        make_lead(world, place, person)
    client, path = staff("marketer"), f"/campaigns/{place.campaign_id}?table=ledger&format=json&group="
    threads = {row["key"]: row["leads"] for row in client.get(f"{path}thread").get_json()}
    assert threads == {first.id: 2, alone.id: 1, "unattributed": 0, "total": 3}
    formats = {row["name"]: row["leads"] for row in client.get(f"{path}format").get_json() if row["name"]}
    assert formats == {"Thread": 2, "One tweet": 1}
    rows = client.get(f"/conversions?campaign_id={place.campaign_id}&group=thread&kind=lead&key={first.id}").text
    assert "2 ×" in rows


def test_a_file_loses_no_cent_of_a_large_sum_and_defuses_what_begins_with_a_minus(world: World, staff: Staff) -> None:
    place = make_place(world)
    make_sale(world, place, make_person(world), 12_345_678_901)
    make_sale(world, place, make_person(world), 500, tax=100, state="refunded", refunded=500, currency="CHF")
    text = staff("marketer").get(f"/campaigns/{place.campaign_id}?table=ledger&format=csv").text
    total = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))[-1]
    assert total["net_revenue_EUR"] == "123456789.01"
    assert total["net_revenue_CHF"] == "'-1.00"


def test_each_number_of_home_and_of_a_tweet_opens_its_rows(world: World, place: Place, staff: Staff) -> None:
    client = staff("marketer")
    [tweet_id, *_] = re.findall(r"/tweets/([0-9a-f-]{36})", client.get(f"/campaigns/{place.campaign_id}").text)
    client.get("/?period=today")  # what was chosen there isn't asked of a tweet's figures
    for path in ("/", f"/tweets/{tweet_id}"):
        page = unescape(client.get(path).text)
        links = re.findall(r'href="(/conversions\?[^"]*kind=(\w+)[^"]*)"[^>]*>([^<]+)<', page)
        assert {kind for _, kind, _ in links} >= {"lead", "sale", "money"}
        for address, kind, told in links:
            heading = f"<h1>{told}," if kind == "money" else f"<h1>{told} ×"
            assert heading in client.get(address).text, (path, address)


def test_a_period_stays_relative_when_another_model_is_asked(place: Place, staff: Staff) -> None:
    client, path = staff("marketer"), f"/campaigns/{place.campaign_id}"
    page = soup(client.get(f"{path}?period=7"))
    asked = sent_values(page.select_one(".lens-form"))
    assert "period=7" in client.get(path, query_string=asked | {"model": "linear"}).text
    typed = client.get(path, query_string=asked | {"from": "2026-10-01"}).text
    assert "1 Oct to 2 Nov" in typed


@pytest.mark.parametrize("table", ["hours", "models", "to-lead", "to-sale"])
def test_a_tweet_s_tables_are_had_as_files(place: Place, staff: Staff, table: str) -> None:
    client = staff("marketer")
    [tweet_id, *_] = re.findall(r"/tweets/([0-9a-f-]{36})", client.get(f"/campaigns/{place.campaign_id}").text)
    rows = client.get(f"/tweets/{tweet_id}?table={table}&format=json").get_json()
    text = client.get(f"/tweets/{tweet_id}?table={table}&format=csv").data.decode("utf-8-sig")
    assert len(list(csv.DictReader(io.StringIO(text)))) == len(rows)
    if table == "models":
        assert {row["model"] for row in rows} >= {"linear", "last_non_direct"}
