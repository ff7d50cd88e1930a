"""The tutorial, done as it is written: its sentences are read and carried out in a browser, then its shell commands.

| sentence | what the browser does |
|---|---|
| Open `/path` | goes there |
| Write `text` into **label** | fills the field |
| Choose `option` in **label** | selects it |
| Choose the file **label** | uploads a real PDF |
| Tick **label** | ticks the box |
| Press **name** | clicks the button or the link |
| As **someone**, | goes on in that person's browser |
| Follow the link of the tweet | opens the short link that stands on the marketer's page |
| You see **text** | waits until it is there |
"""

import os
import re
import subprocess
from pathlib import Path

from playwright.sync_api import Page, expect

from campaigns.demo import pdf
from tests.stories.conftest import Running, Visitors

ROOT = Path(__file__).parents[2]
STEP = re.compile(
    r"(?P<open>Open) `(?P<path>[^`]+)`"
    r"|(?P<write>Write) `(?P<text>[^`]+)` into \*\*(?P<field>[^*]+)\*\*"
    r"|(?P<choose>Choose) `(?P<option>[^`]+)` in \*\*(?P<select>[^*]+)\*\*"
    r"|(?P<file>Choose the file) \*\*(?P<upload>[^*]+)\*\*"
    r"|(?P<tick>Tick) \*\*(?P<box>[^*]+)\*\*"
    r"|(?P<press>Press) \*\*(?P<name>[^*]+)\*\*"
    r"|(?P<be>As) \*\*(?P<person>[^*]+)\*\*"
    r"|(?P<follow>Follow the link of the tweet)"
    r"|(?P<see>[Yy]ou see) \*\*(?P<seen>[^*]+)\*\*"
)


def test_the_tutorial_works_as_it_is_written(rehearsal: Running, visitors: Visitors, tmp_path: Path) -> None:
    told = (ROOT / "docs/tutorial.md").read_text()
    email, password = rehearsal.user("admin")
    people = {"the marketer": visitors.desk(), "the prospect": visitors.phone()}
    paper = tmp_path / "six-fridays.pdf"
    paper.write_bytes(pdf("Six Fridays"))
    page, done = people["the marketer"], 0
    for step in STEP.finditer(told):
        if step["be"]:
            page = people[step["person"]]
        elif step["follow"]:
            link = re.search(r"/l/[\w-]+", people["the marketer"].content())
            assert link
            page.goto(rehearsal.url + link[0])
        else:
            do(page, step, rehearsal.url, {"YOUR-EMAIL": email, "YOUR-PASSWORD": password}, paper)
        done += 1
    assert done > 35
    commands = re.findall(r"```sh\n(.*?)```", told.partition("## By the API")[2], re.DOTALL)
    assert commands
    environ = rehearsal.environ | {"PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}", "BASE": rehearsal.url}
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(commands)], cwd=ROOT, env=environ, capture_output=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr.decode()
    assert '"totals"' in ran.stdout.decode()


def do(page: Page, step: re.Match[str], url: str, words: dict[str, str], paper: Path) -> None:
    if step["open"]:
        page.goto(url + step["path"])
    elif step["write"]:
        text = step["text"]
        for word, value in words.items():
            text = text.replace(word, value)
        page.get_by_label(step["field"], exact=True).first.fill(text)
    elif step["choose"]:
        page.get_by_label(step["select"], exact=True).select_option(label=step["option"])
    elif step["file"]:
        page.get_by_label(step["upload"]).set_input_files(paper)
    elif step["tick"]:
        page.get_by_label(step["box"]).check()
    elif step["press"]:
        button = page.get_by_role("button", name=step["name"])
        button.or_(page.get_by_role("link", name=step["name"])).first.click()
    else:
        see(page, step["seen"])


def see(page: Page, text: str) -> None:
    """It is there, or comes: what the worker does takes a moment, so the page is opened again."""
    wanted = page.get_by_text(text).locator("visible=true").first
    for _ in range(10):
        if wanted.is_visible():
            return
        page.wait_for_timeout(500)
        if not wanted.is_visible() and "/rehearsal/" in page.url:
            page.reload()
    expect(wanted).to_be_visible()
