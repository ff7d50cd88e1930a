"""Agents: what a user agent says of itself, looked up once and kept: a machine or not, its name, device and browser."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session
from ua_parser import parse

from campaigns.kernel.arrays import among, merge
from campaigns.tracking import bots
from campaigns.tracking.hits import Agent
from campaigns.tracking.requests import CLASSIFIER

MOST_KNOWN = 50_000
PHONE = re.compile(r"iPhone|iPod|Android.*Mobile|Mobile.*Firefox|Windows Phone")
TABLET = re.compile(r"iPad|Android(?!.*Mobile)|Tablet|Kindle|Silk")
SYSTEMS = {"Windows", "Mac OS X", "Linux", "Ubuntu", "Fedora", "Chrome OS", "Debian", "FreeBSD"}


@dataclass(frozen=True, slots=True)
class Known:
    """An agent as the drainer needs it. `id` None: it said nothing."""

    id: int | None
    is_machine: bool
    name: str | None
    device: str
    browser: str


Describe = Callable[[str], dict[str, str | None]]
COUNTED = ("name", "device", "browser")
"""What of an agent stands in the rollups."""

NOTHING = Known(None, True, None, "", "")


class Agents:
    """The agents that a drainer has met. `learn` before `find`, in a transaction that is committed in between."""

    def __init__(self) -> None:
        self._known: dict[str, Known] = {"": NOTHING}

    def find(self, text: str) -> Known:
        """What is known of an agent that was learnt."""
        return self._known[text]

    def learn(self, session: Session, texts: Collection[str]) -> None:
        """Keep the texts never seen, and know them all by today's dictionary. Queries: 0 for known ones, else 4."""
        if len(self._known) > MOST_KNOWN:
            self._known = {"": NOTHING}
        wanted = {text for text in texts if text not in self._known}
        if not wanted:
            return
        found = {each.text: each for each in session.scalars(select(Agent).where(among(session, Agent.text, wanted)))}
        if new := sorted(wanted - found.keys()):
            rows = [{"text": text, "classifier": CLASSIFIER, **described(text)} for text in new]
            merge(session, Agent, rows, ["text"])
            found |= {each.text: each for each in session.scalars(select(Agent).where(among(session, Agent.text, new)))}
        for text, agent in found.items():
            renew(agent, CLASSIFIER, described)
            self._known[text] = known(agent, is_machine=bots.is_bot(text))


def renew(agent: Agent, version: int, describe: Describe) -> None:
    """Let a row that an earlier version of the dictionary wrote say what this one does, and remember what it said."""
    if agent.classifier >= version:
        return
    told = describe(agent.text)
    if any(getattr(agent, name) != told[name] for name in COUNTED):
        said = {"until": agent.classifier, **{name: getattr(agent, name) for name in COUNTED}}
        agent.before = [*(agent.before or ()), said]
    for name, value in told.items():
        setattr(agent, name, value)
    agent.classifier = version


def known(agent: Agent, *, is_machine: bool) -> Known:
    """A row as the drainer needs it."""
    return Known(agent.id, is_machine, agent.name, agent.device or "", agent.browser or "")


def known_by(agent: Agent, version: int) -> Known:
    """What the hits that this version judged are counted by; whether it is a machine is theirs to say."""
    for said in agent.before or ():
        if version <= said["until"]:
            return Known(agent.id, False, said["name"], said["device"] or "", said["browser"] or "")
    return known(agent, is_machine=False)


def described(text: str) -> dict[str, str | None]:
    """What is kept beside an agent's text.

    >>> described("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    {'name': None, 'device': 'desktop', 'browser': 'Firefox', 'system': 'Linux'}
    """
    if bots.is_bot(text):
        return {"name": bots.name_of(text), "device": None, "browser": None, "system": None}
    read = parse(text)
    browser = read.user_agent.family if read.user_agent else None
    system = read.os.family if read.os else None
    return {"name": None, "device": device_of(text, system), "browser": _named(browser, text), "system": system}


def device_of(text: str, system: str | None) -> str | None:
    """phone, tablet, desktop; None: unknown.

    >>> device_of("Mozilla/5.0 (Linux; Android 14; SM-X700) Safari/537.36", "Android")
    'tablet'
    """
    if PHONE.search(text):
        return "phone"
    if TABLET.search(text):
        return "tablet"
    return "desktop" if system in SYSTEMS else "phone" if bots.is_x_app(text) else None


def _named(browser: str | None, text: str) -> str | None:
    return "X app" if bots.is_x_app(text) else browser[:80] if browser and browser != "Other" else None
