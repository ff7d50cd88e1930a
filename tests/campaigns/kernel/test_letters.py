from bs4 import BeautifulSoup

from campaigns.kernel.letters import Letter, put
from campaigns.world import World
from tests.makers.capturing import mails_of

LETTER = Letter(
    subject="Your code:\r\nBcc: all@ecole.example", paragraphs=["<b>Six</b> Fridays & more"], foot="Feuillet",
    code="FEUI-7K2M", button="Open <it>", url="https://feuillet.example/p/x?a=1&b=\"2",
)  # fmt: skip


def test_a_letter_says_the_same_in_text_and_in_html() -> None:
    text, html = LETTER.text(), BeautifulSoup(LETTER.html("en"), "html.parser")
    for said in ("<b>Six</b> Fridays & more", "FEUI-7K2M", "Open <it>", "Feuillet"):
        assert said in text
        assert said in html.get_text()
    link = html.find("a")
    assert link
    assert link["href"] == LETTER.url
    assert LETTER.url in text
    assert html.find("b") is None


def test_a_subject_is_one_line_and_a_letter_is_promised_once(world: World) -> None:
    for expected in (True, False):
        with world.db.write() as session:
            promised = put(
                session, "k", "zoe@ecole.example", LETTER, locale="en", host="a.example", now=world.clock.now()
            )
            assert promised is expected
    [mail] = mails_of(world)
    assert mail["subject"] == "Your code: Bcc: all@ecole.example"
    assert mail["message_id"].endswith("@a.example>")
