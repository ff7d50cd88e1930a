"""The lens in the address, the rows behind figures, why a conversion is whose, and the league."""

import csv
import io
import re
from collections.abc import Callable
from decimal import Decimal
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from campaigns.world import World
from tests.clock import HandClock
from tests.makers.agreeing import make_paths
from tests.makers.publishing import Place, make_place, make_tweet
from tests.makers.tracking import follow, make_lead, make_person, make_sale, make_touch

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
