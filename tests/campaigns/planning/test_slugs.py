import re

from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from campaigns.kernel.errors import Faults
from campaigns.planning import slugs


def codes(slug: str) -> list[str]:
    faults = Faults()
    slugs.check(faults, slug)
    return [fault.code for fault in faults.found]


@given(st.text(max_size=200))
def test_a_folded_text_is_always_a_slug(text: str) -> None:
    folded = slugs.fold(text, "page")
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", folded)
    assert len(folded) <= slugs.MAX_LENGTH
    assert slugs.fold(folded, "page") == folded


@given(st.from_regex(r"[a-z0-9]+(-[a-z0-9]+){0,9}", fullmatch=True).filter(lambda slug: len(slug) <= 60), st.data())
def test_the_next_free_slug_is_free_and_well_formed(slug: str, data: st.DataObject) -> None:
    taken: set[str] = set()
    for _ in range(data.draw(st.integers(1, 12))):
        free = slugs.next_free(slug, taken)
        assert free not in taken
        assert codes(free) == []
        taken.add(free)


def test_a_slug_is_told_what_is_wrong_with_it() -> None:
    assert codes("six-fridays") == codes("6") == codes("a" * 60) == []
    for wrong in (
        "",
        "Six",
        "six_fridays",
        "-six",
        "six-",
        "six--fridays",
        "six fridays",
        "é",
        "a" * 61,
        "a/b",
        "a\x00",
    ):
        assert codes(wrong) == ["slug_malformed"]
    assert codes("api") == codes("sign-in") == ["slug_reserved"]


def test_a_long_headline_is_cut_between_words() -> None:
    folded = slugs.fold("one two three four five six seven eight nine ten eleven twelve thirteen", "page")
    assert folded == "one-two-three-four-five-six-seven-eight-nine-ten-eleven"


def test_every_first_part_of_our_own_addresses_is_reserved(app: Flask) -> None:
    parts = {rule.rule.split("/")[1] for rule in app.url_map.iter_rules()} - {""}
    words = {part.replace(".", "-").lstrip("-") for part in parts if "<" not in part}
    assert words - slugs.RESERVED == set()
