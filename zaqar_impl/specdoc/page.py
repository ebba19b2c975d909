# SPDX-License-Identifier: Apache-2.0
"""The document of the WebSocket as it is served: for programs, and as a page for people.

The page is made once, at start. It needs no script and nothing from elsewhere, so that it works
where a browser reaches the service and nothing else.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import orjson
from markupsafe import Markup, escape

from zaqar_impl.specdoc.actions import CHANNEL, members
from zaqar_impl.specdoc.operations import resolved

#: Where programs find the document, and people its page.
ASYNCAPI_PATH = "/asyncapi.json"
ASYNCAPI_DOCS_PATH = "/docs/websocket"

Node = Mapping[str, Any]


@dataclass(frozen=True)
class Page:
    """What is served under a path, to anyone."""

    body: bytes
    media_type: str


@dataclass(frozen=True)
class Member:
    """A member of a body, as a line of a table."""

    name: str
    kind: Markup
    required: bool
    default: str
    text: Markup


def websocket_pages(document: Node) -> Mapping[str, Page]:
    """The pages of a deployment's AsyncAPI document, by path."""
    return {
        ASYNCAPI_PATH: Page(orjson.dumps(document), "application/json"),
        ASYNCAPI_DOCS_PATH: Page(_html(document).encode(), "text/html"),
    }


def _html(document: Node) -> str:
    here = Path(__file__).parent
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(here),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(prose=prose, pretty=_pretty)
    components = document["components"]
    return environment.get_template("websocket.html.jinja").render(
        document=document,
        channel=document["channels"][CHANNEL],
        groups=_groups(document),
        message=lambda ref: document["channels"][CHANNEL]["messages"][_name(ref)],
        body_members=lambda schema: _table(schema, components),
        kind=lambda schema: _kind(schema, components),
    )


def _groups(document: Node) -> list[tuple[Node, dict[str, Node]]]:
    """The operations of each tag, in the order of the tags."""
    operations = document["operations"].items()
    grouped = [
        (tag, {name: o for name, o in operations if o["tags"][0]["name"] == tag["name"]})
        for tag in document["info"]["tags"]
    ]
    return [(tag, members) for tag, members in grouped if members]


def _table(schema: Node, components: Node) -> list[Member]:
    required = set(_required(schema, components))
    return [
        Member(
            name=name,
            kind=_kind(node, components),
            required=name in required,
            default=_pretty(shape["default"]) if "default" in shape else "",
            text=prose(shape.get("description", "")),
        )
        for name, node, shape in members(schema, components)
    ]


def _required(schema: Node, components: Node) -> Iterator[str]:
    schema = resolved(schema, components)
    yield from schema.get("required", ())
    for part in schema.get("allOf", ()):
        yield from _required(part, components)


def _kind(schema: Node, components: Node) -> Markup:
    """What a value is, in few words; a shape of its own is a link to it."""
    if "$ref" in schema:
        name = _name(schema)
        return Markup('<a href="#shape-{0}">{0}</a>').format(name)
    if "oneOf" in schema:
        return Markup(" or ").join(_kind(part, components) for part in schema["oneOf"])
    if "allOf" in schema:
        return Markup(" and ").join(_kind(part, components) for part in schema["allOf"])
    if "enum" in schema:
        return Markup(" or ").join(_pretty(value) for value in schema["enum"])
    if "items" in schema:
        return Markup("array of ") + _kind(schema["items"], components)
    bounds = [schema.get(key) for key in ("minimum", "maximum")]
    words = escape(schema.get("type", "any JSON"))
    if None in bounds:
        return words
    return words + escape(f" {bounds[0]} to {bounds[1]}")


def _name(ref: Node) -> str:
    name: str = ref["$ref"].rpartition("/")[2]
    return name


def _pretty(value: Any) -> str:
    """JSON for people."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def prose(text: str) -> Markup:
    """The little Markdown that the descriptions use, as HTML: paragraphs, headings, code, bold."""
    return Markup("\n").join(_block(block) for block in re.split(r"\n\s*\n", text.strip()))


def _block(text: str) -> Markup:
    if text.startswith("## "):
        return Markup("<h3>{}</h3>").format(text.removeprefix("## "))
    marked = re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text)))
    marked = re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", marked)
    return Markup("<p>{}</p>").format(Markup(marked))
