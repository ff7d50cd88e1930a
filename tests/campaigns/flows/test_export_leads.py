import csv
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from sqlalchemy import select

from campaigns.capturing.leads import Lead
from campaigns.capturing.persons import Person
from campaigns.capturing.submissions import Consent
from campaigns.flows.export_leads import Asking, Download, export_leads
from campaigns.kernel.codes import new_id
from campaigns.kernel.errors import Problem
from campaigns.measuring import spreadsheets
from campaigns.measuring.desk import NOBODY, View
from campaigns.measuring.exports import Export
from campaigns.people.audits import Audit
from campaigns.people.users import User
from campaigns.planning.fields import Field
from campaigns.planning.pages import Consent as Asked
from campaigns.planning.pages import ConsentText
from campaigns.world import World
from tests.clock import HandClock
from tests.conftest import make_user
from tests.makers.capturing import claim, rows_of, via_of_click
from tests.makers.naughty import NAUGHTY, STARTS
from tests.makers.planning import make_campaign, make_coupon, make_page
from tests.makers.publishing import Place, make_place
from tests.makers.tracking import make_lead, make_person, make_sale

TOM = Asking("Tom", None)
EXCEL = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
FIELDS = (
    Field("email", "E-mail", "email", True), Field("school", "School", "company"), Field("phone", "Phone", "phone"),
    Field("pupils", "Pupils", "number"), Field("state", "State of mind", "text"),
)  # fmt: skip


def content(download: Download) -> bytes:
    return b"".join(download.pieces)


def table(data: bytes, separator: str = ",") -> list[dict[str, str]]:
    text = data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, strict=True))


def exported(world: World, view: View | None = None, asking: Asking = TOM, **more: Any) -> list[dict[str, str]]:
    return table(content(export_leads(world, view or View(), "csv", asking, **more)))


def sheets(data: bytes) -> Iterator[list[list[tuple[str, str, str]]]]:
    """The cells of each sheet; ElementTree undoes XML, Excel's own escape is undone here."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        for name in sorted(each for each in book.namelist() if each.startswith("xl/worksheets/sheet")):
            root = ElementTree.fromstring(book.read(name))
            assert root.find(f".//{EXCEL}f") is None, "a formula"
            assert root.find(f".//{EXCEL}hyperlink") is None, "a link"
            yield [[cell_of(cell) for cell in row] for row in root.iter(f"{EXCEL}row")]


def cell_of(cell: ElementTree.Element) -> tuple[str, str, str]:
    """Its column, its kind, its text."""
    text = "".join(each.text or "" for each in cell.iter() if each.tag in (f"{EXCEL}t", f"{EXCEL}v"))
    return str(cell.get("r")).rstrip("0123456789"), cell.get("t", "n"), text


def member(world: World) -> tuple[User, Asking]:
    user = make_user(world, "sales")
    return user, Asking(user.name, user.id)


def test_a_lead_has_its_answers_consents_evidence_tweets_and_sale(world: World, clock: HandClock) -> None:
    campaign = make_campaign(world, name="Rentrée")
    page = make_page(
        world, make_coupon(world, campaign), fields=FIELDS,
        consents=(Asked("news", "Write to me"), Asked("calls", "Call me")),
    )  # fmt: skip
    tweet_id, via = via_of_click(world, page, campaign.id)
    made = claim(
        world, page, "Zoe@École.example", school="École Diwan", phone="+33 1 23 45 67 89", pupils="-3", state="=1+1",
        ticked=("news",), via=via,
    )  # fmt: skip
    [lead] = rows_of(world, Lead)
    place = Place(campaign.id, page.offer_id, page.id)
    make_sale(world, place, lead.person_id, 14_700, lead_id=lead.id, refunded=700, state="partly_refunded")
    make_sale(world, place, lead.person_id, 99, lead_id=lead.id, state="failed")
    clock.advance(hours=1)
    [row] = exported(world)
    assert row == {
        "lead_id": made.lead_id, "person_id": lead.person_id, "created_at": "2026-11-02T09:00:00Z", "state": "new",
        "campaign_id": campaign.id, "campaign": "Rentrée", "email": "zoe@xn--cole-9oa.example",
        "answer_email": "Zoe@École.example", "school": "École Diwan", "phone": "+33123456789", "pupils": "'-3",
        "answer_state": "'=1+1", "consent_calls": "refused", "consent_calls_at": "2026-11-02T09:00:00Z",
        "consent_news": "granted", "consent_news_at": "2026-11-02T09:00:00Z", "evidence": "link+x",
        "first_tweet_id": tweet_id, "first_tweet_text": "Rentrée : le guide est là. {link}", "first_tweet_url": "",
        "tweet_id": tweet_id, "tweet_text": "Rentrée : le guide est là. {link}", "tweet_url": "", "sales": "1",
        "sale_amount": "147.00", "sale_net": "140.00", "sale_currency": "EUR", "sale_state": "partly_refunded",
        "page": page.slug, "locale": "en", "rehearsed": "false",
    }  # fmt: skip


def test_english_is_plain_rfc_4180_and_french_what_its_excel_reads(world: World) -> None:
    place = make_place(world)
    lead_id = make_lead(world, place, make_person(world), answers=[answer("school", 'Collège "Zay", Rouen')])
    make_sale(world, place, make_person(world), 14_700, lead_id=lead_id)
    english = content(export_leads(world, View(), "csv", TOM))
    assert english.startswith(b'"lead_id","person_id"')
    assert english.endswith(b'"false"\r\n')
    assert b'"Coll\xc3\xa8ge ""Zay"", Rouen"' in english
    assert b'"147.00"' in english
    french = content(export_leads(world, View(), "csv", Asking("Tom", None, "fr")))
    assert french.startswith(b'\xef\xbb\xbf"lead_id";"person_id"')
    assert b'"147,00"' in french
    assert [row["lead_id"] for row in table(french, ";")] == [lead_id]


def answer(name: str, value: str | int | bool, kind: str = "text") -> dict[str, Any]:
    return {"name": name, "label": name.title(), "kind": kind, "value": value}


@pytest.mark.parametrize("language", ["en", pytest.param("fr", marks=pytest.mark.audit)])
def test_550_naughty_strings_come_out_as_they_went_in(world: World, language: str) -> None:
    place = make_place(world)
    put = {}
    for naughty in NAUGHTY:
        put[make_lead(world, place, make_person(world), answers=[answer("school", naughty)])] = naughty
    assert len(put) >= 550
    data = content(export_leads(world, View(), "csv", Asking("Tom", None, language)))
    rows = table(data, ";" if language == "fr" else ",")
    assert not [cell for row in rows for cell in row.values() if cell.startswith(STARTS)]
    guarded = {lead_id: f"'{text}" if text.startswith(STARTS) else text for lead_id, text in put.items()}
    assert {row["lead_id"]: row["school"] for row in rows} == guarded


def test_excel_gets_typed_cells_and_no_formula_or_link(world: World) -> None:
    place = make_place(world)
    now = world.clock.now()
    put = {}
    for naughty in NAUGHTY:
        answers = [answer("school", naughty), answer("pupils", 26, "number"), answer("agreed", True, "checkbox")]
        put[make_lead(world, place, make_person(world), answers=answers)] = naughty
    [rows] = sheets(content(export_leads(world, View(), "xlsx", TOM)))
    names = {column: text for column, _kind, text in rows[0]}
    found = {row[0][2]: {names[column]: (kind, text) for column, kind, text in row} for row in rows[1:]}
    told = {lead_id: unescaped(row["school"][1]) for lead_id, row in found.items()}
    # XML has one kind of line break
    assert told == {lead_id: text.replace("\r\n", "\n").replace("\r", "\n") for lead_id, text in put.items()}
    assert {row["school"][0] for row in found.values()} == {"inlineStr"}
    assert {row["pupils"] for row in found.values()} == {("n", "26")}
    assert {row["agreed"] for row in found.values()} == {("b", "1")}
    days = (now - now.replace(year=1899, month=12, day=30, hour=0)).total_seconds() / 86400
    assert [float(moment) for moment in {row["created_at"][1] for row in found.values()}] == [pytest.approx(days)]


def unescaped(text: str) -> str:
    """Without Excel's own escape of what XML can't hold."""
    plain = re.sub("_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), text)
    return plain.replace("\r\n", "\n").replace("\r", "\n")


def test_no_nul_and_no_half_of_a_letter_breaks_the_file() -> None:
    from_elsewhere = "a\0b\ud83d"
    assert spreadsheets.csv_text([[spreadsheets.csv_cell(from_elsewhere)]], spreadsheets.ENGLISH) == b'"ab?"\r\n'
    assert spreadsheets.csv_cell("\0=1") == "'=1"


def test_the_columns_are_the_union_of_all_forms_in_a_steady_order(world: World, clock: HandClock) -> None:
    page = make_page(world)
    claim(world, page, school="École Diwan")
    clock.advance(minutes=1)
    place = make_place(world)
    make_lead(world, place, make_person(world), answers=[answer("zebra", "1"), answer("ape", "2")])
    first, second = exported(world)
    assert list(first) == list(second)
    assert list(first)[7:12] == ["answer_email", "school", "ape", "zebra", "consent_news"]
    assert (first["school"], first["ape"], second["school"], second["ape"]) == ("École Diwan", "", "", "2")


def test_who_took_a_consent_back_is_left_out_until_it_is_given_again(world: World, clock: HandClock) -> None:
    page = make_page(world)
    for name in ("ana", "bo", "cy"):
        claim(world, page, f"{name}@school.example", ticked=("news",))
    clock.advance(hours=1)
    people = {person.email[:2]: person.id for person in rows_of(world, Person)}
    say(world, people["an"], "withdrawn")
    say(world, people["bo"], "withdrawn")
    clock.advance(hours=1)
    say(world, people["bo"], "granted")
    assert [row["email"] for row in exported(world)] == ["bo@school.example", "cy@school.example"]


def say(world: World, person_id: str, state: str) -> None:
    with world.db.write() as session:
        lead = session.scalars(select(Lead).where(Lead.person_id == person_id)).one()
        sha256 = session.scalars(select(ConsentText.sha256)).one()
        session.add(
            Consent(
                id=new_id(), person_id=person_id, lead_id=lead.id, purpose="news", state=state, text_sha256=sha256,
                at=world.clock.now(), how="staff",
            )
        )  # fmt: skip


def test_a_download_is_written_down_before_it_goes_and_its_rows_after(world: World) -> None:
    user, asking = member(world)
    place = make_place(world)
    make_lead(world, place, make_person(world, "ana@school.example"), state="won", search="ana")
    view = View(campaign_id=place.campaign_id, state="won", text="ana")
    download = export_leads(world, view, "csv", asking)
    [export] = rows_of(world, Export)
    assert (export.user_id, export.who, export.format, export.rows) == (user.id, user.name, "csv", None)
    asked = {
        "campaign_id": place.campaign_id, "state": "won", "text": "ana", "rehearsal": True, "excluded": False,
    }  # fmt: skip
    assert export.filter == asked
    [audit] = rows_of(world, Audit)
    assert (audit.action, audit.subject, audit.user_id) == ("leads.exported", export.id, user.id)
    assert "text" not in audit.details
    assert audit.details["state"] == "won"
    assert download.name == "leads-2026-11-02.csv"
    assert len(table(content(download))) == 1
    [export] = rows_of(world, Export)
    assert export.rows == 1


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_one_that_was_cut_off_has_no_rows_and_is_not_my_last(world: World, clock: HandClock, kind: str) -> None:
    _, asking = member(world)
    make_lead(world, make_place(world), make_person(world))
    pieces = export_leads(world, View(), kind, asking).pieces
    assert next(pieces)
    pieces.close()  # type: ignore[attr-defined]  # a generator: the visitor went away
    assert [export.rows for export in rows_of(world, Export)] == [None]
    clock.advance(hours=1)
    assert len(exported(world, asking=asking, only_new=True)) == 1


def test_new_since_my_last_one_is_each_lead_once(world: World, clock: HandClock) -> None:
    _, asking = member(world)
    place = make_place(world)

    def make(**more: Any) -> str:
        return make_lead(world, place, make_person(world), **more)

    def new() -> list[str]:
        return [row["lead_id"] for row in exported(world, asking=asking, only_new=True)]

    first = make()
    assert new() == [first]
    clock.advance(seconds=20)
    second = make()
    # one whose form was taken before that download, and committed after it
    late = make(created_at=world.clock.now() - timedelta(seconds=30))
    assert new() == [late, second]
    assert new() == []
    clock.advance(hours=1)
    third = make()
    assert new() == [third]
    assert len(exported(world, asking=asking)) == 4


def test_new_is_counted_from_my_own_last_one_of_the_same_view(world: World, clock: HandClock) -> None:
    _, asking = member(world)
    place, other = make_place(world), make_place(world)
    for each in (place, other):
        make_lead(world, each, make_person(world))
    clock.advance(hours=1)
    assert len(exported(world, View(campaign_id=place.campaign_id), asking=asking)) == 1
    assert len(exported(world, asking=TOM)) == 2
    clock.advance(hours=1)
    assert len(exported(world, asking=asking, only_new=True)) == 2
    assert exported(world, View(campaign_id=place.campaign_id), asking=asking, only_new=True) == []


def test_what_cannot_be_is_refused_and_not_written_down(world: World) -> None:
    for view, kind, code in (
        (View(), "pdf", "not_a_choice"), (View(state="x"), "csv", "lead_state_unknown"),
        (View(tweet_id="x"), "xlsx", "tweet_missing"),
    ):  # fmt: skip
        with pytest.raises(Problem) as refused:
            export_leads(world, view, kind, TOM)
        assert [fault.code for fault in refused.value.faults] == [code]
    assert not rows_of(world, Export)
    assert not rows_of(world, Audit)


def test_the_leads_no_tweet_is_credited_with_are_a_download_too(world: World) -> None:
    place = make_place(world)
    lead_id = make_lead(world, place, make_person(world))
    assert [row["lead_id"] for row in exported(world, View(tweet_id=NOBODY))] == [lead_id]
