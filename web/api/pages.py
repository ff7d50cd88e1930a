"""POST, GET /api/v1/offers/{offer_id}/pages · GET, PATCH /api/v1/pages/{page_id}."""

from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field as Told

from campaigns.planning import offers, pages, slugs
from campaigns.planning.fields import KINDS, MAX_FIELDS, MAX_LINE, MAX_OPTIONS, Field
from campaigns.planning.pages import Consent, Page, PageDraft
from campaigns.settings import Settings
from web.api.blueprint import Call, blueprint
from web.api.bodies import Answer, Body, Change, Items, ListQuery, Moment, chars, items, one_of
from web.api.operations import operation

Name = Annotated[str, chars(1, 40, "^[a-z][a-z0-9_]*$")]
Slug = Annotated[str, chars(1, slugs.MAX_LENGTH, "^[a-z0-9]+(-[a-z0-9]+)*$")]
Locale = Annotated[str, one_of(pages.LOCALES)]
Theme = Annotated[str, one_of(pages.THEMES)]
Headline = Annotated[str, chars(1, 120)]
Line = Annotated[str, chars(0, 300)]
Button = Annotated[str, chars(0, 40)]
Text = Annotated[str, chars(0, pages.MAX_BODY)]


class FieldBody(Body):
    name: Name = Told(description="Small letters, figures and _, 40 at most; names the answer in exports")
    label: Annotated[str, chars(1, MAX_LINE)] = Told(description="What the prospect reads")
    kind: Annotated[str, one_of(KINDS)] = Told(description=f"One of {', '.join(KINDS)}")
    required: bool = False
    options: list[Annotated[str, chars(1, 100)]] = Told(
        [], description="The choices of a `choice`", json_schema_extra={"maxItems": MAX_OPTIONS}
    )

    def field(self) -> Field:
        return Field(self.name, self.label, self.kind, self.required, tuple(self.options))  # type: ignore[arg-type]


class ConsentBody(Body):
    purpose: Name = Told(description="Small letters, figures and _; one consent a purpose")
    text: Annotated[str, chars(1, 1_000)] = Told(description="The exact words beside the box")


Fields = Annotated[list[FieldBody], Told(json_schema_extra={"maxItems": MAX_FIELDS})]
Consents = Annotated[list[ConsentBody], Told(json_schema_extra={"maxItems": pages.MAX_CONSENTS})]


class PageBody(Body):
    slug: Slug | None = Told(None, description="Its address; made of the headline when left out")
    locale: Locale = Told(description="en or fr")
    headline: Headline = Told(description="1 to 120 characters")
    summary: Line = Told("", description="One sentence for the card on X and for search engines")
    body: Text = Told("", description="Markdown, 20,000 characters at most; HTML is shown as it is typed")
    button: Button = Told("", description="What the form's button says; the locale's own words when empty")
    theme: Theme = Told(pages.THEMES[0], description=f"One of {', '.join(pages.THEMES)}")
    picture_alt: Line = ""
    fields: Fields = Told([], description="An e-mail address is always asked for: added when it isn't here")
    consents: Consents = []
    published: bool = False

    def draft(self) -> PageDraft:
        return PageDraft(
            locale=self.locale,
            headline=self.headline,
            slug=self.slug,
            summary=self.summary,
            body=self.body,
            button=self.button,
            theme=self.theme,
            picture_alt=self.picture_alt,
            fields=tuple(each.field() for each in self.fields),
            consents=tuple(Consent(each.purpose, each.text) for each in self.consents),
        )

    def check(self, call: Call) -> None:
        pages.check(self.draft())


class PageChange(Change):
    """What is left out stays. Fields and consents are sent whole."""

    slug: Slug = ""
    locale: Locale = ""
    headline: Headline = ""
    summary: Line = ""
    body: Text = ""
    button: Button = ""
    theme: Theme = ""
    picture_alt: Line = ""
    fields: Fields = []
    consents: Consents = []
    published: bool = Told(False, description="true puts the page online, false takes it off")


class FieldAnswer(Answer):
    name: str
    label: str
    kind: str
    required: bool
    options: list[str] = []


class ConsentAnswer(Answer):
    purpose: str
    text: str
    sha256: str = Told(description="Names these very words for ever")


class PageAnswer(Answer):
    id: str
    offer_id: str
    url: str
    slug: str
    locale: str
    headline: str
    summary: str
    body: str
    button: str
    theme: str
    picture_alt: str
    has_picture: bool
    fields: list[FieldAnswer]
    consents: list[ConsentAnswer]
    published: bool
    published_at: Moment | None = Told(description="When it first went online")
    revision: int
    created_at: Moment
    updated_at: Moment


class Pages(Items[PageAnswer]):
    """A page of landing pages, newest first."""


def told(settings: Settings, page: Page) -> PageAnswer:
    """As it is answered."""
    return PageAnswer(
        id=page.id,
        offer_id=page.offer_id,
        url=pages.url(settings, page),
        slug=page.slug,
        locale=page.locale,
        headline=page.headline,
        summary=page.summary,
        body=page.body,
        button=page.button,
        theme=page.theme,
        picture_alt=page.picture_alt,
        has_picture=page.picture_key is not None,
        fields=[FieldAnswer(**each) for each in page.fields],
        consents=[ConsentAnswer(**each) for each in page.consents],
        published=page.is_online,
        published_at=page.published_at,
        revision=page.revision,
        created_at=page.created_at,
        updated_at=page.updated_at,
    )


@blueprint.post("/v1/offers/<offer_id>/pages")
@operation("Pages", gives=PageAnswer, status=201, body=PageBody)
def create_page(call: Call, offer_id: str, body: PageBody) -> PageAnswer:
    """Create a landing page, online at once when `published`"""
    with call.world.db.write() as session:
        offer = offers.find(session, offer_id)
        page = pages.create(session, offer, body.draft(), call.now)
        if body.published:
            pages.publish(session, page, call.now)
        return told(call.world.settings, page)


@blueprint.get("/v1/offers/<offer_id>/pages")
@operation("Pages", gives=Pages, query=ListQuery)
def list_pages(call: Call, offer_id: str, query: ListQuery) -> dict[str, Any]:
    """List an offer's pages, newest first"""
    settings = call.world.settings
    with call.world.db.read() as session:
        offer = offers.find(session, offer_id)
        found = pages.list_page(session, offer.id, before=query.cursor, limit=query.limit)
        return items(found, lambda page: told(settings, page))


@blueprint.get("/v1/pages/<page_id>")
@operation("Pages", gives=PageAnswer)
def show_page(call: Call, page_id: str) -> PageAnswer:
    """Show a landing page"""
    with call.world.db.read() as session:
        return told(call.world.settings, pages.find(session, page_id))


@blueprint.patch("/v1/pages/<page_id>")
@operation("Pages", gives=PageAnswer, body=PageChange)
def change_page(call: Call, page_id: str, body: PageChange) -> PageAnswer:
    """Change a landing page, put it online or take it off; what is left out stays"""
    changes = body.changes()
    published = changes.pop("published", None)
    if "fields" in changes:
        changes["fields"] = tuple(each.field() for each in body.fields)
    if "consents" in changes:
        changes["consents"] = tuple(Consent(each.purpose, each.text) for each in body.consents)
    with call.world.db.write() as session:
        page = pages.find(session, page_id, to_change=True)
        if changes:
            pages.update(session, page, replace(pages.draft_of(page), **changes), call.now)
        if published is not None:
            (pages.publish if published else pages.close)(session, page, call.now)
        return told(call.world.settings, page)
