"""What several test files need."""

import re
import sys

import pytest

pytest.register_assert_rewrite("desk_suite", "desk_oracle", "hammering")

from salesstatus.cli import main  # noqa: E402 - rewritten first


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
