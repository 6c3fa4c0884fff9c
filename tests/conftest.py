"""What several test files need."""

import re
import sys

import pytest

pytest.register_assert_rewrite("desk_suite", "desk_oracle", "hammering")

from salesstatus.cli import main  # noqa: E402 - rewritten first

SHARES = 3


def pytest_collection_modifyitems(config, items):
    """Let the stores share out the use cases in the quick run: all of them run, each on one store.

    Each further store begins with another use case. Tests that are asked for by name all run.
    """
    from effort import THOROUGH  # the profile is known by now

    if THOROUGH or any("::" in word for word in config.args):
        return
    stores, left_out = {}, []
    for item in items:
        if item.get_closest_marker("shared_out"):
            mine = stores.setdefault(item.cls, [])
            mine.append(item)
            if (len(mine) + len(stores)) % SHARES:
                left_out.append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        out = set(left_out)
        items[:] = [item for item in items if item not in out]


@pytest.fixture
def run(capsys):
    """Carry out a command line: its exit code, and what it prints to either stream."""

    def run(*words):
        try:
            code = main(list(words))
        except SystemExit as stop:
            code = stop.code
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def unwrapped():
    """Return text with its long lines in one again: only what goes on is indented so far."""
    return lambda text: re.sub(r"\n {4,}", " ", text)


@pytest.fixture
def untraced():
    """Let tests of stores run three times as fast: what they would add to the coverage, those on
    the embedded store have."""
    trace = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(trace)
