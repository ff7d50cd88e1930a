from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from campaigns.capturing.conversions import Conversion
from campaigns.measuring import funnels
from campaigns.planning import campaigns
from campaigns.world import World
from tests.makers.agreeing import make_paths
from tests.makers.publishing import make_place, make_tweet
from tests.makers.reports import asked
from tests.makers.tracking import follow, make_lead, make_person, make_sale, make_touch

Api = Callable[..., FlaskClient]


def bare(told: dict[str, Any]) -> dict[str, Any]:
    """Figures without what is computed from them."""
    return {name: each for name, each in told.items() if name != "lead_rate"}


FIGURES = ("hits", "clicks", "leads", "sales", "net_revenue")


@pytest.mark.parametrize("query", ["", "?model=last_non_direct", "?model="])
def test_the_report_has_the_shape_that_machines_were_promised(api: Api, world: World, query: str) -> None:
    place = make_place(world)
    made = make_tweet(world, place)
    follow(world, made.link.code)
    for amount, tweet_id in ((12_000, made.tweet.id), (500, None)):
        person = make_person(world)
        make_touch(world, person, tweet_id, evidence="link" if tweet_id else "direct")
        make_lead(world, place, person)
        make_sale(world, place, person, amount)
    answer = api("sales").get(f"/api/v1/campaigns/{place.campaign_id}/report{query}")
    assert answer.status_code == 200
    told = answer.get_json()
    assert told["model"] == "last_non_direct"
    assert {name: told["totals"][name] for name in FIGURES} == {
        "hits": 1, "clicks": 1, "leads": 2, "sales": 2, "net_revenue": [{"amount": 12_500, "currency": "EUR"}],
    }  # fmt: skip
    [row] = told["tweets"]
    assert row["tweet_id"] == made.tweet.id
    assert [row[name] for name in FIGURES] == [1, 1, 1, 1, [{"amount": 12_000, "currency": "EUR"}]]
    assert [told["unattributed"][name] for name in FIGURES] == [0, 0, 1, 1, [{"amount": 500, "currency": "EUR"}]]


def test_the_report_says_what_the_stage_says_spillover_and_other_campaigns_included(api: Api, world: World) -> None:
    place, other = make_place(world), make_place(world)
    ours, theirs = make_tweet(world, place), make_tweet(world, other)
    for tweet_id, evidence in (
        (ours.tweet.id, "link+x"), (ours.tweet.id, "link+other"), (theirs.tweet.id, "link"), (None, "utm"),
    ):  # fmt: skip
        person = make_person(world)
        make_touch(world, person, tweet_id, evidence=evidence)
        make_lead(world, place, person)
        make_sale(world, place, person, 100)
    told = api("marketer").get(f"/api/v1/campaigns/{place.campaign_id}/report").get_json()
    with world.db.read() as session:
        campaign = campaigns.find(session, place.campaign_id)
        found = funnels.report(session, campaign, asked(lookback_days=90, rehearsal=True))
    assert bare(told["totals"]) == asdict(found.totals)
    assert bare(told["unattributed"]) == asdict(found.unattributed)
    for row, stage in zip(told["tweets"], found.rows, strict=True):
        assert {name: row[name] for name in asdict(stage.figures)} == asdict(stage.figures)
        assert (row["tweet_id"], row["elsewhere"], bare(row["spillover"])) == (
            stage.tweet_id, stage.elsewhere, asdict(stage.spillover),
        )  # fmt: skip
    assert [row["leads"] for row in told["tweets"]] == [1, 1]
    assert {name: each["leads"] for name, each in told["unattributed_by_evidence"].items()} == {
        "link+other": 1, "utm": 1,
    }  # fmt: skip


def test_an_unknown_model_is_refused(api: Api, world: World) -> None:
    answer = api("marketer").get(f"/api/v1/campaigns/{make_place(world).campaign_id}/report?model=shapley")
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == "model"


def test_a_campaign_that_isnt_is_missing(api: Api) -> None:
    for campaign_id in ("nothere", "0199c2b0-0000-7000-8000-000000000001"):
        assert api("marketer").get(f"/api/v1/campaigns/{campaign_id}/report").status_code == 404


def test_what_was_rehearsed_can_be_left_out(api: Api, world: World) -> None:
    place = make_place(world)
    make_lead(world, place, make_person(world), rehearsed=True)
    address = f"/api/v1/campaigns/{place.campaign_id}/report"
    client = api("marketer")
    told = {query: client.get(address + query).get_json() for query in ("", "?rehearsal=true", "?rehearsal=false")}
    assert {query: (each["rehearsal"], each["totals"]["leads"]) for query, each in told.items()} == {
        "": (True, 1), "?rehearsal=true": (True, 1), "?rehearsal=false": (False, 0),
    }  # fmt: skip


@pytest.mark.parametrize("spelt", ["1", "on", "True", "yes"])
def test_a_flag_is_true_or_false_as_the_document_says(api: Api, world: World, spelt: str) -> None:
    address = f"/api/v1/campaigns/{make_place(world).campaign_id}/report?rehearsal={spelt}"
    refused = api("sales").get(address)
    assert refused.status_code == 422
    [error] = refused.get_json()["errors"]
    assert (error["field"], error["code"]) == ("rehearsal", "malformed")


def test_other_models_share_leads_out_and_make_the_same_whole(api: Api, world: World) -> None:
    place = make_place(world)
    first, second = (make_tweet(world, place, f"Le {n} : {{link}}").tweet.id for n in ("un", "deux"))
    person = make_person(world)
    for tweet_id in (first, second):
        make_touch(world, person, tweet_id)
    make_lead(world, place, person)
    make_sale(world, place, person, 1_001)
    client = api("sales")
    told = client.get(f"/api/v1/campaigns/{place.campaign_id}/report?model=linear&group=tweet").get_json()
    assert {row["tweet_id"]: (row["leads"], row["net_revenue"][0]["amount"]) for row in told["tweets"]} == {
        first: (0.5, 501), second: (0.5, 500),
    }  # fmt: skip
    assert (told["totals"]["leads"], told["paths"], told["one_touch_share"]) == (1, 2, 0)
    channels = client.get(f"/api/v1/campaigns/{place.campaign_id}/report?group=channel").get_json()
    assert [(row["key"], row["leads"]) for row in channels["rows"]] == [("x_organic", 1)]


@pytest.mark.parametrize(
    "query", ["lookback_days=0", "lookback_days=396", "from=x", "by=magic", "group=moon", "evidence=x"]
)
def test_what_a_report_cannot_be_asked_is_refused(api: Api, world: World, query: str) -> None:
    place = make_place(world)
    answer = api("sales").get(f"/api/v1/campaigns/{place.campaign_id}/report?{query}")
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == query.partition("=")[0]


def test_why_a_conversion_is_whose_is_told_to_machines(api: Api, world: World) -> None:
    place = make_place(world)
    tweet_id, person = make_tweet(world, place).tweet.id, make_person(world)
    make_touch(world, person, tweet_id)
    make_sale(world, place, person, 700)
    with world.db.read() as session:
        [conversion_id] = session.scalars(select(Conversion.id).where(Conversion.kind == "sale"))
    client = api("sales")
    told = client.get(f"/api/v1/conversions/{conversion_id}/why?model=linear").get_json()
    assert (told["kind"], told["amount"], told["unattributed"]) == ("sale", {"amount": 700, "currency": "EUR"}, False)
    [touch] = told["path"]
    assert (touch["tweet_id"], touch["weight"], touch["why_not"]) == (tweet_id, 1, None)
    assert client.get("/api/v1/conversions/0193a1b2-0000-7000-8000-00000000000a/why").status_code == 404


def test_rows_are_compared_for_machines(api: Api, world: World) -> None:
    place = make_place(world)
    follow(world, make_tweet(world, place).link.code)
    told = api("sales").get(f"/api/v1/reports/compare?campaign_id={place.campaign_id}").get_json()
    [standing] = told["standings"]
    assert (standing["clicks"], standing["leads"], standing["p"], told["duel"]) == (1, 0, None, None)
    assert told["note"] == "A comparison, not an experiment"


def test_the_data_driven_model_tells_what_it_was_fitted_to_and_each_tweet_s_removal(api: Api, world: World) -> None:
    place = make_place(world)
    made = make_tweet(world, place)
    make_paths(world, place, [([made], 200, 1_800)])
    address = f"/api/v1/campaigns/{place.campaign_id}/report?model=data_driven"
    told = api("sales").get(address).get_json()
    assert (told["fit"]["leads"], told["fit"]["paths"], told["fit"]["note"]) == (200, 2_000, "Not causal")
    [row] = told["tweets"]
    assert (row["leads"], row["removal"]["effect"]) == (200, 1)
    with world.db.read() as session:
        conversion_id = session.scalars(select(Conversion.id).limit(1)).one()
    why = api("sales").get(f"/api/v1/conversions/{conversion_id}/why?model=data_driven&lookback_days=90").get_json()
    assert [step["weight"] for step in why["path"]] == [1]


@pytest.mark.parametrize("path", ["campaigns/{0}/report?", "reports/compare?campaign_id={0}&"])
def test_too_few_paths_for_the_data_driven_model_is_a_conflict_that_says_how_many(
    api: Api, world: World, path: str
) -> None:
    address = path.format(make_place(world).campaign_id)
    answer = api("sales").get(f"/api/v1/{address}model=data_driven")
    assert answer.status_code == 409
    assert answer.get_json()["errors"][0]["code"] == "paths_too_few"


@pytest.mark.parametrize("query", ["what=pages", "what=campaigns", "what=periods&periods=2026-11-01..2026-11-02"])
def test_machines_compare_pages_campaigns_and_periods(api: Api, world: World, query: str) -> None:
    place = make_place(world)
    made = make_tweet(world, place)
    follow(world, made.link.code)
    told = api("sales").get(f"/api/v1/reports/compare?campaign_id={place.campaign_id}&{query}")
    assert told.status_code == 200
    assert [each["clicks"] for each in told.get_json()["standings"]] == ([] if "pages" in query else [1])


@pytest.mark.parametrize("what", ["rows", "pages", "campaigns"])
def test_what_is_not_among_the_rows_is_refused_instead_of_compared_with_nothing(
    api: Api, world: World, what: str
) -> None:
    address = f"/api/v1/reports/compare?campaign_id={make_place(world).campaign_id}&what={what}&keys=nope"
    answer = api().get(address)
    assert (answer.status_code, answer.get_json()["errors"][0]["field"]) == (422, "keys")


def test_periods_that_share_days_are_a_fault_of_their_field(api: Api, world: World) -> None:
    query = "what=periods&periods=2026-11-01..2026-11-02,2026-11-02..2026-11-03"
    answer = api().get(f"/api/v1/reports/compare?campaign_id={make_place(world).campaign_id}&{query}")
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["code"] == "periods_overlap"
