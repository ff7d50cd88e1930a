"""Tags, whatever the target and whatever came in."""

import re
from urllib.parse import parse_qsl, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from campaigns.tracking import utm

keys = st.sampled_from(utm.KEYS)
tags = st.dictionaries(keys, st.text(max_size=150), max_size=9)
# pieces of an address's query that people and programs write
names = st.sampled_from(["x", "utm_source", "UTM_SOURCE", "utm%5Fsource", "utm_lab", "utm_content", "via", ""])
pairs = st.lists(st.tuples(names, st.text("ab=%C3é+/?", max_size=8)), max_size=6)
targets = st.builds(
    lambda pairs, fragment: f"https://a.example/p?{'&'.join(f'{k}={v}' for k, v in pairs)}#{fragment}",
    pairs,
    st.text("abc?&=utm_", max_size=12),
)


@given(targets, tags)
def test_tagging_again_changes_nothing(target: str, values: dict[str, str]) -> None:
    once = utm.tag(target, values)
    assert utm.tag(once, values) == once


@given(targets, tags)
def test_each_of_our_tags_is_there_once_and_ours(target: str, values: dict[str, str]) -> None:
    query = urlsplit(utm.tag(target, values)).query
    for key, value in values.items():
        found = [v for k, v in parse_qsl(query) if k.lower() == key]
        if wanted := utm.clean(value):
            assert found == [wanted]


@given(targets, tags)
def test_what_isnt_ours_stays_in_its_order(target: str, values: dict[str, str]) -> None:
    ours = {key for key, value in values.items() if utm.clean(value)}

    def others(address: str) -> list[tuple[str, str]]:
        return [(k, v) for k, v in parse_qsl(urlsplit(address).query) if k.lower() not in ours]

    tagged = utm.tag(target, values)
    assert others(tagged) == others(target)
    assert urlsplit(tagged).fragment == urlsplit(target).fragment


@given(st.text())
def test_a_clean_value_is_what_the_convention_allows(value: str) -> None:
    assert re.fullmatch(r"[a-z0-9._-]{0,100}", utm.clean(value))
    assert utm.clean(utm.clean(value)) == utm.clean(value)


@given(st.text())
def test_whatever_comes_in_is_read_within_its_limits(query: str) -> None:
    read = utm.read(query)
    assert len(read) <= 9
    assert all(len(value) <= 100 and value == value.strip() and value.isprintable() for value in read.values())
