import hashlib
from threading import Thread

import pytest

from campaigns.flows.upload_paper import upload_paper
from campaigns.kernel.errors import Problem
from campaigns.planning import papers
from campaigns.settings import Settings
from campaigns.world import World
from tests.makers.planning import make_coupon, make_white_paper, pdf_bytes


def kept_files(world: World) -> set[str]:
    folder = world.settings.data_dir / "files"
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_paper_is_kept_with_its_facts(world: World) -> None:
    offer = make_white_paper(world, paper=False)
    content = pdf_bytes(4)
    paper = upload_paper(world, offer.id, content, "../../etc/Six Fridays.PDF")
    with world.db.read() as session:
        assert papers.find(session, offer.id).sha256 == hashlib.sha256(content).hexdigest()
    assert (paper.bytes, paper.pages, paper.name) == (len(content), 4, "Six Fridays.pdf")
    assert world.files.get(paper.file_key) == content
    assert kept_files(world) == {paper.file_key, paper.cover_key}
    assert paper.file_key.startswith(f"papers/{offer.id}/")


def test_the_same_paper_again_changes_nothing(world: World) -> None:
    offer = make_white_paper(world, paper=False)
    first = upload_paper(world, offer.id, pdf_bytes())
    assert upload_paper(world, offer.id, pdf_bytes()).file_key == first.file_key
    assert kept_files(world) == {first.file_key, first.cover_key}


def test_another_paper_takes_its_place_and_the_old_files_go(world: World) -> None:
    offer = make_white_paper(world, paper=False)
    upload_paper(world, offer.id, pdf_bytes(1))
    second = upload_paper(world, offer.id, pdf_bytes(2))
    assert second.pages == 2
    assert kept_files(world) == {second.file_key, second.cover_key}


def test_a_paper_that_is_refused_leaves_the_one_before(world: World) -> None:
    offer = make_white_paper(world)
    before = kept_files(world)
    for content in (b"nope", pdf_bytes(password="x")):
        with pytest.raises(Problem):
            upload_paper(world, offer.id, content)
    with world.db.read() as session:
        assert papers.find(session, offer.id).pages == 3
    assert kept_files(world) == before


def test_a_coupon_has_no_paper_and_a_missing_offer_none_either(world: World) -> None:
    for offer_id, code in ((make_coupon(world).id, "not_a_paper"), ("nope", "offer_missing")):
        with pytest.raises(Problem) as refused:
            upload_paper(world, offer_id, pdf_bytes())
        assert refused.value.faults[0].code == code
    assert kept_files(world) == set()


def test_a_paper_above_the_limit_is_told_its_size(world: World) -> None:
    offer = make_white_paper(world, paper=False)
    most = Settings.read({}).paper_max_bytes
    with pytest.raises(Problem) as refused:
        upload_paper(world, offer.id, b"%PDF-" + b" " * most)
    assert refused.value.faults[0].values == {"mb": 25.0, "most_mb": 25.0}


def test_papers_uploaded_at_one_moment_leave_one_whole(world: World) -> None:
    offer = make_white_paper(world, paper=False)
    threads = [Thread(target=upload_paper, args=(world, offer.id, pdf_bytes(n % 3 + 1))) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with world.db.read() as session:
        paper = papers.find(session, offer.id)
    assert hashlib.sha256(world.files.get(paper.file_key)).hexdigest() == paper.sha256
    assert kept_files(world) == {paper.file_key, paper.cover_key}
