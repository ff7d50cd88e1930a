"""Pictures and films of tweets: judged by their content, sent to X ahead of the post with what they show."""

import io

import pytest
from PIL import Image

from campaigns.flows.attach_media import attach, attach_qr, describe, detach
from campaigns.flows.edit_tweet import delete
from campaigns.flows.plan_tweet import cancel, publish
from campaigns.flows.publish_due import publish_due
from campaigns.flows.send_media import FILMS, PICTURES, send_media
from campaigns.kernel.errors import Problem
from campaigns.publishing import media
from campaigns.publishing.media import TweetMedia
from campaigns.world import World
from tests.clock import HandClock
from tests.loopback.server import Trouble
from tests.loopback.x import FakeX
from tests.makers.capturing import at_once
from tests.makers.planning import picture_bytes
from tests.makers.publishing import make_place, make_tweet, tweet_of

FILM = b"\x00\x00\x00\x18ftypmp42" + b"film" * 20


def animated() -> bytes:
    out = io.BytesIO()
    frames = [Image.new("P", (40, 20), n) for n in range(3)]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()


@pytest.fixture
def tweet_id(real: World) -> str:
    return make_tweet(real, make_place(real)).tweet.id


def shown(world: World, tweet_id: str) -> list[TweetMedia]:
    with world.db.read() as session:
        return media.list_of(session, tweet_id)


def send(world: World, tweet_id: str) -> None:
    publish(world, tweet_id, who="Léa")
    work(world)


def work(world: World) -> None:
    """What a worker does within a second."""
    send_media(world, "w", PICTURES)
    send_media(world, "w", FILMS)
    publish_due(world, "w")


@pytest.mark.parametrize(
    "content,category,content_type",
    [
        (picture_bytes(kind="PNG"), "image", "image/png"),
        (picture_bytes(kind="JPEG"), "image", "image/jpeg"),
        (picture_bytes(kind="WEBP"), "image", "image/webp"),
        (animated(), "gif", "image/gif"),
        (FILM, "video", "video/mp4"),
        (FILM.replace(b"mp42", b"qt  "), "video", "video/quicktime"),
    ],
)
def test_it_goes_out_with_its_tweet_as_it_is_and_described(
    real: World, x: FakeX, tweet_id: str, content: bytes, category: str, content_type: str
) -> None:
    attach(real, tweet_id, content, " A cat ", who="Léa")
    send(real, tweet_id)
    assert tweet_of(real, tweet_id).state == "sent"
    [there] = x.uploads.kept.values()
    assert (there.content, there.category, there.media_type, there.alt) == (
        content, f"tweet_{category}", content_type, "A cat",
    )  # fmt: skip
    assert x.tweets[0]["media"] == list(x.uploads.kept)


def test_four_pictures_go_out_in_their_order_and_a_fifth_is_refused(real: World, x: FakeX, tweet_id: str) -> None:
    for n in range(4):
        attach(real, tweet_id, picture_bytes((10 + n, 10)), f"{n}", who="Léa")
    for more in (picture_bytes(), FILM, animated()):
        with pytest.raises(Problem, match="media_too_many"):
            attach(real, tweet_id, more, who="Léa")
    send(real, tweet_id)
    assert [x.uploads.kept[each].alt for each in x.tweets[0]["media"]] == ["0", "1", "2", "3"]


@pytest.mark.parametrize(
    "content,alt,code",
    [
        (b"", "", "media_unknown"),
        (b"%PDF-1.7 nothing", "", "media_unknown"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "", "media_unknown"),
        (picture_bytes(kind="BMP"), "", "media_unknown"),
        (picture_bytes()[:60], "", "media_unknown"),
        (picture_bytes() + b"\0" * 5_000_000, "", "media_too_large"),
        (picture_bytes(), "x" * 1001, "too_long"),
    ],
)
def test_what_x_would_refuse_is_refused_before_and_not_kept(
    real: World, tweet_id: str, content: bytes, alt: str, code: str
) -> None:
    with pytest.raises(Problem, match=code):
        attach(real, tweet_id, content, alt, who="Léa")
    assert shown(real, tweet_id) == []
    assert not list((real.settings.data_dir / "files").rglob("media/*/*"))


def test_it_is_described_again_and_taken_out_as_long_as_x_has_nothing(real: World, x: FakeX, tweet_id: str) -> None:
    first, second = (attach(real, tweet_id, picture_bytes((n, 10)), who="Léa") for n in (10, 20))
    assert describe(real, tweet_id, first.id, "Léa at her desk", who="Léa").alt == "Léa at her desk"
    detach(real, tweet_id, second.id, who="Léa")
    with pytest.raises(Problem, match="media_missing"):
        detach(real, tweet_id, second.id, who="Léa")
    send(real, tweet_id)
    assert [each.alt for each in x.uploads.kept.values()] == ["Léa at her desk"]
    for late in (
        lambda: attach(real, tweet_id, picture_bytes(), who="Léa"), lambda: detach(real, tweet_id, first.id, who="Léa"),
        lambda: describe(real, tweet_id, first.id, "Another", who="Léa"),
    ):  # fmt: skip
        with pytest.raises(Problem, match="tweet_gone_out"):
            late()


def test_its_file_goes_with_a_deleted_tweet(real: World, tweet_id: str) -> None:
    key = attach(real, tweet_id, picture_bytes(), who="Léa").key
    assert real.files.get(key)
    delete(real, tweet_id)
    with pytest.raises(Problem, match="file_missing"):
        real.files.get(key)


def test_a_link_goes_out_as_a_qr_that_is_counted_by_itself(real: World, x: FakeX) -> None:
    tweet_id = make_tweet(real, make_place(real), "Scan it", linkless=True).tweet.id
    made = attach_qr(real, tweet_id, who="Léa")
    assert (made.content_type, made.alt.startswith("http://localhost/l/")) == ("image/png", True)
    send(real, tweet_id)
    assert "/l/" not in x.tweets[0]["text"]
    assert len(x.tweets[0]["media"]) == 1


def test_an_x_that_takes_no_picture_now_makes_the_tweet_wait_and_one_that_cannot_show_it_fails_it(
    real: World, x: FakeX, clock: HandClock, tweet_id: str
) -> None:
    attach(real, tweet_id, FILM, who="Léa")
    x.trouble("POST /2/media/upload/initialize", Trouble(status=503))
    send(real, tweet_id)
    assert (tweet_of(real, tweet_id).state, tweet_of(real, tweet_id).problem) == ("scheduled", "x_down")
    assert x.tweets == []
    x.uploads.spoils = True
    clock.advance(minutes=2)
    work(real)
    assert (tweet_of(real, tweet_id).state, tweet_of(real, tweet_id).problem) == ("failed", "media_unprocessed")


def test_what_x_has_already_is_not_sent_again_until_x_forgets_it(
    real: World, x: FakeX, clock: HandClock, tweet_id: str
) -> None:
    attach(real, tweet_id, picture_bytes(), who="Léa")
    x.trouble("POST /2/tweets", Trouble(status=429), times=2)
    send(real, tweet_id)
    clock.advance(minutes=20)
    work(real)
    assert (len(x.asked("POST /2/tweets")), len(x.uploads.kept)) == (2, 1)
    clock.advance(hours=21)
    cancel(real, tweet_id, who="Léa")
    publish(real, tweet_id, who="Léa")
    work(real)
    assert (tweet_of(real, tweet_id).state, len(x.uploads.kept)) == ("sent", 2)
    assert x.tweets[0]["media"] == [list(x.uploads.kept)[1]]


@pytest.mark.both_databases
def test_of_six_at_once_four_are_kept(world: World) -> None:
    tweet_id = make_tweet(world, make_place(world)).tweet.id

    def one(n: int) -> TweetMedia:
        for _ in range(20):
            try:
                return attach(world, tweet_id, picture_bytes((10 + n, 10)), who="Léa")
            except Problem as refused:
                if refused.faults[0].code != "tweet_changed":
                    raise
        raise AssertionError("changed by the others each time")

    told = at_once(6, one)
    assert sum(isinstance(each, TweetMedia) for each in told) == 4
    assert len(shown(world, tweet_id)) == 4


def test_the_rehearsal_s_wall_shows_it(world: World) -> None:
    tweet_id = make_tweet(world, make_place(world)).tweet.id
    attach(world, tweet_id, picture_bytes(), "A cat", who="Léa")
    send(world, tweet_id)
    assert world.rehearsal is not None
    assert [each.alt for each in world.rehearsal.media(tweet_of(world, tweet_id).x_id or "")] == ["A cat"]


@pytest.mark.both_databases
def test_the_same_picture_again_is_the_one_that_is_there(world: World) -> None:
    tweet_id, content = make_tweet(world, make_place(world)).tweet.id, picture_bytes()
    first = attach(world, tweet_id, content, who="Léa")
    told = at_once(4, lambda _: attach(world, tweet_id, content, who="Léa").id)
    assert set(told) == {first.id}
    assert world.files.get(first.key) == content
