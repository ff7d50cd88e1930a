from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from flask.testing import FlaskClient

from campaigns.measuring import funnels
from campaigns.planning import campaigns
from campaigns.world import World
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
