#!/usr/bin/env python3
"""Set up `.venv` with what a task needs, and run the task.

    python3 dev.py demo     the main job on the example data
    python3 dev.py test     the whole test suite, with coverage
    python3 dev.py check    linters, type checkers, import contracts and the docs
    python3 dev.py bench    the benchmarks (further words go to benchmarks/run.py)

Needs Python 3.11 or newer and nothing else. Further words after `test` go to pytest.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
# One environment for each version, so that `python3.12 dev.py test` does not undo what python3.11
# made.
VENV = ROOT / ".venv" / f"{sys.version_info.major}.{sys.version_info.minor}"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def run(*words: str | Path) -> None:
    """Run a command in the project's folder; stop with its exit code if it fails."""
    print("$", *words, file=sys.stderr, flush=True)
    code = subprocess.run(list(map(str, words)), cwd=ROOT, check=False).returncode
    if code:
        sys.exit(code)


def create() -> None:
    """Make the environment: with pip, or where Python comes without it (Debian) by another pip, or
    by uv.
    """
    shutil.rmtree(VENV, ignore_errors=True)
    if (
        subprocess.run(
            [sys.executable, "-m", "venv", VENV], check=False, capture_output=True
        ).returncode
        == 0
    ):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", VENV], check=True)


def pip() -> list[str | Path]:
    """Return the words of an installer that works on the environment."""
    if (
        subprocess.run(
            [PYTHON, "-m", "pip", "--version"], check=False, capture_output=True
        ).returncode
        == 0
    ):
        return [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    if (
        subprocess.run(
            [sys.executable, "-m", "pip", "--version"], check=False, capture_output=True
        ).returncode
        == 0
    ):
        return [
            sys.executable,
            "-m",
            "pip",
            "--python",
            PYTHON,
            "--disable-pip-version-check",
            "install",
            "--quiet",
        ]
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--quiet", "--python", PYTHON]
    sys.exit(
        "dev.py: this Python has neither ensurepip nor pip, and there is no uv; install python3-venv or uv"
    )


def install(extras: str) -> None:
    """Install the project and its extras, unless that was done for these very files already."""
    wanted = hashlib.sha256(
        b"".join((ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt"))
    ).hexdigest()
    stamp = VENV / f"installed-{extras or 'library'}"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    if not PYTHON.exists():
        create()
    run(*pip(), "-c", ROOT / "constraints.txt", "-e", f".[{extras}]" if extras else ".")
    stamp.write_text(wanted)


def demo() -> None:
    """Run the main job on the example data."""
    install("")
    run(PYTHON, "-m", "salesstatus", "demo")


def test(*words: str) -> None:
    """Run the whole test suite; the coverage counts only then, not for a part of it."""
    install("test")
    if words:
        run(PYTHON, "-m", "pytest", *words)
        return
    run(PYTHON, "-m", "coverage", "run", "-m", "pytest")
    run(PYTHON, "-m", "coverage", "combine", "--quiet")
    run(PYTHON, "-m", "coverage", "report")


def check() -> None:
    """Run everything that reads the code without running it, and build the docs."""
    install("test,check")
    tools = PYTHON.parent
    run(tools / "ruff", "check")
    run(tools / "ruff", "format", "--check")
    run(PYTHON, "-m", "mypy")
    run(tools / "pyright", "--pythonpath", PYTHON)
    run(tools / "lint-imports")
    run(PYTHON, "-m", "sphinx", "-b", "html", "-n", "-W", "-q", "docs", "docs/_build/html")


def bench(*words: str) -> None:
    """Run the benchmarks."""
    install("bench")
    run(PYTHON, "benchmarks/run.py", *words)


TASKS = {"demo": demo, "test": test, "check": check, "bench": bench}


def main() -> None:
    """Run the task named."""
    if sys.version_info < (3, 11):
        sys.exit("dev.py: Python 3.11 or newer is needed")
    if len(sys.argv) < 2 or sys.argv[1] not in TASKS:
        print(__doc__)
        sys.exit(0 if {"-h", "--help"} & set(sys.argv) else 2)
    TASKS[sys.argv[1]](*sys.argv[2:])


if __name__ == "__main__":
    main()
