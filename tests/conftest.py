"""What several test files need."""

import pytest

from salesstatus.__main__ import main


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
