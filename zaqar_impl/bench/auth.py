# SPDX-License-Identifier: Apache-2.0
"""Who the load generator is: the headers of its requests, with a token of Keystone's or without."""

import os
import uuid
from collections.abc import Mapping

from keystoneauth1 import exceptions, loading, session
from keystoneauth1.plugin import BaseAuthPlugin

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
    try:
        keystone = session.Session(auth=_plugin(environment))
        token, project = keystone.get_token(), keystone.get_project_id()
    except (exceptions.ClientException, TypeError) as error:
        raise NoToken(f"Keystone gave no token: {' '.join(str(error).split())}") from error
    return {**who, "X-Auth-Token": str(token), "X-Project-ID": str(project)}


def _plugin(environment: Mapping[str, str]) -> BaseAuthPlugin:
    loader: loading.BaseLoader[BaseAuthPlugin] = loading.get_plugin_loader(
        environment.get("OS_AUTH_TYPE", "password")
    )
    variables = {option.dest: f"OS_{option.dest.upper()}" for option in loader.get_options()}
    given = {
        name: environment[variable]
        for name, variable in variables.items()
        if variable in environment
    }
    return loader.load_from_options(**given)
