# SPDX-License-Identifier: Apache-2.0
"""Who the load generator is."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from zaqar_impl.bench import auth

CREDENTIALS = {
    "OS_USERNAME": "demo",
    "OS_PASSWORD": "a secret",
    "OS_PROJECT_NAME": "load",
    "OS_USER_DOMAIN_NAME": "Default",
    "OS_PROJECT_DOMAIN_NAME": "Default",
}


class Keystone(BaseHTTPRequestHandler):
    """As much of Keystone as a token takes."""

    def do_GET(self) -> None:
        """Which versions there are."""
        links = [{"rel": "self", "href": f"http://{self.headers['Host']}/v3/"}]
        self._answer(200, {"version": {"id": "v3.14", "status": "stable", "links": links}})

    def do_POST(self) -> None:
        """A token for the right password."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["auth"]
        if asked["identity"]["password"]["user"]["password"] != CREDENTIALS["OS_PASSWORD"]:
            self._answer(401, {"error": {"message": "wrong password", "code": 401}})
            return
        project = {"id": "of-load", "name": asked["scope"]["project"]["name"]}
        token = {"expires_at": "2099-01-01T00:00:00.000000Z", "project": project, "methods": []}
        self._answer(201, {"token": token}, {"X-Subject-Token": "the-token"})

    def _answer(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        own = {"Content-Type": "application/json", "Content-Length": str(len(content))}
        for name, value in {**(headers or {}), **own}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on stderr."""


@pytest.fixture
def keystone() -> Iterator[str]:
    """Its URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Keystone) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v3"
        server.shutdown()
        thread.join()


def test_without_a_strategy_requests_have_a_client_and_a_project() -> None:
    """The project can be chosen."""
    headers = auth.headers("noauth", {"OS_PROJECT_ID": "mine"})

    assert headers["X-Project-ID"] == "mine"
    assert "X-Auth-Token" not in headers


def test_keystone_gives_token_and_project(keystone: str) -> None:
    """The variables are those of other OpenStack commands."""
    headers = auth.headers("keystone", {**CREDENTIALS, "OS_AUTH_URL": keystone})

    assert headers["X-Auth-Token"] == "the-token"
    assert headers["X-Project-ID"] == "of-load"


def test_a_wrong_password_is_told_and_not_shown(keystone: str) -> None:
    """Keystone's own words."""
    wrong = {**CREDENTIALS, "OS_AUTH_URL": keystone, "OS_PASSWORD": "mistyped"}

    with pytest.raises(auth.NoToken, match="wrong password") as refused:
        auth.headers("keystone", wrong)

    assert "mistyped" not in str(refused.value)


def test_keystone_without_variables_is_told() -> None:
    """The text names what is missing."""
    with pytest.raises(auth.NoToken, match="auth_url"):
        auth.headers("keystone", {})
