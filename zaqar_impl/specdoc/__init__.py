# SPDX-License-Identifier: Apache-2.0
"""The spec as the program sees it: the only package that opens files under ``spec/``."""

from zaqar_impl.specdoc.bundle import bundle, spec_root
from zaqar_impl.specdoc.home import home_document
from zaqar_impl.specdoc.limits import SWITCHES, deploy
from zaqar_impl.specdoc.operations import Body, Operation, Parameter, Shape, operations, shape

__all__ = [
    "SWITCHES",
    "Body",
    "Operation",
    "Parameter",
    "Shape",
    "bundle",
    "deploy",
    "home_document",
    "operations",
    "shape",
    "spec_root",
]
