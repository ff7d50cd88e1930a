from dataclasses import replace
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import select

from campaigns.kernel.errors import Problem
from campaigns.planning import pages
from campaigns.planning.fields import Field
from campaigns.planning.pages import Consent, ConsentText, Page
from campaigns.world import World
from tests.clock import HandClock
from tests.makers.planning import PAGE, make_coupon, make_page, make_white_paper


def change(world: World, page: Page, **more: Any) -> Page:
    with world.db.write() as session:
        found = pages.find(session, page.id, to_change=True)
        return pages.update(session, found, replace(pages.draft_of(found), **more), world.clock.now())


def test_a_page_is_kept_with_its_html(world: World) -> None:
    page = make_page(world, make_coupon(world), slug="six-fridays", body="# Hello\r\n<script>x</script>")
    with world.db.read() as session:
        found = pages.find_by_slug(session, "six-fridays")
    assert found.id == page.id
    assert found.body == "# Hello\n<script>x</script>"
    assert found.body_html == "<h2>Hello</h2>\n<p>&lt;script&gt;x&lt;/script&gt;</p>\n"
    assert (found.revision, found.is_online) == (1, True)
    assert pages.url(world.settings, found) == "http://localhost/p/six-fridays"


def test_every_fault_of_a_page_is_told_at_once() -> None:
    draft = replace(
        PAGE, locale="de", headline="", slug="API", theme="neon", body="x" * 20_001, button="x" * 41,
        fields=(Field("1", "", "text"),),
        consents=(Consent("news", "a"), Consent("news", ""), Consent("No", "x\x00")),
    )  # fmt: skip
    with pytest.raises(Problem) as refused:
        pages.check(draft)
    assert [(fault.field, fault.code) for fault in refused.value.faults] == [
        ("slug", "slug_malformed"), ("locale", "not_a_choice"), ("theme", "not_a_choice"), ("headline", "required"),
        ("body", "too_long"), ("button", "too_long"), ("fields.0.name", "field_name_malformed"),
        ("fields.0.label", "required"), ("consents.1.purpose", "consent_purpose_twice"),
        ("consents.1.text", "required"), ("consents.2.purpose", "field_name_malformed"),
        ("consents.2.text", "control_characters"),
    ]  # fmt: skip


def test_without_a_slug_the_headline_makes_one(world: World) -> None:
    offer = make_coupon(world)
    made = [make_page(world, offer, headline=headline).slug for headline in ("L’école", "L’école", "Api", "مرحبا")]
    assert made == ["l-ecole", "l-ecole-2", "api-2", "page-2"]  # page itself is reserved


def test_a_slug_is_taken_once(world: World) -> None:
    offer = make_coupon(world)
    page, other = make_page(world, offer, slug="six"), make_page(world, offer, slug="seven")
    for act in (lambda: make_page(world, offer, slug="six"), lambda: change(world, other, slug="six")):
        with pytest.raises(Problem) as refused:
            act()
        assert [(fault.field, fault.code) for fault in refused.value.faults] == [("slug", "slug_taken")]
    assert change(world, page, slug="six").slug == "six"


def test_eight_pages_that_want_one_slug_at_one_moment_give_one(world: World) -> None:
    offer, told = make_coupon(world), []
    others = [make_page(world, offer, slug=f"other-{number}") for number in range(4)]

    def make() -> None:
        try:
            told.append(make_page(world, offer, slug="six").slug)
        except Problem as refused:
            told.append(refused.faults[0].code)

    def rename(page: Page) -> None:
        try:
            told.append(change(world, page, slug="six").slug)
        except Problem as refused:
            told.append(refused.faults[0].code)

    threads = [Thread(target=make) for _ in range(4)] + [Thread(target=rename, args=(page,)) for page in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["six"] + ["slug_taken"] * 7


def test_a_change_raises_the_revision(world: World) -> None:
    page = make_page(world, make_coupon(world))
    changed = change(world, page, headline="Seven Fridays")
    assert (changed.headline, changed.slug, changed.revision) == ("Seven Fridays", page.slug, 2)


def test_the_words_of_a_consent_are_kept_for_ever(world: World) -> None:
    page = make_page(world, make_coupon(world), consents=(Consent("news", "Write to me"),))
    make_page(world, make_coupon(world), consents=(Consent("news", "Write to me"),))
    change(world, page, consents=(Consent("news", "Write to me twice"),))
    with world.db.read() as session:
        texts = set(session.scalars(select(ConsentText.text)))
        first = session.get_one(ConsentText, pages.consent_hash("news", "en", "Write to me"))
    assert texts == {"Write to me", "Write to me twice"}
    assert (first.purpose, first.locale) == ("news", "en")


def test_a_consents_hash_tells_its_three_parts_apart() -> None:
    told = {
        pages.consent_hash(*parts)
        for parts in [("a", "en", "b"), ("a", "fr", "b"), ("b", "en", "a"), ("ae", "n", "b"), ("a", "en", "B")]
    }
    assert len(told) == 5


def test_a_white_paper_goes_online_with_its_paper(world: World) -> None:
    page = make_page(world, make_white_paper(world, paper=False), published=False)
    with world.db.write() as session, pytest.raises(Problem) as refused:
        pages.publish(session, pages.find(session, page.id), world.clock.now())
    assert (refused.value.kind, refused.value.faults[0].code) == ("conflict", "paper_missing")
    assert make_page(world, make_white_paper(world)).is_online


def test_a_page_goes_off_and_comes_back(world: World, clock: HandClock) -> None:
    page = make_page(world, make_coupon(world))
    online_at = page.published_at
    for _ in range(2):
        with world.db.write() as session:
            assert not pages.close(session, pages.find(session, page.id), clock.advance(hours=1)).is_online
    for _ in range(2):
        with world.db.write() as session:
            found = pages.publish(session, pages.find(session, page.id), clock.advance(hours=1))
    assert (found.is_online, found.published_at) == (True, online_at)


def test_links_lead_to_the_page_that_went_online_first(world: World, clock: HandClock) -> None:
    offer = make_coupon(world)
    make_page(world, offer, published=False)
    first = make_page(world, offer)
    clock.advance(hours=1)
    second = make_page(world, offer)
    with world.db.write() as session:
        found = pages.online_page_of(session, offer.id)
        assert found
        assert found.id == first.id
        pages.close(session, found, clock.now())
        found = pages.online_page_of(session, offer.id)
        assert found
        assert found.id == second.id
        pages.close(session, found, clock.now())
        assert pages.online_page_of(session, offer.id) is None


@pytest.mark.parametrize("unknown", ["x", "'", "\x00", "A", "a" * 61])
def test_a_page_that_does_not_exist_is_missing(world: World, unknown: str) -> None:
    for find in (pages.find, pages.find_by_slug):
        with world.db.read() as session, pytest.raises(Problem) as refused:
            find(session, unknown)
        assert refused.value.kind == "missing"
