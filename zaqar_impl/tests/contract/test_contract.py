# SPDX-License-Identifier: Apache-2.0
"""The contract suite itself."""

from collections import Counter

from zaqar_impl.storage.contract import StorageContract


def test_no_topic_hides_a_test_of_another() -> None:
    """Each test has a name of its own, or inheritance would lose one of two."""
    names = Counter(
        name for topic in StorageContract.__mro__ for name in vars(topic) if name.startswith("test")
    )

    assert len(names) > 90
    assert {name for name, times in names.items() if times > 1} == set()


def test_every_promise_is_stated() -> None:
    """Each test says in its docstring what it holds the driver to."""
    tests = [
        test
        for topic in StorageContract.__mro__
        for name, test in vars(topic).items()
        if name.startswith("test")
    ]

    assert [test.__name__ for test in tests if not test.__doc__] == []
