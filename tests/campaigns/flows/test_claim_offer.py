from datetime import date, timedelta

import pytest

from campaigns.capturing import submissions
from campaigns.capturing.deliveries import Delivery
from campaigns.capturing.leads import Lead
from campaigns.capturing.persons import Person
from campaigns.capturing.submissions import Consent, Submission
from campaigns.capturing.touches import Touch
from campaigns.flows.claim_offer import claim_offer
from campaigns.kernel.errors import Problem
from campaigns.kernel.outbox import OutboxRow
from campaigns.planning import offers, pages
from campaigns.planning.pages import Consent as Asked
from campaigns.planning.pages import Page
from campaigns.selling.claims import Claim
from campaigns.selling.coupons import Coupon
from campaigns.world import World
from tests.clock import HandClock
from tests.conftest import make_user
from tests.makers.capturing import (
    CAPTURED,
    at_once,
    claim,
    count_of,
    form,
    lead_of,
    mails_of,
    rows_of,
    via_of_click,
)
from tests.makers.planning import make_campaign, make_coupon, make_page, make_white_paper
from tests.makers.publishing import with_x


def coupon_page(world: World, **more: object) -> Page:
    return make_page(world, make_coupon(world, **more))


def test_a_form_is_a_person_a_lead_a_touch_its_consents_and_a_code(world: World) -> None:
    page = coupon_page(world)
    got = claim(world, page, "Zoe@Ecole.example", school="École Jean-Moulin", ticked=("news",))
    lead = lead_of(world, got.lead_id)
    [person], [touch], [sent], [consent], [coupon] = (
        rows_of(world, table) for table in (Person, Touch, Submission, Consent, Coupon)
    )
    assert (person.email, person.typed) == ("zoe@ecole.example", "Zoe@Ecole.example")
    assert (lead.person_id, lead.page_id, lead.state, lead.rehearsed) == (person.id, page.id, "new", False)
    assert lead.answers == [
        {"name": "email", "label": "E-mail address", "kind": "email", "value": "Zoe@Ecole.example"},
        {"name": "school", "label": "Your school", "kind": "company", "value": "École Jean-Moulin"},
    ]
    assert (sent.answers, sent.page_revision, sent.touch_id) == (lead.answers, page.revision, touch.id)
    assert (consent.purpose, consent.state, consent.how) == ("news", "granted", "form")
    assert consent.text_sha256 == pages.consent_hash("news", "en", "Write to me three times this term")
    assert (coupon.id, coupon.lead_id) == (got.coupon_id, lead.id)


def test_the_code_goes_out_by_mail_and_nothing_typed_goes_with_it(world: World) -> None:
    claim(world, coupon_page(world, expires_on=date(2026, 12, 13)), school="<b>Moulin</b>")
    [mail], [coupon] = mails_of(world), rows_of(world, Coupon)
    assert (mail["to"], mail["locale"]) == ("zoe@ecole.example", "en")
    assert coupon.code in mail["text"]
    assert coupon.code in mail["html"]
    assert "13 December 2026" in mail["text"]
    assert "Moulin" not in mail["text"] + mail["html"] + mail["subject"]


def test_a_paper_goes_out_as_a_link_by_mail(world: World) -> None:
    got = claim(world, make_page(world))
    [delivery], [mail] = rows_of(world, Delivery), mails_of(world)
    assert got == Claim(got.lead_id, None, delivery.id)
    assert delivery.downloads == 0
    assert "http://localhost/d/" in mail["text"]


def test_a_french_page_writes_in_french(world: World) -> None:
    claim(world, make_page(world, make_coupon(world), locale="fr"))
    [mail] = mails_of(world)
    assert mail["locale"] == "fr"
    assert "Voici votre code" in mail["text"]


def test_a_box_left_alone_is_a_consent_refused_and_the_offer_is_given_all_the_same(world: World) -> None:
    page = make_page(world, make_coupon(world), consents=(Asked("news", "Write to me"), Asked("call", "Call me")))
    got = claim(world, page, ticked=("call", "made_up"))
    assert sorted((row.purpose, row.state) for row in rows_of(world, Consent)) == [
        ("call", "granted"), ("news", "refused"),
    ]  # fmt: skip
    assert got.coupon_id


def test_the_same_form_sent_twice_is_one_of_everything(world: World, clock: HandClock) -> None:
    page = coupon_page(world)
    first = claim(world, page)
    clock.advance(seconds=30)
    assert claim(world, page) == first
    assert count_of(world, *CAPTURED, Coupon) == [1, 1, 1, 1, 1, 1]
    assert len(mails_of(world)) == 1


@pytest.mark.parametrize("kind", ["coupon", "paper"])
def test_the_same_form_sent_eight_times_at_one_moment_is_one_of_everything(world: World, kind: str) -> None:
    page = coupon_page(world) if kind == "coupon" else make_page(world)
    found = at_once(8, lambda _: claim(world, page))
    assert [type(each) for each in found] == [Claim] * 8
    assert len(set(found)) == 1
    assert count_of(world, *CAPTURED) == [1, 1, 1, 1, 1]
    assert count_of(world, Coupon, Delivery) == ([1, 0] if kind == "coupon" else [0, 1])
    assert len(mails_of(world)) == 1


def test_a_known_person_who_sends_eight_forms_at_one_moment_is_one_lead(world: World, clock: HandClock) -> None:
    page = coupon_page(world)
    claim(world, page)
    clock.advance(days=1)
    found = at_once(8, lambda _: claim(world, page, school="Moulin"))
    assert len(set(found)) == 1
    assert count_of(world, Lead, Submission, Coupon) == [1, 2, 1]


def test_of_sixty_four_at_one_moment_ten_get_the_ten_codes(world: World) -> None:
    page = coupon_page(world, stock=10)
    found = at_once(64, lambda n: claim(world, page, f"p{n}@ecole.example"))
    refused = [each for each in found if isinstance(each, Problem)]
    assert {fault.code for each in refused for fault in each.faults} == {"stock_gone"}
    assert [len(refused), *count_of(world, Coupon, Lead, Person)] == [54, 10, 10, 10]
    with world.db.read() as session:
        assert offers.find(session, page.offer_id).issued == 10


def test_whoever_has_a_code_gets_it_again_when_all_are_gone(world: World, clock: HandClock) -> None:
    page = coupon_page(world, stock=1)
    first = claim(world, page)
    clock.advance(hours=2)
    with pytest.raises(Problem) as refused:
        claim(world, page, "late@ecole.example")
    assert refused.value.kind == "gone"
    assert claim(world, page) == first
    assert count_of(world, Lead) == [1]


def test_another_form_of_the_same_person_updates_the_lead_and_keeps_the_first(world: World, clock: HandClock) -> None:
    page = coupon_page(world)
    first = claim(world, page, school="Moulin", ticked=("news",))
    later = clock.advance(days=3)
    assert claim(world, page, school="Ferry") == first
    lead = lead_of(world, first.lead_id)
    assert (lead.answers[1]["value"], lead.updated_at, lead.created_at) == ("Ferry", later, later - timedelta(days=3))
    with world.db.read() as session:
        sent = submissions.list_of(session, lead.id)
        held = submissions.consents_of(session, [lead.id])
    assert [row.answers[1]["value"] for row in sent] == ["Ferry", "Moulin"]
    assert held[lead.id]["news"].state == "refused"
    assert len(mails_of(world)) == 2


def test_the_last_word_on_a_consent_holds_even_within_a_minute(world: World, clock: HandClock) -> None:
    page = coupon_page(world)
    for ticked in ((), ("news",), ()):
        got = claim(world, page, ticked=ticked)
        clock.advance(seconds=10)
    with world.db.read() as session:
        assert submissions.consents_of(session, [got.lead_id])[got.lead_id]["news"].state == "refused"
    assert count_of(world, Submission) == [3]


def test_forms_sent_over_and_over_with_ones_address_fill_no_mailbox(world: World, clock: HandClock) -> None:
    page = coupon_page(world)
    for number in range(20):
        claim(world, page, school=f"École {number}")
        clock.advance(seconds=60)
    assert len(mails_of(world)) == 1


def test_a_click_on_a_tweet_is_the_touch_of_the_form(world: World, clock: HandClock) -> None:
    campaign = make_campaign(world)
    page = make_page(world, make_coupon(world, campaign))
    tweet_id, via = via_of_click(world, page, campaign.id)
    clicked_at = clock.now()
    clock.advance(minutes=3)
    claim(world, page, via=via, utm={"utm_source": "twitter"})
    [touch] = rows_of(world, Touch)
    assert (touch.tweet_id, touch.evidence, touch.at, touch.campaign_id) == (
        tweet_id, "link+x", clicked_at, campaign.id,
    )  # fmt: skip
    assert (touch.referrer, touch.utm) == ("t.co", {"utm_source": "twitter"})
    assert touch.hit_id


def test_two_forms_of_one_visit_are_one_touch_and_two_people_two(world: World, clock: HandClock) -> None:
    campaign = make_campaign(world)
    page = make_page(world, make_coupon(world, campaign))
    _, via = via_of_click(world, page, campaign.id)
    claim(world, page, via=via)
    claim(world, page, via=via, school="Moulin")
    claim(world, page, "paul@ecole.example", via=via)
    assert count_of(world, Submission, Touch) == [3, 2]


@pytest.mark.parametrize("via", [None, "", "forged", "é\x00"])
def test_without_a_token_that_is_ours_the_form_is_taken_and_nobodys(world: World, via: str | None) -> None:
    claim(world, coupon_page(world), via=via)
    [touch] = rows_of(world, Touch)
    assert (touch.evidence, touch.tweet_id, touch.at) == ("direct", None, world.clock.now())


def test_a_token_older_than_the_lookback_leaves_the_tags_as_evidence(world: World, clock: HandClock) -> None:
    campaign = make_campaign(world)
    page = make_page(world, make_coupon(world, campaign))
    _, via = via_of_click(world, page, campaign.id)
    clock.advance(days=90, seconds=2)
    claim(world, page, via=via, utm={"utm_source": "twitter"})
    [touch] = rows_of(world, Touch)
    assert (touch.evidence, touch.tweet_id, touch.utm) == ("utm", None, {"utm_source": "twitter"})


@pytest.mark.parametrize("rehearses", [True, False])
def test_a_lead_of_a_rehearsed_tweet_is_marked(world: World, clock: HandClock, rehearses: bool) -> None:
    campaign = make_campaign(world)
    page = make_page(world, make_coupon(world, campaign))
    connected, _ = with_x(world, rehearses=rehearses)
    _, via = via_of_click(connected, page, campaign.id, scheduled_at=clock.now().isoformat())
    assert lead_of(world, claim(world, page, via=via).lead_id).rehearsed is rehearses


def test_sales_is_told_of_a_new_lead_once_and_only_who_wants_it(world: World, clock: HandClock) -> None:
    tom = make_user(world, "sales", lead_notices="each", locale="fr")
    make_user(world, "sales", "daily@feuillet.example", lead_notices="daily")
    make_user(world, "marketer", lead_notices="each")
    page = coupon_page(world)
    got = claim(world, page)
    clock.advance(days=1)
    claim(world, page, school="Moulin")
    notices = [mail for mail in mails_of(world) if mail["to"] != "zoe@ecole.example"]
    assert [(mail["to"], mail["locale"]) for mail in notices] == [(tom.email, "fr")]
    assert f"http://localhost/leads/{got.lead_id}" in notices[0]["text"]
    assert "zoe" not in notices[0]["text"] + notices[0]["subject"]


def test_one_person_in_two_campaigns_is_two_leads(world: World) -> None:
    claim(world, coupon_page(world))
    claim(world, make_page(world, make_coupon(world, make_campaign(world, name="Other")), headline="Other"))
    assert count_of(world, Person, Lead) == [1, 2]


def test_two_offers_of_a_campaign_are_one_lead_with_both(world: World) -> None:
    campaign = make_campaign(world)
    claim(world, make_page(world, make_coupon(world, campaign)))
    claim(world, make_page(world, make_white_paper(world, campaign), headline="Other"))
    assert count_of(world, Lead, Coupon, Delivery) == [1, 1, 1]
    assert len(mails_of(world)) == 2


def test_a_page_that_is_closed_takes_nothing(world: World, clock: HandClock) -> None:
    page = coupon_page(world)
    with world.db.write() as session:
        pages.close(session, pages.find(session, page.id), clock.now())
    with pytest.raises(Problem) as refused:
        claim(world, page)
    assert (refused.value.kind, refused.value.faults[0].code) == ("gone", "page_closed")
    assert count_of(world, Person, Lead) == [0, 0]


def test_the_day_after_the_last_an_offer_is_over(world: World, clock: HandClock) -> None:
    page = coupon_page(world, expires_on=date(2026, 11, 3))
    clock.advance(days=1, hours=13, minutes=59)  # 23:59 in Paris
    claim(world, page)
    clock.advance(minutes=1)
    with pytest.raises(Problem) as refused:
        claim(world, page, "late@ecole.example")
    assert refused.value.faults[0].code == "offer_ended"


def test_all_faults_are_told_at_once_and_nothing_is_kept(world: World) -> None:
    page = coupon_page(world)
    with pytest.raises(Problem) as refused:
        claim_offer(world, page.id, form("nobody", school="x" * 201))
    assert {(fault.field, fault.code) for fault in refused.value.faults} == {
        ("email", "email_malformed"), ("school", "too_long"),
    }  # fmt: skip
    assert count_of(world, *CAPTURED, OutboxRow) == [0] * 6
