"""Markdown: what a marketer writes, as HTML that is safe to show."""

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

TAGS = {
    "p", "br", "hr", "h2", "h3", "h4", "ul", "ol", "li", "strong", "em", "s", "code", "pre", "blockquote", "a",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
"""No pictures: each would be a request elsewhere, and a page has its own."""


def _deepen(state: StateCore) -> None:
    """The page's headline is its only h1, so headings of the text begin at h2."""
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 1, 4)}"


_markdown = MarkdownIt("js-default", {"html": False, "maxNesting": 20}).disable("image")
_markdown.core.ruler.push("deepen", _deepen)


def to_html(text: str) -> str:
    """The sanitised HTML of a Markdown text. HTML in it is shown as it was typed, never run.

    >>> to_html("# Inside\\n\\nSix *Fridays*, <b>no</b> [more](javascript:alert(1))")
    '<h2>Inside</h2>\\n<p>Six <em>Fridays</em>, &lt;b&gt;no&lt;/b&gt; [more](javascript:alert(1))</p>\\n'
    """
    return nh3.clean(
        _markdown.render(text),
        tags=TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener",
    )
