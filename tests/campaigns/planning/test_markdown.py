import re

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from campaigns.planning.markdown import TAGS, to_html

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](https://evil.example/pixel.png)",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](&#106;avascript:alert(1))",
    "[x](vbscript:x)",
    '[x](https://a.example "onmouseover=alert(1)")',
    "[](![x](https://evil.example/pixel.png))",
    '[x](https://a.example/" onmouseover="alert(1))',
    "<https://a.example/><iframe src=//evil.example>",
    "```html\n<script>alert(1)</script>\n```",
    "| a |\n|:-:|\n| <b onclick=x> |",
    "<svg/onload=alert(1)>",
    "<style>*{display:none}</style>",
    "[x]: javascript:alert(1)\n\n[x]",
    '<a href="javascript:alert(1)">x</a>',
    "\x00<scr\x00ipt>",
]
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
ATTRIBUTES = {"href", "title", "start", "rel"}


def is_harmless(html: str) -> bool:
    """Only the tags and attributes we mean, and links that open a page, a mail or a call."""
    for tag in BeautifulSoup(html, "html.parser").find_all(True):
        href = str(tag.get("href", "https:"))
        scheme = SCHEME.match(re.sub(r"[\x00-\x20]", "", href))  # as browsers read it
        is_link = scheme is None or scheme[1].lower() in ("https", "http", "mailto", "tel")
        if tag.name not in TAGS or set(tag.attrs) - ATTRIBUTES or not is_link:
            return False
    return True


@pytest.mark.parametrize("text", ATTACKS)
def test_what_is_written_never_runs(text: str) -> None:
    assert is_harmless(to_html(text))


@given(st.lists(st.sampled_from([*ATTACKS, "# ", "> ", "- ", "\n", "*", "`", "[", "](", ")", "<", "a"])).map("".join))
def test_no_mixture_of_attacks_runs(text: str) -> None:
    assert is_harmless(to_html(text))


def test_the_judge_knows_harm() -> None:
    assert not is_harmless("<p onclick=x>")
    assert not is_harmless("<a href='javascript:x'>")
    assert not is_harmless("<a href=' java\tScript:x'>")
    assert not is_harmless("<script>")
    assert is_harmless("<p><a href='https://a.example'>a</a></p>")


def test_a_page_is_written_in_markdown() -> None:
    html = to_html(
        "# Inside\n\n1. *One*\n2. **Two**\n\n[More](https://ecole.fr/?a=b&c=d)\n\n| a | b |\n|---|--:|\n| 1 | 2 |"
    )
    page = BeautifulSoup(html, "html.parser")
    assert [each.name for each in page.find_all(["h1", "h2", "h3"])] == ["h2"]
    assert [each.get_text() for each in page.select("ol li")] == ["One", "Two"]
    assert page.a is not None
    assert page.a["href"] == "https://ecole.fr/?a=b&c=d"
    assert page.a["rel"] == ["noopener"]
    assert [each.get_text() for each in page.select("td")] == ["1", "2"]
