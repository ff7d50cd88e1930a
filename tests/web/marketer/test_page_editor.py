"""The editor of a landing page: its rows, its picture, its way online, its preview."""

import io
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from campaigns.planning import pages
from campaigns.planning.pages import Page
from campaigns.world import World
from tests.makers.planning import make_coupon, make_page, make_white_paper, picture_bytes
from tests.makers.pressed import button, field, opened, press, press_in, soup, told_beside

Staff = Callable[..., FlaskClient]


def page_of(world: World, location: str) -> Page:
    with world.db.read() as session:
        return pages.find(session, location.split("/pages/")[1][:36])


def test_a_page_is_made_with_what_was_written(world: World, staff: Staff) -> None:
    offer, marketer = make_coupon(world), staff("marketer")
    made = press(marketer, f"/offers/{offer.id}/pages/new", "Save the page", {
        "headline": "Your first year", "summary": "With the class.", "body": "# Inside\n\n* one", "slug": "first-year",
        "theme": "plum", "locale": "fr", "button": "I want it",
    })  # fmt: skip
    assert made.status_code == 303
    page = page_of(world, made.location)
    assert (page.slug, page.theme, page.locale, page.button) == ("first-year", "plum", "fr", "I want it")
    assert "<h2>Inside</h2>" in page.body_html
    assert [each["kind"] for each in page.fields] == ["email", "name"]
    assert not page.is_online


def test_a_page_that_is_wrong_hears_all_of_it_and_keeps_what_was_typed(world: World, staff: Staff) -> None:
    offer = make_coupon(world)
    answer = press(staff("marketer"), f"/offers/{offer.id}/pages/new", "Save the page", {
        "headline": "", "slug": "Not A Slug", "body": "kept <b>text</b>", "fields_1_label": "",
    })  # fmt: skip
    page = soup(answer)
    assert answer.status_code == 422
    assert told_beside(page, "Headline")
    assert told_beside(page, "Address")
    bad = page.find(id="fields_1_label")
    assert bad
    assert bad["aria-invalid"] == "true"  # type: ignore[index]
    assert field(page, "Text").get_text().strip() == "kept <b>text</b>"


def test_a_fault_stands_beside_its_own_row_after_another_was_taken_out(world: World, staff: Staff) -> None:
    page, marketer = make_page(world), staff("marketer")
    path = f"/pages/{page.id}"
    one_more = soup(press(marketer, path, "Add a question"))
    without = soup(press_in(marketer, one_more, path, "Take it out , Your school"))
    assert without.find(id="fields_1_label") is None
    answer = soup(press_in(marketer, without, path, "Save the changes", {"fields_2_name": "No Name"}))
    wrong = answer.find(id="fields_2_name")
    assert wrong
    assert wrong["aria-invalid"] == "true"  # type: ignore[index]


def test_rows_come_and_go_without_a_script_and_nothing_typed_is_lost(world: World, staff: Staff) -> None:
    page, marketer = make_page(world, consents=()), staff("marketer")
    path = f"/pages/{page.id}"
    more = press(marketer, path, "Add a question", {"headline": "Half a headl"})
    assert more.status_code == 200
    with_question = soup(more)
    assert field(with_question, "Headline")["value"] == "Half a headl"
    with_consent = soup(press_in(marketer, with_question, path, "Add a consent", {
        "fields_2_label": "Your class", "fields_2_kind": "choice", "fields_2_options": "CM1\nCM2",
    }))  # fmt: skip
    saved = press_in(marketer, with_consent, path, "Save the changes", {
        "consents_0_text": "Write to me", "consents_0_purpose": "news",
    })  # fmt: skip
    assert saved.status_code == 303
    kept = page_of(world, saved.location)
    assert kept.headline == "Half a headl"
    assert kept.fields[2] == {
        "name": "your_class", "label": "Your class", "kind": "choice", "required": False, "options": ["CM1", "CM2"],
    }  # fmt: skip
    assert [each["text"] for each in kept.consents] == ["Write to me"]


def test_a_button_for_rows_saves_nothing(world: World, staff: Staff) -> None:
    page = make_page(world)
    press(staff("marketer"), f"/pages/{page.id}", "Add a question", {"headline": "Not saved"})
    assert page_of(world, f"/pages/{page.id}").headline == page.headline


def test_a_form_has_no_more_rows_than_it_may(world: World, staff: Staff) -> None:
    page, marketer = make_page(world), staff("marketer")
    form = opened(marketer, f"/pages/{page.id}")
    for _more in range(18):
        form = soup(press_in(marketer, form, f"/pages/{page.id}", "Add a question"))
    assert "Add a question" not in form.get_text()
    assert len(form.select("input[name=rows_fields]")) == 20


def test_the_question_for_the_address_stays(world: World, staff: Staff) -> None:
    page = make_page(world)
    html = opened(staff("marketer"), f"/pages/{page.id}")
    assert next(each.get_text(" ", strip=True) for each in html.select("button[value^=remove]")).endswith("Your school")


def test_a_page_goes_online_closes_and_opens_again(world: World, staff: Staff, client: FlaskClient) -> None:
    offer, marketer = make_coupon(world), staff("marketer")
    made = press(marketer, f"/offers/{offer.id}/pages/new", "Put online", {"headline": "Now", "slug": "now-here"})
    path = made.location.split("?")[0]
    assert client.get("/p/now-here").status_code == 200
    assert opened(marketer, path).find("a", string="See it online")["href"].endswith("/p/now-here")  # type: ignore[index]
    assert press(marketer, path, "Close the page").status_code == 303
    assert client.get("/p/now-here").status_code == 410
    assert press(marketer, path, "Put online again").status_code == 303
    assert client.get("/p/now-here").status_code == 200


def test_a_page_without_its_paper_stays_offline_and_says_why(world: World, staff: Staff) -> None:
    offer, marketer = make_white_paper(world, paper=False), staff("marketer")
    path = f"/offers/{offer.id}/pages/new"
    html = opened(marketer, path)
    assert button(html, "Put online").has_attr("disabled")
    assert html.find("a", href=f"/offers/{offer.id}", string="Upload the PDF")
    answer = press(marketer, path, "Put online", {"headline": "Typed already"})
    assert answer.status_code == 422
    assert "Upload the white paper first" in soup(answer).select_one("#errors").get_text()  # type: ignore[union-attr]
    assert field(soup(answer), "Headline")["value"] == "Typed already"
    with world.db.read() as session:
        assert pages.list_of(session, offer.id) == []


def test_a_taken_address_is_refused_beside_its_field(world: World, staff: Staff) -> None:
    make_page(world, slug="taken")
    offer = make_coupon(world)
    answer = press(staff("marketer"), f"/offers/{offer.id}/pages/new", "Save the page", {"slug": "taken"})
    assert "Another page has the address" in told_beside(soup(answer), "Address")


def test_a_picture_comes_with_its_description_and_goes(world: World, staff: Staff) -> None:
    page, marketer = make_page(world, make_coupon(world)), staff("marketer")
    path = f"/pages/{page.id}"
    sent = {"picture": (io.BytesIO(picture_bytes((1200, 600))), "cover.png"), "picture_alt": "A class at work"}
    assert press(marketer, path, "Upload the picture", sent).status_code == 303
    assert page_of(world, path).picture_alt == "A class at work"
    assert press(marketer, path, "Take the picture out").status_code == 303
    assert page_of(world, path).picture_key is None


@pytest.mark.parametrize(
    "content,alt,label,told",
    [
        (b"<svg/>", "Said", "Picture", "PNG, JPEG or WebP"),
        (picture_bytes(), "", "What the picture shows", "description"),
    ],
)
def test_a_picture_that_is_none_or_undescribed_is_refused(
    world: World, staff: Staff, content: bytes, alt: str, label: str, told: str
) -> None:
    page = make_page(world)
    sent = {"picture": (io.BytesIO(content), "x.png"), "picture_alt": alt}
    answer = press(staff("marketer"), f"/pages/{page.id}", "Upload the picture", sent)
    assert answer.status_code == 422
    assert told in told_beside(soup(answer), label)


def test_the_preview_draws_what_is_typed_and_keeps_nothing(world: World, staff: Staff) -> None:
    page, marketer = make_page(world, make_coupon(world)), staff("marketer")
    typed = {"headline": "Half typed", "body": "*strong*", "locale": "fr", "fields_1_label": "Votre école"}
    answer = press(marketer, f"/pages/{page.id}", "Show the preview", typed)
    html = soup(answer)
    assert answer.status_code == 200
    assert html.h1
    assert html.h1.get_text() == "Half typed"
    assert html.select_one("html[lang=fr]")
    assert "Votre école" in html.get_text()
    assert html.select_one("button.go[disabled]")
    assert page_of(world, f"/pages/{page.id}").headline == page.headline


def test_a_page_that_is_not_kept_yet_has_a_preview_too(world: World, staff: Staff) -> None:
    path = f"/offers/{make_white_paper(world).id}/pages/new"
    answer = press(staff("marketer"), path, "Show the preview", {"headline": "", "slug": "No Slug"})
    assert answer.status_code == 200


def test_the_preview_may_be_framed_by_us_alone_and_runs_nothing(world: World, staff: Staff) -> None:
    page, marketer = make_page(world), staff("marketer")
    answer = press(marketer, f"/pages/{page.id}", "Show the preview", {"body": "<script>alert(1)</script>"})
    policy = dict(line.strip().partition(" ")[::2] for line in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["sandbox"] == ""
    assert policy["script-src"] == "'none'"
    assert policy["form-action"] == "'none'"
    assert policy["frame-ancestors"] == "'self'"
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert soup(answer).find("script") is None
    frame = opened(marketer, f"/pages/{page.id}").find("iframe")
    assert frame
    assert not frame["sandbox"]  # type: ignore[index]
    assert "frame-src 'self'" in marketer.get(f"/pages/{page.id}").headers["Content-Security-Policy"]


def test_nobody_else_sees_previews_or_changes_pages(world: World, staff: Staff, client: FlaskClient) -> None:
    page, sales = make_page(world), staff("sales")
    for path in ("/pages/preview", f"/pages/{page.id}", f"/pages/{page.id}/close", f"/pages/{page.id}/picture"):
        assert sales.post(path, data={}).status_code == 403
        assert client.post(path, data={}).status_code == 302
    assert page_of(world, f"/pages/{page.id}").is_online
