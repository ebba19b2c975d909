# SPDX-License-Identifier: Apache-2.0
"""The page of the WebSocket's document: complete, whole, and without anything from elsewhere."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from zaqar_impl.specdoc import ASYNCAPI, Page, bundle, deploy_actions, spec_root, websocket_pages
from zaqar_impl.specdoc.page import ASYNCAPI_DOCS_PATH, ASYNCAPI_PATH, prose

#: Elements that have no end.
VOID = {"meta", "link", "br"}


class Reader(HTMLParser):
    """Collects the ids, the links and what a browser would load, and tells what is not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a":
            self.links.append(given["href"])
        elif "src" in given or "href" in given:
            self.loaded.append(given.get("src", given.get("href", "")))
        if tag in ("script", "iframe"):
            self.loaded.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return deploy_actions(bundle(spec_root(), ASYNCAPI), {"max_messages_post_size": 1_000_000})


@pytest.fixture(scope="module")
def page(document: dict[str, Any]) -> Page:
    return websocket_pages(document)[ASYNCAPI_DOCS_PATH]


@pytest.fixture(scope="module")
def read(page: Page) -> Reader:
    reader = Reader()
    reader.feed(page.body.decode())
    reader.close()
    return reader


def test_document_is_served_as_it_is(document: dict[str, Any]) -> None:
    """For programs it is the deployment's document."""
    served = websocket_pages(document)[ASYNCAPI_PATH]

    assert served.media_type == "application/json"
    assert json.loads(served.body) == document


def test_page_shows_every_action_and_shape(document: dict[str, Any], read: Reader) -> None:
    """Each once, and no link within the page leads nowhere."""
    shown = set(read.ids)

    assert len(shown) == len(read.ids)
    assert {f"action-{name}" for name in document["operations"]} <= shown
    assert {f"shape-{name}" for name in document["components"]["schemas"]} <= shown
    assert {link[1:] for link in read.links if link.startswith("#")} <= shown


def test_page_is_whole_and_needs_nothing(read: Reader) -> None:
    """Every element is closed; no script, and nothing is loaded."""
    assert read.open == []
    assert [one for one in read.loaded if not one.startswith("data:")] == []


def test_page_has_the_limits_of_the_deployment(page: Page) -> None:
    """The largest message is that of this deployment."""
    assert f"{1_000_000 + 65536} bytes" in page.body.decode()


def test_every_paragraph_is_in_the_page(document: dict[str, Any], page: Page) -> None:
    """What the document tells is told, without marks of Markdown that were not understood."""
    text = re.sub(r"<[^>]*>", "", page.body.decode())

    for code in document["channels"]["api"]["x-close-codes"]:
        assert str(code["code"]) in text
    introduction = text.partition("Close codes")[0]
    assert "## " not in introduction
    assert "**" not in introduction


def test_prose_is_escaped() -> None:
    """Whatever a description holds, it is text."""
    told = prose("## A & B\n\nUse `a<b>` **now**, not <script>.")

    assert told == (
        "<h3>A &amp; B</h3>\n"
        "<p>Use <code>a&lt;b&gt;</code> <strong>now</strong>, not &lt;script&gt;.</p>"
    )
