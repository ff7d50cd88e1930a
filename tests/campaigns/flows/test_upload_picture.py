from threading import Thread

import pytest

from campaigns.flows.upload_picture import remove_picture, upload_picture
from campaigns.kernel.errors import Problem
from campaigns.planning import pages
from campaigns.world import World
from tests.makers.planning import make_coupon, make_page, picture_bytes


def kept_files(world: World) -> set[str]:
    folder = world.settings.data_dir / "files"
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_picture_takes_the_place_of_the_one_before(world: World) -> None:
    page = make_page(world, make_coupon(world))
    first = upload_picture(world, page.id, picture_bytes(), "A cover")
    second = upload_picture(world, page.id, picture_bytes(kind="JPEG"), " Two pages ")
    assert (second.picture_alt, second.revision) == ("Two pages", 3)
    assert first.picture_key != second.picture_key
    assert kept_files(world) == {second.picture_key}


def test_a_picture_is_taken_away(world: World) -> None:
    page = make_page(world, make_coupon(world))
    upload_picture(world, page.id, picture_bytes(), "A cover")
    for _ in range(2):
        assert remove_picture(world, page.id).picture_key is None
    assert kept_files(world) == set()


@pytest.mark.parametrize(
    "content, alt, code",
    [
        (b"<svg/>", "A cover", "picture_unreadable"),
        (picture_bytes(), " ", "picture_alt_missing"),
        (picture_bytes(), "a\x00", "control_characters"),
        (b"x" * 8_000_001, "A cover", "picture_too_large"),
    ],
)
def test_a_picture_that_is_refused_changes_nothing(world: World, content: bytes, alt: str, code: str) -> None:
    page = make_page(world, make_coupon(world))
    with pytest.raises(Problem) as refused:
        upload_picture(world, page.id, content, alt)
    assert refused.value.faults[0].code == code
    with world.db.read() as session:
        assert pages.find(session, page.id).revision == 1
    assert kept_files(world) == set()


def test_pictures_uploaded_at_one_moment_leave_one(world: World) -> None:
    page = make_page(world, make_coupon(world))
    threads = [Thread(target=upload_picture, args=(world, page.id, picture_bytes(), f"Cover {n}")) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with world.db.read() as session:
        found = pages.find(session, page.id)
    assert found.revision == 5
    assert kept_files(world) == {found.picture_key}
