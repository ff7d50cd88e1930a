import threading
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import select

from campaigns.flows.send_outbox import send_outbox
from campaigns.kernel import outbox
from campaigns.kernel.codes import new_id
from campaigns.kernel.db import forbid_open
from campaigns.kernel.outbox import OutboxRow
from campaigns.ports import Later, Refused, Unknown
from campaigns.world import World
from tests.clock import HandClock

MAIL = {
    "to": "zoé@école.fr",
    "subject": "Votre guide",
    "text": "Bonjour,\n\nle voici : https://go.example/d/abc\n",
    "html": "<p>Bonjour</p>",
    "locale": "fr",
    "message_id": "<one@feuillet.example>",
}


class TalkingPost:
    """A mail server of the tests: each letter is answered by the next of `answers`, then taken."""

    rehearses = False

    def __init__(self, *answers: Exception) -> None:
        self.answers = iter(answers)
        self.letters: list[EmailMessage] = []

    def send(self, letter: EmailMessage) -> None:
        forbid_open()
        self.letters.append(letter)
        if silence := next(self.answers, None):
            raise silence

    def check(self) -> None:
        forbid_open()


def promise(world: World, key: str = "mail:1", kind: str = "mail", **more: str) -> None:
    with world.db.write() as session:
        outbox.put(session, kind, key, {**MAIL, **more}, world.clock.now())


def row_of(world: World, key: str = "mail:1") -> OutboxRow:
    with world.db.read() as session:
        return session.scalars(select(OutboxRow).where(OutboxRow.key == key)).one()


@pytest.fixture
def post() -> TalkingPost:
    return TalkingPost()


def test_a_letter_goes_out_whole_and_once(world: World, post: TalkingPost) -> None:
    world = replace(world, mailer=post)
    promise(world)
    assert (send_outbox(world, "w"), send_outbox(world, "w")) == (1, 0)
    [letter] = post.letters
    assert (letter["To"], letter["Subject"], letter["Message-ID"]) == (
        "zoé@école.fr",
        "Votre guide",
        MAIL["message_id"],
    )
    assert (letter["From"], letter["Content-Language"]) == ("Perchoir <perchoir@localhost>", "fr")
    plain, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert (plain.get_content(), html.get_content().strip()) == (MAIL["text"], MAIL["html"])
    assert row_of(world).done_at == world.clock.now()


def test_a_subject_stays_on_its_line(world: World, post: TalkingPost) -> None:
    world = replace(world, mailer=post)
    promise(world, subject="Guide\r\nBcc: everybody@example.com")
    send_outbox(world, "w")
    assert post.letters[0]["Bcc"] is None
    assert post.letters[0]["Subject"] == "Guide Bcc: everybody@example.com"


def test_a_server_that_is_down_or_silent_is_tried_again_with_the_same_message_id(
    world: World, clock: HandClock
) -> None:
    post = TalkingPost(Later("mail_down"), Unknown("cut"))
    world = replace(world, mailer=post)
    promise(world)
    waited = []
    for _ in range(2):
        send_outbox(world, "w")
        waited.append((row_of(world).due_at - clock.now()).total_seconds())
        assert send_outbox(world, "w") == 0
        clock.set(row_of(world).due_at)
    send_outbox(world, "w")
    assert waited == [15, 30]
    assert {letter["Message-ID"] for letter in post.letters} == {MAIL["message_id"]}
    assert (len(post.letters), row_of(world).problem, row_of(world).attempts) == (3, None, 3)
    assert row_of(world).done_at is not None


def test_a_refused_letter_is_kept_with_its_reason(world: World, clock: HandClock) -> None:
    post = TalkingPost(Refused("mail_refused", "550 no such user"))
    world = replace(world, mailer=post)
    promise(world)
    send_outbox(world, "w")
    clock.advance(days=1)
    assert send_outbox(world, "w") == 0
    assert (row_of(world).failed_at is not None, row_of(world).problem) == (True, "mail_refused 550 no such user")


def test_a_code_that_is_gone_is_given_up_at_once_with_its_reason(world: World, clock: HandClock) -> None:
    with world.db.write() as session:
        outbox.put(session, "coupon", "coupon:gone", {"coupon_id": new_id()}, clock.now())
    promise(world)
    assert send_outbox(world, "w") == 2
    gone = row_of(world, "coupon:gone")
    assert (gone.failed_at, gone.problem) == (clock.now(), "code_unknown")
    assert row_of(world).done_at == clock.now()
    clock.advance(seconds=outbox.LEASE_S + 1)
    assert send_outbox(world, "w") == 0


def test_after_most_of_a_day_it_is_given_up(world: World, clock: HandClock) -> None:
    post = TalkingPost(*[Later("mail_down")] * 20)
    world = replace(world, mailer=post)
    promise(world)
    began = clock.now()
    while row_of(world).failed_at is None:
        send_outbox(world, "w")
        clock.set(max(row_of(world).due_at, clock.now()))
    assert len(post.letters) == outbox.GIVE_UP_AFTER
    assert timedelta(hours=20) < clock.now() - began < timedelta(hours=21)


def test_what_a_newer_program_promised_waits_for_it(world: World) -> None:
    promise(world, kind="parcel")
    send_outbox(world, "w")
    assert (row_of(world).failed_at, row_of(world).problem) == (None, "kind_unknown parcel")


def test_a_worker_that_died_leaves_its_row_to_the_next(world: World, clock: HandClock, post: TalkingPost) -> None:
    world = replace(world, mailer=post)
    promise(world)
    with world.db.write() as session:
        assert len(outbox.claim(session, "dead", clock.now())) == 1
    assert send_outbox(world, "w") == 0
    clock.advance(seconds=outbox.LEASE_S + 1)
    assert send_outbox(world, "w") == 1
    assert len(post.letters) == 1


def test_four_workers_send_each_letter_once(world: World, post: TalkingPost) -> None:
    world = replace(world, mailer=post)
    for n in range(12):
        promise(world, f"mail:{n}", message_id=f"<{n}@feuillet.example>")
    begin = threading.Barrier(4)

    def work(name: str) -> None:
        begin.wait()
        send_outbox(world, name)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(letter["Message-ID"] for letter in post.letters) == sorted(
        f"<{n}@feuillet.example>" for n in range(12)
    )
    assert all(row_of(world, f"mail:{n}").done_at for n in range(12))


def test_what_was_done_is_forgotten_after_a_month(world: World, clock: HandClock, post: TalkingPost) -> None:
    world = replace(world, mailer=post)
    promise(world)
    send_outbox(world, "w")
    promise(world, "mail:2")
    with world.db.write() as session:
        assert outbox.forget(session, clock.advance(days=29)) == 0
        assert outbox.forget(session, clock.advance(days=2)) == 1
    assert row_of(world, "mail:2").done_at is None
