# SPDX-License-Identifier: Apache-2.0
"""Who the load generator is: the headers of its requests, with a token of Keystone's or without."""

import os
import uuid
from collections.abc import Mapping
from typing import Any

#: The project of all requests unless the environment has one.
PROJECT = "zaqar-bench"


class NoToken(Exception):
    """Keystone gave none; the text says why."""


def headers(strategy: str, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The headers of every request.

    With ``keystone`` the variables are those of other OpenStack commands (``OS_AUTH_URL`` and so
    on); the token is asked for once, so runs have to be shorter than its life.

    Raises:
        NoToken: Keystone gave none.
    """
    who = {
        "Client-ID": str(uuid.uuid4()),
        "X-Project-ID": environment.get("OS_PROJECT_ID") or PROJECT,
        "Accept": "application/json",
    }
    if strategy == "noauth":
        return who
    token, project = _token(environment)
    return {**who, "X-Auth-Token": token, "X-Project-ID": project}


def _token(environment: Mapping[str, str]) -> tuple[str, str]:
    """A token, and the project that it is of."""
    # takes longer to import than all the rest, in each process of the generator
    from keystoneauth1 import exceptions, loading, session

    try:
        loader: loading.BaseLoader[Any] = loading.get_plugin_loader(
            environment.get("OS_AUTH_TYPE", "password")
        )
        variables = {option.dest: f"OS_{option.dest.upper()}" for option in loader.get_options()}
        given = {
            name: environment[variable]
            for name, variable in variables.items()
            if variable in environment
        }
        keystone = session.Session(auth=loader.load_from_options(**given))
        return str(keystone.get_token()), str(keystone.get_project_id())
    except (exceptions.ClientException, TypeError) as error:
        raise NoToken(f"Keystone gave no token: {' '.join(str(error).split())}") from error
