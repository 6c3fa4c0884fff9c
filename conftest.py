"""Run every code block of README and docs and every doctest of the library as a test."""

import atexit
import contextlib
import io
import os
import shlex
import shutil
import sys
import tempfile
from doctest import ELLIPSIS
from functools import cache
from pathlib import Path

import dev
import pytest
from hypothesis import settings
from sybil import Document, Example, Sybil
from sybil.document import PythonDocStringDocument
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser
from sybil.parsers.rest import DocTestParser

from salesstatus.cli import main

# No example is timed: a busy machine is no bug. Explicit numbers of examples follow the profile's
# (tests/effort.py).
settings.register_profile("quick", deadline=None, max_examples=10)
settings.register_profile("few", deadline=None, max_examples=15)
settings.register_profile("usual", deadline=None)
settings.register_profile("stress", deadline=None, max_examples=3000)
settings.load_profile("quick")


@cache
def _with_example() -> str:
    """Return a folder with the example data in `demo`, where the blocks of the docs run."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder)
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        main(["example", "demo"])
    return folder


_folder = Path.cwd()


def _enter(_: dict[str, object]) -> None:
    os.chdir(_with_example())


def _leave(_: dict[str, object]) -> None:
    os.chdir(_folder)


def _console(example: Example) -> str | None:
    """Run the command of a `console` block and compare the output; `...` stands for any lines."""
    typed, *rest = example.parsed.strip().split("\n")
    command = typed.removeprefix("$ python3 dev.py run ").removeprefix("$ salesstatus ")
    if command == typed:
        return f"a console block runs salesstatus or python3 dev.py run, not {typed}"
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        main(shlex.split(command))
    lines = [line.rstrip() for line in printed.getvalue().strip().split("\n")]
    wanted = [line.rstrip() for line in rest]
    at = 0
    for position, line in enumerate(wanted):
        if line == "...":
            continue
        anywhere = position > 0 and wanted[position - 1] == "..."
        try:
            found = lines.index(line, at) if anywhere else at
        except ValueError:
            return f"{typed}: no line {line!r} after line {at}"
        if found >= len(lines) or lines[found] != line:
            return f"{typed}: line {found} is {lines[found : found + 1]}, not {line!r}"
        at = found + 1
    return None


def _shell(example: Example) -> str | None:
    """Check what a `sh` block types against what there is; running it here would run this."""
    for line in example.parsed.strip().split("\n"):
        words = shlex.split(line, comments=True)
        if words[:2] == ["python3", "dev.py"] and words[2] not in dev.TASKS:
            return f"dev.py has no task {words[2]}"
    return None


def _path(document: Document) -> str:
    return document.path


_markdown = Sybil(
    parsers=[
        PythonCodeBlockParser(doctest_optionflags=ELLIPSIS),
        CodeBlockParser(language="console", evaluator=_console),
        CodeBlockParser(language="sh", evaluator=_shell),
    ],
    patterns=["README.md", "docs/*.md"],
    setup=_enter,
    teardown=_leave,
)
_docstrings = Sybil(
    parsers=[DocTestParser(optionflags=ELLIPSIS)],
    patterns=["src/salesstatus/*.py", "src/salesstatus/*/*.py", "src/salesstatus/*/*/*.py"],
    document_types={".py": PythonDocStringDocument},
)
pytest_collect_file = (_markdown + _docstrings).pytest()
sys.path.insert(0, str(Path(__file__).parent / "tests"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse test ids that differ between processes: side by side they have to be the same."""
    if differing := [item.nodeid for item in items if " at 0x" in item.nodeid]:
        raise pytest.UsageError("\n".join(("give these tests stable ids:", *differing)))
