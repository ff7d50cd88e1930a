import pytest

from campaigns.tracking import utm

OURS = {"utm_source": "twitter", "utm_medium": "social", "utm_campaign": "rentrée 2026", "utm_content": "t-4K"}


def test_the_targets_own_query_and_fragment_stay_as_they_were() -> None:
    tagged = utm.tag("https://a.example/p?x=%C3%A9+1&x=2&flag#top?utm_source=no", OURS)
    assert tagged == (
        "https://a.example/p?x=%C3%A9+1&x=2&flag&utm_source=twitter&utm_medium=social&utm_campaign=rentree-2026"
        "&utm_content=t-4k#top?utm_source=no"
    )


def test_nothing_is_tagged_twice() -> None:
    once = utm.tag("https://a.example/", OURS)
    assert utm.tag(once, OURS) == once
    assert once.count("utm_source") == 1


def test_our_tags_win_over_the_targets_own_however_they_are_written() -> None:
    tagged = utm.tag("https://a.example/?UTM_SOURCE=old&utm%5Fmedium=x&utm_lab=7", OURS)
    assert "old" not in tagged
    assert utm.read(tagged.partition("?")[2])["utm_medium"] == "social"


def test_an_unknown_tag_is_preserved() -> None:
    assert "utm_lab=7&" in utm.tag("https://a.example/?utm_lab=7", OURS)


def test_a_value_is_capped_at_a_hundred_characters() -> None:
    assert utm.tag("https://a.example/", {"utm_term": "É" * 300}) == f"https://a.example/?utm_term={'e' * 100}"


def test_an_empty_value_is_no_tag() -> None:
    assert utm.tag("https://a.example/", {"utm_term": " !! "}) == "https://a.example/"


def test_tags_that_come_in_are_folded_trimmed_and_capped() -> None:
    read = utm.read("UTM_Source=%20Twitter%20&utm_medium=" + "a" * 300 + "&other=1")
    assert read == {"utm_source": "twitter", "utm_medium": "a" * 100}


def test_nine_tags_at_most_come_in_the_known_ones_first() -> None:
    query = "&".join([f"utm_x{n}=1" for n in range(20)] + ["utm_source=twitter"])
    assert len(utm.read(query)) == 9
    assert utm.read(query)["utm_source"] == "twitter"


@pytest.mark.parametrize(
    "address", ["ann%40example.com", "ann@example.com", "to+ann%40example.com+x", "ann%2540example.com"]
)
def test_an_e_mail_address_in_a_tag_is_dropped(address: str) -> None:
    assert utm.read(f"utm_source=twitter&utm_term={address}") == {"utm_source": "twitter"}


@pytest.mark.parametrize(
    "query", ["", "?", "&&&", "utm_source", "utm_source=", "utm_=x", "%", "utm_source=%00", "a=" * 9_000]
)
def test_a_query_without_tags_has_none(query: str) -> None:
    assert utm.read(query) == {}


def test_bytes_that_are_no_text_break_nothing() -> None:
    assert utm.read("utm_source=%ff%fe") == {"utm_source": "\ufffd\ufffd"}
