# SPDX-License-Identifier: Apache-2.0
"""``zaqar-server`` with the filter and the driver of the example package, which is installed beside
it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from zaqar_impl.tests.acceptance.running import RunningServer, refused

EXIT_USAGE = 2
HEADERS = {"Client-ID": "3381af92-2b9e-11e3-b191-71861300734c", "X-Project-ID": "demo"}

#: Over memory, so one worker is all there is.
CONFIGURATION = """
[drivers]
message_store = stopwatch
[drivers:transport:wsgi]
workers = 1
[storage]
message_pipeline = zaqar.notification.notifier, guard
[filter:guard]
refuse = card
redact = password
"""


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    file = tmp_path / "zaqar.conf"
    file.write_text(CONFIGURATION)
    return file


@pytest.fixture
def guarded(tmp_path: Path, conf: Path) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path / "db", "--config-file", str(conf))
    try:
        yield running.wait_ready()
    finally:
        running.stop()


def test_a_file_names_a_filter_and_a_driver_of_others(guarded: RunningServer) -> None:
    """Both do their work, and upstream's stage is told to be needless, once."""
    messages = f"{guarded.url}/v2/queues/q/messages"

    def posted(body: object) -> requests.Response:
        content = {"messages": [{"body": body}]}
        return requests.post(messages, json=content, headers=HEADERS, timeout=10)

    refusal = posted({"card": "4111"})
    accepted = posted({"password": "x"})
    [message] = requests.get(f"{messages}?echo=true", headers=HEADERS, timeout=10).json()[
        "messages"
    ]
    guarded.stop()

    assert (refusal.status_code, accepted.status_code) == (400, 201)
    assert "card" in refusal.json()["description"]
    assert message["body"] == {"password": "***"}
    assert guarded.text.count("zaqar.notification.notifier is needless") == 1
    assert "messages.list: 1 calls" in guarded.text


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("guard\n", "gard\n", "zaqar.conf: [storage] message_pipeline: No message filter"),
        ("refuse = card", "refuse = password", "[filter:guard] refuse and redact both have"),
        ("stopwatch", "hourglass", "No storage driver is called 'hourglass'"),
    ],
)
def test_what_is_wrong_with_a_plugin_is_told(
    conf: Path, before: str, after: str, told: str
) -> None:
    """Exit 2 and one line, before anything is served."""
    conf.write_text(CONFIGURATION.replace(before, after, 1))

    status, line = refused("--port", "0", "--config-file", str(conf))

    assert status == EXIT_USAGE
    assert told in line
