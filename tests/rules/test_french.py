"""French is whole: each message that a person may read has one translation, with its values, set as French is set."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from tests.rules.tree import ROOT, files, name_of

FRENCH = ROOT / "campaigns/locale/fr"
KEYWORDS = {"_": None, "say": None, "gettext": None, "ngettext": (1, 2)}
JINJA = {"newstyle_gettext": "true", "trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}")
CODE = re.compile(r"Authorization: \w+ \w+")  # what is typed as it stands
FIXED, NARROW = "\u00a0", "\u202f"

TYPOGRAPHY = {
    "a straight apostrophe: ’": re.compile(r"'"),
    "straight or English quotes: « »": re.compile(r"[\"“”]"),
    "three points: …": re.compile(r"\.\.\."),
    "a no-break space before a colon": re.compile(rf"(?<!{FIXED}):(?=\s|$)"),
    "a no-break space before %": re.compile(rf"(?<!{FIXED})%"),
    "a no-break space before €": re.compile(rf"(?<![{FIXED}(])€"),
    "a no-break space after «": re.compile(rf"«(?!{FIXED})"),
    "a no-break space before »": re.compile(rf"(?<!{FIXED})»"),
    "a narrow no-break space before ;": re.compile(rf"(?<!{NARROW});"),
    "a narrow no-break space before ?": re.compile(rf"(?<!{NARROW})\?(?=\s|$)"),
    "no exclamation mark": re.compile(r"!(?=\s|$)"),
    "vous, never tu": re.compile(r"\b(?:tu|toi|tes)\b", re.IGNORECASE),
}


def extracted() -> dict[str, list[str]]:
    """Every message that code and templates say, with where."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in [*files("campaigns", "web", suffix=".py"), *files("web/templates", suffix=".html")]:
        method = babel_extract if path.suffix == ".html" else "python"
        with path.open("rb") as stream:
            for line, message, _comments, _context in extract(method, stream, KEYWORDS, options=JINJA):
                singular = message[0] if isinstance(message, tuple) else message
                if singular:
                    found[singular].append(f"{name_of(path)}:{line}")
    return found


def read(path: Path) -> Catalog:
    with path.open("rb") as stream:
        return read_po(stream, locale="fr")


def key(message: Message) -> str:
    return message.id[0] if isinstance(message.id, tuple | list) else message.id


def strings(message: Message) -> list[str]:
    return list(message.string) if isinstance(message.string, tuple | list) else [message.string]


def translated() -> Iterator[tuple[Path, Message]]:
    for path in sorted(FRENCH.glob("*.po")):
        for message in read(path):
            if message.id:
                yield path, message


def faults_of(french: str) -> list[str]:
    """What a French typesetter would mend; values are left out."""
    shown = CODE.sub("x", PLACEHOLDER.sub("x", french).replace("%%", "%"))
    return [fault for fault, pattern in TYPOGRAPHY.items() if pattern.search(shown)]


def test_every_message_has_a_french_translation() -> None:
    known = {key(message) for _, message in translated() if all(strings(message))}
    missing = {message: where[0] for message, where in extracted().items() if message not in known}
    told = "\n".join(f"{where}  {message!r}" for message, where in sorted(missing.items(), key=lambda item: item[1]))
    assert not missing, f"{len(missing)} messages have no French:\n{told}"


def test_no_message_is_translated_twice() -> None:
    where: dict[str, list[str]] = defaultdict(list)
    for path, message in translated():
        where[key(message)].append(path.name)
    assert {message: names for message, names in where.items() if len(names) > 1} == {}


@pytest.mark.parametrize("path", sorted(FRENCH.glob("*.po")), ids=lambda path: path.name)
def test_a_file_holds_each_message_once_and_nothing_doubtful(path: Path) -> None:
    catalogue = read(path)
    written = len(re.findall(r"^msgid ", path.read_text(), re.MULTILINE)) - 1
    assert written == len([message for message in catalogue if message.id])
    assert [key(message) for message in catalogue if message.id and message.fuzzy] == []
    assert list(catalogue.obsolete) == []


def test_no_translation_is_of_nothing_that_is_said() -> None:
    said = extracted()
    assert [f"{path.name}: {key(message)}" for path, message in translated() if key(message) not in said] == []


def test_each_translation_holds_the_values_of_its_message() -> None:
    faults = []
    for path, message in translated():
        wanted = set(PLACEHOLDER.findall(" ".join(message.id) if isinstance(message.id, tuple) else message.id))
        # a singular may say "un" instead of the number
        if any(set(PLACEHOLDER.findall(each)) - wanted for each in strings(message)) or (
            set(PLACEHOLDER.findall(strings(message)[-1])) != wanted
        ):
            faults.append(f"{path.name}: {key(message)}")
    assert faults == []


def test_french_is_set_as_french() -> None:
    faults = [
        f"{path.name}: {french!r}: {', '.join(found)}"
        for path, message in translated()
        for french in strings(message)
        if (found := faults_of(french))
    ]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    "french,fault",
    [
        ("C'est fait", "a straight apostrophe: ’"),
        ("Indiquez : un nom", "a no-break space before a colon"),
        (f"Sûr{FIXED}?", "a narrow no-break space before ?"),
        ("Fait; reste le nom", "a narrow no-break space before ;"),
        ("10%% de moins", "a no-break space before %"),
        (f"«{FIXED}nom»", "a no-break space before »"),
        ("C’est fait !", "no exclamation mark"),
        ("Choisis ton nom, tu peux", "vous, never tu"),
    ],
)
def test_each_fault_is_found(french: str, fault: str) -> None:
    assert faults_of(french) == [fault]


def test_good_french_has_no_fault() -> None:
    assert faults_of(f"Voir https://x.com/a?b=c à 14:30{NARROW}; «{FIXED}%(name)s{FIXED}» fait 10,4{FIXED}%%") == []
