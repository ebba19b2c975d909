# SPDX-License-Identifier: Apache-2.0
"""Changing the key of message bodies on two hosts, step by step as the operator's page says, with
clients that go on meanwhile."""

import json
import subprocess
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from zaqar_impl.mongod import EmbeddedMongod
from zaqar_impl.tests.acceptance.running import RunningServer

HEADERS = {
    "Client-ID": "3381af92-2b9e-11e3-b191-71861300734c",
    "X-Project-ID": "demo",
    "Content-Type": "application/json",
}
MESSAGES = "/v2/queues/payroll/messages"


class Hosts:
    """Two hosts of a service on one MongoDB, which are restarted one after the other."""

    def __init__(self, place: Path, mongod: EmbeddedMongod) -> None:
        self._place, self._uri = place, mongod.uri
        self._files = [place / "a.conf", place / "b.conf"]
        self._running: dict[Path, RunningServer] = {}
        self.posted: list[str] = []

    def step(self, *lines: str) -> None:
        """Give each host these options in turn; after each restart, both take a message and read
        all that there are."""
        for file in self._files:
            file.write_text("\n".join(["[transport]", *lines]))
            if host := self._running.pop(file, None):
                assert host.stop() == 0, host.text
            self._running[file] = RunningServer(
                self._place / "unused", "--workers", "1", "--mongodb-uri", self._uri,
                "--config-file", str(file),
            ).wait_ready()  # fmt: skip
            self.use()

    def use(self) -> None:
        """Post by each host, and read by each."""
        for host in self._running.values():
            self.posted.append(f"message {len(self.posted)}")
            call(host, "POST", MESSAGES, {"messages": [{"body": self.posted[-1]}]})
        for host in self._running.values():
            assert read(host) == self.posted

    def one(self) -> RunningServer:
        """Any of the hosts."""
        return self._running[self._files[0]]

    def stop(self) -> None:
        for host in self._running.values():
            host.stop()


def call(host: RunningServer, method: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(host.url + path, data, HEADERS, method=method)
    with urllib.request.urlopen(request) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def read(host: RunningServer) -> list[str]:
    page = call(host, "GET", f"{MESSAGES}?echo=true&limit=20")
    return [message["body"] for message in page["messages"]]


@pytest.fixture
def mongod(tmp_path: Path) -> Iterator[EmbeddedMongod]:
    with EmbeddedMongod(tmp_path / "mongod") as running:
        yield running


@pytest.fixture
def hosts(tmp_path: Path, mongod: EmbeddedMongod) -> Iterator[Hosts]:
    hosts = Hosts(tmp_path, mongod)
    yield hosts
    hosts.stop()


def key_ids(mongod: EmbeddedMongod) -> Sequence[str]:
    """What the page has an operator ask MongoDB."""
    with MongoClient[Any](mongod.uri) as client:
        ids: Sequence[str] = client["zaqar"]["messages"].distinct("key")
    return ids


@pytest.mark.long
def test_key_is_changed_with_no_message_lost(hosts: Hosts, mongod: EmbeddedMongod) -> None:
    """At no moment there is a message that one of the hosts can't read."""
    old, new = (
        subprocess.run(
            ["openssl", "rand", "-base64", "32"], capture_output=True, text=True, check=True
        ).stdout.strip()
        for _ in range(2)
    )

    hosts.step(f"message_encryption_key = {old}")
    change = [{"op": "add", "path": "/metadata/_enable_encrypt_messages", "value": True}]
    patch(hosts.one(), "/v2/queues/payroll", change)
    hosts.use()
    assert len(key_ids(mongod)) == 1
    hosts.step(f"message_encryption_keys = {old},{new}", f"message_encryption_key = {old}")
    assert len(key_ids(mongod)) == 1
    hosts.step(f"message_encryption_keys = {new},{old}")
    assert len(key_ids(mongod)) == 2

    call(hosts.one(), "DELETE", f"{MESSAGES}?pop=11")
    hosts.posted = hosts.posted[11:]
    assert len(key_ids(mongod)) == 1
    hosts.step(f"message_encryption_key = {new}")
    assert len(key_ids(mongod)) == 1


def patch(host: RunningServer, path: str, operations: Sequence[Any]) -> None:
    headers = HEADERS | {"Content-Type": "application/openstack-messaging-v2.0-json-patch"}
    request = urllib.request.Request(
        host.url + path, json.dumps(operations).encode(), headers, method="PATCH"
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200
