# SPDX-License-Identifier: Apache-2.0
"""The spec as the program sees it: the only package that opens files under ``spec/``."""

from zaqar_impl.specdoc.actions import Action, Channel, actions, channel, reply
from zaqar_impl.specdoc.bundle import ASYNCAPI, OPENAPI, bundle, spec_root
from zaqar_impl.specdoc.home import home_document
from zaqar_impl.specdoc.limits import SWITCHES, deploy, deploy_actions
from zaqar_impl.specdoc.operations import Body, Operation, Parameter, Shape, operations, shape
from zaqar_impl.specdoc.page import ASYNCAPI_DOCS_PATH, Page, websocket_pages

__all__ = [
    "ASYNCAPI",
    "ASYNCAPI_DOCS_PATH",
    "OPENAPI",
    "SWITCHES",
    "Action",
    "Body",
    "Channel",
    "Operation",
    "Page",
    "Parameter",
    "Shape",
    "actions",
    "bundle",
    "channel",
    "deploy",
    "deploy_actions",
    "home_document",
    "operations",
    "reply",
    "shape",
    "spec_root",
    "websocket_pages",
]
