import json
import re
import time
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import yaml

from campaigns.kernel.errors import Problem
from campaigns.publishing import weights
from campaigns.publishing.weights import Weight, check, normal, weigh


def codes(text: str) -> list[str]:
    with pytest.raises(Problem) as refused:
        check(text)
    assert {fault.field for fault in refused.value.faults} == {"text"}
    return [fault.code for fault in refused.value.faults]


def test_the_link_counts_as_any_address_does() -> None:
    assert (
        weigh("{link}").weight == weigh("https://a.example.com/a/very/long/path?with=a&query=of#its-own").weight == 23
    )


@pytest.mark.parametrize(
    "text,weight",
    [
        ("a" * 256 + " {link}", 280),
        ("日本" * 10 + " {link}", 64),
        ("👩‍🚀 {link}", 26),
        ("é {link}", 25),
        ("e\u0301 {link}", 25),
    ],
)
def test_letters_count_as_x_counts_them(text: str, weight: int) -> None:
    assert weigh(text) == Weight(weight, valid=True, over=0)


def test_the_line_ends_of_a_browser_count_once() -> None:
    assert weigh("a\r\nb {link}") == weigh("a\nb {link}")
    assert check("a\r\nb\rc {link}") == "a\nb\nc {link}"


def test_too_long_says_by_how_much() -> None:
    with pytest.raises(Problem) as refused:
        check("a" * 260 + " {link}")
    assert refused.value.faults[0].values == {"weight": 284, "over": 4}


@pytest.mark.parametrize("text", ["", "  \r\n "])
def test_an_empty_tweet_is_told_so_and_nothing_else(text: str) -> None:
    assert codes(text) == ["text_empty"]


@pytest.mark.parametrize(
    "text,expected",
    [
        ("No link", ["link_missing"]),
        ("{link} and {link}", ["link_twice"]),
        ("{Link}", ["link_missing"]),
        ("a" * 300, ["link_missing", "text_too_long"]),
        ("NUL \x00 {link}", ["control_characters"]),
        ("half a pair \ud83d {link}", ["control_characters"]),
        ("a mark of order \ufeff {link}", ["text_invalid"]),
    ],
)  # fmt: skip
def test_what_x_would_not_take_is_refused_with_all_its_faults(text: str, expected: list[str]) -> None:
    assert codes(text) == expected


@pytest.mark.parametrize("text", ["see{link}", "{link}now", "{link}/more", "#{link}", "{link}é", "a.fr/{link}"])
def test_letters_that_would_become_a_part_of_the_address_are_refused(text: str) -> None:
    assert codes(text) == ["link_glued"]


@pytest.mark.parametrize(
    "text", ["({link})", "«{link}»", "Read {link}.", "{link}?", "日本{link}日本", "👍{link}👍", "שלום {link}"]
)
def test_punctuation_and_other_alphabets_may_touch_the_link(text: str) -> None:
    assert check(text) == text


@pytest.mark.parametrize(
    "text", ["a." * 1000, "é." * 1000, "www." * 500, "http://" * 400, "x" * 1_000_000, "e\u0301" * 500_000]
)
def test_an_endless_text_is_refused_before_it_costs_time(text: str) -> None:
    began = time.process_time()
    assert "text_too_long" in codes(text)
    assert time.process_time() - began < 3  # the parser alone would take minutes


def test_an_address_of_700_characters_is_one_address() -> None:
    assert weigh("https://example.com/" + "a" * 700 + " {link}") == Weight(47, valid=True, over=0)


def test_the_kept_text_is_composed() -> None:
    assert normal("cafe\u0301") == "café"
    assert unicodedata.is_normalized("NFC", check("cafe\u0301 {link}"))


@pytest.fixture(scope="module")
def contracts(reference: Path) -> Path:
    return reference / "contracts"


@pytest.mark.reference
def test_our_numbers_are_those_of_xs_configuration(contracts: Path) -> None:
    config = json.loads((contracts / "twitter-text-config-v3.json").read_text())
    assert (config["maxWeightedTweetLength"], config["transformedURLLength"]) == (weights.MOST, weights.URL_WEIGHT)


@pytest.mark.reference
def test_xs_own_cases_of_tweets_are_judged_alike(contracts: Path) -> None:
    # They are of the time of 140 characters: what was valid still is; the others weigh what their letters do.
    cases = yaml.safe_load((contracts / "twitter-text-validate.yml").read_text())["tests"]["tweets"]
    assert len(cases) >= 7
    for case in cases:
        found = weigh(case["text"])
        if case["expected"]:
            assert found.valid, case["description"]
        else:
            assert found.weight == len(re.sub(r"http://\S+", "x" * 23, case["text"])), case["description"]


@pytest.mark.reference
def test_xs_own_cases_of_addresses_count_23_each(contracts: Path) -> None:
    config = json.loads((contracts / "twitter-text-config-v3.json").read_text())
    cases = yaml.safe_load((contracts / "twitter-text-extract.yml").read_text())["tests"]["urls"]
    assert len(cases) > 60
    wrong = {}
    for case in cases:
        text = normal(case["text"])
        expected = expected_weight(text, case["expected"], config)
        if weigh(text).weight != expected:
            wrong[case["description"]] = (weigh(text).weight, expected)
    assert wrong == {}


def expected_weight(text: str, urls: list[str], config: dict[str, Any]) -> int:
    """Counted from the list of addresses that X's own file gives, letter by letter around them."""
    weight, at = 0, 0
    for url in [unicodedata.normalize("NFC", url) for url in urls] + [""]:
        end = text.index(url, at) if url else len(text)
        weight += sum(letter_weight(ord(letter), config) for letter in text[at:end])
        weight += config["transformedURLLength"] * config["scale"] if url else 0
        at = end + len(url)
    return weight // int(config["scale"])


def letter_weight(point: int, config: dict[str, Any]) -> int:
    light = any(span["start"] <= point <= span["end"] for span in config["ranges"])
    return int(100 if light else config["defaultWeight"])
