"""Takes the pictures of the README from an installation with sample data: `make pictures`."""

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.stories.conftest import FLAGS, running, sign_in

OUT = Path(__file__).parents[1] / "docs/img"


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        with running(Path(folder), {}) as perchoir:
            perchoir.command("demo")
            desk = browser.new_context(viewport={"width": 1280, "height": 1180}, locale="en-GB").new_page()
            sign_in(desk, perchoir, *perchoir.user("admin"))
            desk.goto(f"{perchoir.url}/campaigns")
            desk.get_by_role("link", name="First issue before Christmas").click()
            desk.screenshot(path=OUT / "ledger.png")
            phone = browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=2).new_page()
            phone.goto(f"{perchoir.url}/p/six-fridays")
            phone.screenshot(path=OUT / "landing.png")
        browser.close()


if __name__ == "__main__":
    main()
