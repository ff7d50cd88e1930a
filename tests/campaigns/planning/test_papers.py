import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from campaigns.kernel.errors import Problem
from campaigns.planning import papers
from tests.makers.planning import pdf_bytes, picture_bytes


def no_pages() -> bytes:
    head, root = b"%PDF-1.4\n", b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    tree = b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    places = (len(head), len(head) + len(root))
    table = b"xref\n0 3\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(head) + len(root) + len(tree)
    return head + root + tree + table + b"trailer<</Size 3/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % start


WALL = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 2000000 14400]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
)


def test_a_real_pdf_is_counted_and_shown() -> None:
    facts = papers.inspect(pdf_bytes(7))
    assert facts.pages == 7
    cover = Image.open(io.BytesIO(facts.cover))
    assert (cover.format, max(cover.size)) == ("WEBP", 800)
    assert len(facts.cover) <= papers.COVER_MAX_BYTES


@pytest.mark.parametrize(
    "content, code",
    [
        (b"", "paper_not_pdf"),
        (b"Hello", "paper_not_pdf"),
        (b"<html>%PDF-1.4", "paper_not_pdf"),
        (b"PK\x03\x04 a document", "paper_not_pdf"),
        (picture_bytes(), "paper_not_pdf"),
        (b"%PDF-1.7\nnothing more", "paper_broken"),
        (pdf_bytes(password="secret"), "paper_encrypted"),
        (no_pages(), "paper_empty"),
    ],
)
def test_what_is_no_readable_pdf_is_told_why(content: bytes, code: str) -> None:
    with pytest.raises(Problem) as refused:
        papers.inspect(content)
    assert [fault.code for fault in refused.value.faults] == [code]


def test_a_page_of_seven_hundred_metres_costs_no_more_than_another() -> None:
    assert max(Image.open(io.BytesIO(papers.inspect(WALL).cover)).size) <= 800


@settings(max_examples=40)
@given(st.integers(0, 2_000), st.binary(max_size=40))
def test_a_damaged_pdf_is_read_or_refused_and_never_more(at: int, noise: bytes) -> None:
    whole = pdf_bytes(1)
    damaged = b"%PDF-" + whole[5 : max(5, at)] + noise + whole[at + len(noise) :]
    try:
        pages = papers.inspect(damaged).pages
    except Problem as refused:
        pages = refused.faults[0].code.startswith("paper_")
    assert pages


def test_eight_pdfs_at_one_moment_are_all_read() -> None:
    with ThreadPoolExecutor(8) as pool:
        assert [facts.pages for facts in pool.map(papers.inspect, [pdf_bytes(n) for n in range(1, 9)])] == [
            *range(1, 9)
        ]
