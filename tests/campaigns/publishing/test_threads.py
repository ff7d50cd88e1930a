"""A long text as tweets in a row: nothing is lost, each part fits."""

import re

from hypothesis import given
from hypothesis import strategies as st

from campaigns.publishing import weights
from campaigns.publishing.threads import split

words = st.text(st.sampled_from("abé日 .,!?\n{}"), max_size=1_200)


@given(words)
def test_nothing_is_lost_but_the_space_where_it_is_cut(text: str) -> None:
    assert re.sub(r"\s", "", "".join(split(text))) == re.sub(r"\s", "", weights.normal(text))


@given(words)
def test_each_part_fits_unless_it_is_one_word(text: str) -> None:
    for part in split(text):
        assert weights.weigh(part).weight <= weights.MOST or not re.search(r"\s", part)
