"""The command line: `main` carries out words, `run` those of this process."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, cast

from salesstatus.cli.parsing import DONE, UNUSABLE, UnusableError, parse
from salesstatus.values import InvalidError

if TYPE_CHECKING:
    from io import TextIOWrapper

#: What shells expect of a program that was interrupted.
_INTERRUPTED: Final = 130


def main(words: Sequence[str] | None = None) -> int:
    """Carry out a command line and return the exit code.

    Raises `SystemExit` for words that are no command line, for ``--help`` and for ``--version``.
    """
    arguments = parse(sys.argv[1:] if words is None else words)
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except (UnusableError, InvalidError) as error:
        print(f"salesstatus: {error}", file=sys.stderr)
        return UNUSABLE
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stdout = None  # or Python would complain when it closes it
        return DONE
    except OSError as error:  # the disk behind it is full
        sys.stdout = None
        print(f"salesstatus: {error.strerror}", file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        return _INTERRUPTED
    return code


def run() -> None:
    """Carry out the command line of this process and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows few characters shows an escape, not a traceback, and lines end
        # everywhere as they are written: those of CSV in \r\n, and not in \r\r\n on Windows.
        cast("TextIOWrapper", stream).reconfigure(errors="backslashreplace", newline="")
    sys.exit(main())
