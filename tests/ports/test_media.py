"""Pictures and films ahead of their post: what every publisher takes, and how X is sent them."""

import pytest

from campaigns.ports import Extras, Later, Media, Publisher, Refused, Upload
from campaigns.world import World
from tests.clock import HandClock
from tests.loopback.server import HTML, Trouble
from tests.loopback.x import FakeX
from tests.ports.conftest import Compose

PNG = Media(b"\x89PNG one", "image/png", alt="Une page du guide")
GIF = Media(b"GIF89a", "image/gif", "gif")
FILM = Media(b"\0\0\0\x18ftypmp42", "video/mp4", "video", "On tourne une page")


@pytest.fixture(params=["rehearsal", "x"])
def world(request: pytest.FixtureRequest, composed: Compose, x: FakeX) -> World:
    return composed(x.environ if request.param == "x" else {})


@pytest.fixture
def publisher(composed: Compose, x: FakeX) -> Publisher:
    return composed(x.environ).publisher


def sent(publisher: Publisher, media: Media) -> str:
    """The id of media that X is done with."""
    upload = publisher.upload(media)
    while upload.busy_s:
        upload = publisher.finish_upload(upload.x_id, media.alt)
    return upload.x_id


def shown(world: World, x: FakeX, x_id: str) -> list[Media]:
    """What a post shows, wherever it went."""
    if world.rehearsal is not None and world.publisher.rehearses:
        return world.rehearsal.media(x_id)
    [tweet] = [each for each in x.tweets if each["id"] == x_id]
    kept = [x.uploads.kept[media_id] for media_id in tweet["media"]]
    category = {"tweet_image": "image", "tweet_gif": "gif", "tweet_video": "video"}
    return [Media(each.content, each.media_type, category[each.category], each.alt) for each in kept]  # type: ignore[arg-type]


@pytest.mark.parametrize("media", [PNG, GIF, FILM], ids=lambda media: media.category)
def test_a_post_shows_what_was_sent_ahead_and_says_what_it_is(world: World, x: FakeX, media: Media) -> None:
    media_id = sent(world.publisher, media)
    posted = world.publisher.post("Look", Extras(media=(media_id,)))
    assert media_id.isdigit()
    assert shown(world, x, posted.x_id) == [media]


def test_x_s_own_simulator_is_understood(publisher: Publisher, x: FakeX) -> None:
    x.uploads.is_simulator = True
    media_id = sent(publisher, PNG)
    assert x.uploads.kept[media_id].alt == PNG.alt
    assert [each.content for each in x.uploads.kept.values()] == [PNG.content]


def test_up_to_four_pictures_stand_in_their_order(world: World, x: FakeX) -> None:
    pictures = [Media(f"picture {n}".encode(), "image/webp") for n in range(5)]
    ids = [sent(world.publisher, each) for each in pictures]
    posted = world.publisher.post("Four", Extras(media=(ids[2], ids[0], ids[3], ids[1])))
    assert shown(world, x, posted.x_id) == [pictures[n] for n in (2, 0, 3, 1)]
    with pytest.raises(Refused, match="x_refused"):
        world.publisher.post("Five", Extras(media=tuple(ids)))


@pytest.mark.parametrize("other", [PNG, GIF])
def test_a_film_stands_alone(world: World, other: Media) -> None:
    ids = (sent(world.publisher, FILM), sent(world.publisher, other))
    with pytest.raises(Refused, match="x_refused"):
        world.publisher.post("Two", Extras(media=ids))


def test_media_that_was_never_sent_is_refused_and_nothing_posted(world: World, clock: HandClock) -> None:
    with pytest.raises(Refused) as refused:
        world.publisher.post("Look", Extras(media=("1880000000000000099",)))
    assert (refused.value.code, refused.value.detail) == ("x_refused", "400 Your media IDs are invalid.")
    assert world.publisher.own_posts(clock.now()) == []


@pytest.mark.parametrize(
    "media,code",
    [
        (Media(b"", "image/png"), "media_unknown"),
        (Media(b"<svg/>", "image/svg+xml"), "media_unknown"),
        (Media(b"GIF89a", "image/gif"), "media_unknown"),
        (Media(b"png", "image/png", "video"), "media_unknown"),
        (Media(b"\0" * 5_000_001, "image/png"), "media_too_large"),
        (Media(b"\0" * 15_000_001, "image/gif", "gif"), "media_too_large"),
        (Media(b"png", "image/png", alt="é" * 1001), "media_alt_too_long"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.content_type,
)
def test_what_x_doesnt_take_isnt_sent(world: World, x: FakeX, media: Media, code: str) -> None:
    with pytest.raises(Refused) as refused:
        sent(world.publisher, media)
    assert refused.value.code == code
    assert x.requests == []


def test_what_a_deleted_post_showed_is_forgotten_a_day_later(composed: Compose, clock: HandClock) -> None:
    world = composed()
    assert world.rehearsal is not None
    one, other = (sent(world.publisher, PNG) for _ in range(2))
    first = world.publisher.post("One", Extras(media=(one, other)))
    second = world.publisher.post("Two", Extras(media=(one,)))
    clock.advance(days=1, seconds=1)
    world.publisher.delete(first.x_id)
    assert world.rehearsal.media(first.x_id) == []
    assert world.rehearsal.media(second.x_id) == [PNG]
    with pytest.raises(Refused):
        world.publisher.post("Three", Extras(media=(other,)))


def test_a_long_film_goes_in_chunks_of_a_mebibyte(publisher: Publisher, x: FakeX) -> None:
    content = bytes(range(256)) * 10_000
    media_id = sent(publisher, Media(content, "video/mp4", "video"))
    assert x.uploads.kept[media_id].content == content
    assert [len(each) for each in x.uploads.kept[media_id].chunks.values()] == [1_048_576, 1_048_576, 462_848]
    assert x.asked("POST /2/media/metadata") == []


def test_a_film_is_asked_for_when_x_says_and_described_once_it_is_done(publisher: Publisher, x: FakeX) -> None:
    x.uploads.slow_looks = 3
    upload = publisher.upload(FILM)
    told = [upload]
    while told[-1].busy_s:
        assert x.asked("POST /2/media/metadata") == []
        told.append(publisher.finish_upload(upload.x_id, FILM.alt))
    assert told == [Upload(upload.x_id, 5)] * 3 + [Upload(upload.x_id)]
    assert x.uploads.kept[upload.x_id].alt == FILM.alt


@pytest.mark.parametrize("said,kept", [(-5, 1), (10**9, 15), (True, 1), ("soon", 1), (None, 1)])
def test_no_wait_is_too_short_or_too_long(publisher: Publisher, x: FakeX, said: object, kept: int) -> None:
    working = {"data": {"id": "1", "processing_info": {"state": "pending", "check_after_secs": said}}}
    x.uploads.slow_looks = 1
    upload = publisher.upload(FILM)
    x.trouble("GET /2/media/upload", Trouble(status=200, body=working))
    assert publisher.finish_upload(upload.x_id, "") == Upload(upload.x_id, kept)


def test_a_film_that_x_cant_show_is_refused(publisher: Publisher, x: FakeX) -> None:
    x.uploads.spoils = True
    with pytest.raises(Refused) as refused:
        sent(publisher, FILM)
    assert (refused.value.code, refused.value.detail) == ("media_unprocessed", "file is currently unsupported")


STEPS = ["POST /2/media/upload/initialize", "POST /2/media/upload/1", "GET /2/media/upload", "POST /2/media/metadata"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    "trouble,code",
    [
        (Trouble(cut="silent", effect=True), "x_down"),
        (Trouble(cut="half"), "x_down"),
        (Trouble(status=503, body=HTML), "x_down"),
        (Trouble(status=200, body=[1]), "x_down"),
        (Trouble(status=429), "x_limit"),
        (Trouble(status=402, body={"title": "CreditsDepleted"}), "x_credits"),
    ],
    ids=str,
)
def test_an_upload_that_breaks_off_is_tried_later(
    publisher: Publisher, x: FakeX, step: str, trouble: Trouble, code: str
) -> None:
    x.uploads.slow_looks = 1
    x.trouble(step, trouble)
    with pytest.raises(Later) as later:
        sent(publisher, FILM)
    assert later.value.code == code
    publisher.post("At last", Extras(media=(sent(publisher, FILM),)))
    assert len(x.tweets) == 1


@pytest.mark.parametrize("body", [{}, {"data": {"id": "../users"}}, {"data": []}], ids=str)
def test_an_upload_without_an_id_is_tried_later(publisher: Publisher, x: FakeX, body: object) -> None:
    x.trouble("POST /2/media/upload/initialize", Trouble(status=200, body=body))
    with pytest.raises(Later, match="x_down"):
        sent(publisher, PNG)
    assert len(x.requests) == 1


def test_nothing_is_sent_while_a_transaction_is_open(world: World, x: FakeX) -> None:
    with world.db.read(), pytest.raises(RuntimeError, match="inside a read transaction"):
        sent(world.publisher, PNG)
    assert x.requests == []
