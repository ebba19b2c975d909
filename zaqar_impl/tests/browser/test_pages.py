# SPDX-License-Identifier: Apache-2.0
"""Pages in a real browser: the example of the docs, and what the service serves for people."""

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests
from playwright.sync_api import Browser, Page, expect, sync_playwright

from zaqar_impl.tests.acceptance.running import RunningServer

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
LISTEN = Path(__file__).parents[3] / "docs" / "use" / "examples" / "listen.html"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on the PATH")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """REST and the WebSocket, each in processes of their own."""
    running = RunningServer(tmp_path_factory.mktemp("data"), role="all")
    try:
        yield running.wait_ready()
    finally:
        assert running.stop() == 0, running.text


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab whose scripts must not fail."""
    with browser.new_context() as context:
        opened = context.new_page()
        faults: list[str] = []
        opened.on("pageerror", lambda error: faults.append(str(error)))
        yield opened
        assert faults == []


def test_page_shows_what_is_posted_over_rest(server: RunningServer, page: Page) -> None:
    """The example subscribes itself, and shows each message in its turn."""
    project = uuid.uuid4().hex
    asked = urlencode({"url": server.websocket_url, "project": project, "queue": "jobs"})
    page.goto(f"{LISTEN.as_uri()}?{asked}")
    expect(page.locator("#state")).to_have_text("listening")

    for number in range(3):
        requests.post(
            f"{server.url}/v2/queues/jobs/messages",
            json={"messages": [{"body": {"number": number}}]},
            headers={"Client-ID": str(uuid.uuid4()), "X-Project-ID": project},
            timeout=10,
        ).raise_for_status()

    shown = page.locator("#messages li")
    expect(shown).to_have_text([f'{{"number":{number}}}' for number in range(3)])


@pytest.mark.parametrize("process", ["url", "websocket_url"])
def test_document_of_the_websocket_is_readable(
    server: RunningServer, page: Page, process: str
) -> None:
    """Both processes serve its page, which loads nothing from elsewhere."""
    root = getattr(server, process).replace("ws://", "http://").rstrip("/")
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))

    page.goto(f"{root}/docs/websocket")

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("body")).to_contain_text("subscription_create")
    assert [url for url in loaded if not url.startswith((root, "data:"))] == []
