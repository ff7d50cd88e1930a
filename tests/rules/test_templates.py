"""Templates escape everything, carry nothing inline and ask no third party, as the Content-Security-Policy demands."""

from __future__ import annotations

import re

import pytest

from tests.rules.tree import files, name_of

# What nh3 sanitised when it was saved is the only HTML that is printed as it is: the template and the expression.
STORED_HTML: set[tuple[str, str]] = set()

FORBIDDEN = {
    "a value printed unescaped": re.compile(r"\|\s*safe\b|\bMarkup\b|autoescape\s+false"),
    "an inline style": re.compile(r"<[a-z][^>]*\sstyle\s*=", re.IGNORECASE),
    "a style sheet in the page": re.compile(r"<style\b", re.IGNORECASE),
    "an event handler": re.compile(r"<[a-z][^>]*\s(?:hx-)?on[a-z:-]+\s*=", re.IGNORECASE),
    "a script in the page": re.compile(r"<script\b(?![^>]*\ssrc\s*=)", re.IGNORECASE),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
    "another host's resource": re.compile(
        r"<(?:script|img|iframe|source|video|audio|link|use)\b[^>]*\s(?:src|href)\s*=\s*[\"']?(?:https?:)?//",
        re.IGNORECASE,
    ),
    "a form without a method": re.compile(r"<form\b(?![^>]*\smethod\s*=)", re.IGNORECASE),
}


def faults_of(template: str) -> list[str]:
    """What the template does that it mustn't, Jinja's comments left out."""
    shown = re.sub(r"\{#.*?#\}", "", template, flags=re.DOTALL)
    return [fault for fault, pattern in FORBIDDEN.items() if pattern.search(shown)]


def test_no_template_does_what_the_policy_forbids() -> None:
    faults = {}
    for path in files("web/templates", "campaigns", suffix=".html"):
        shown = path.read_text()
        for name, expression in STORED_HTML:
            if name_of(path).endswith(name):
                shown = shown.replace(expression, "")
        if found := faults_of(shown):
            faults[name_of(path)] = found
    assert faults == {}


def test_no_style_sheet_and_no_script_of_ours_asks_another_host() -> None:
    remote = re.compile(
        r"url\(\s*[\"']?(?:https?:)?//|@import\s+[\"'](?:https?:)?//|(?:fetch|import)\(\s*[\"']https?://"
    )
    paths = [*files("web/static", suffix=".css"), *files("web/static", suffix=".js")]
    assert [name_of(path) for path in paths if remote.search(path.read_text())] == []


@pytest.mark.parametrize(
    "template,fault",
    [
        ("{{ name|safe }}", "a value printed unescaped"),
        ('<p class="a" style="color: red">', "an inline style"),
        ("<STYLE>p {}</STYLE>", "a style sheet in the page"),
        ('<a href="#" onclick="go()">', "an event handler"),
        ('<a hx-on:click="go()">', "an event handler"),
        ("<script>go()</script>", "a script in the page"),
        ('<a href="javascript:go()">', "a javascript: address"),
        ('<link rel="stylesheet" href="//cdn.example/a.css">', "another host's resource"),
        ('<form action="/x">', "a form without a method"),
    ],
)
def test_each_fault_is_found(template: str, fault: str) -> None:
    assert faults_of(template) == [fault]


def test_a_clean_template_has_no_fault() -> None:
    assert (
        faults_of('{# |safe #}<script src="/static/a.js" defer></script><a href="https://x.com/">{{ name }}</a>') == []
    )
