#!/usr/bin/env python3
"""Set up `.venv` with what a task needs, and run the task.

    python3 dev.py demo              a short tour on the example data
    python3 dev.py run COMMAND …     a command of the library, like the installed `salesstatus`
    python3 dev.py test              tests of every kind, side by side, with few examples
    python3 dev.py test --thorough   all tests with all examples, and their coverage
    python3 dev.py check             linters, type checkers, import contracts and the docs
    python3 dev.py bench             the benchmarks (further words go to benchmarks/run.py)
    python3 dev.py release           build what is released, if nothing stands against it

Needs Python 3.11 or newer and nothing else. Further words after `test` go to pytest.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib

ROOT = Path(__file__).resolve().parent
# One environment for each version, so that `python3.12 dev.py test` does not undo what python3.11
# made.
VENV = ROOT / ".venv" / f"{sys.version_info.major}.{sys.version_info.minor}"
#: The share of public names whose types pyright has to know.
KNOWN_TYPES = 0.98
HERE = "Here `python3 dev.py run` stands for `salesstatus`."
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def run(*words: str | Path) -> None:
    """Run a command in the project's folder; stop with its exit code if it fails."""
    print("$", *words, file=sys.stderr, flush=True)
    code = subprocess.run(list(map(str, words)), cwd=ROOT, check=False).returncode
    if code:
        sys.exit(code)


def create() -> None:
    """Make the environment, with pip or where Python comes without it (Debian) without."""
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
        "dev.py: this Python has neither ensurepip nor pip, and there is no uv; "
        "install python3-venv or uv"
    )


def install(extra: str = "", *groups: str) -> None:
    """Install the project with an extra and groups, unless this was done for these very files."""
    about = (ROOT / "pyproject.toml").read_bytes()
    wanted = hashlib.sha256(about + (ROOT / "constraints.txt").read_bytes()).hexdigest()
    stamp = VENV / f"installed-{'-'.join(filter(None, (extra, *groups))) or 'library'}"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    if not PYTHON.exists():
        create()
    # pip 23, which comes with Python 3.11, has no `--group`.
    known = tomllib.loads(about.decode())["dependency-groups"]
    tools = [tool for group in groups for tool in known[group]]
    project = f".[{extra}]" if extra else "."
    run(*pip(), "-c", ROOT / "constraints.txt", "-e", project, *tools)
    stamp.write_text(wanted)


def demo() -> None:
    """Run a short tour on the example data."""
    install()
    run(PYTHON, "-m", "salesstatus", "demo")
    print(f"\n{HERE}")


def command(*words: str) -> None:
    """Run a command of the library where the caller is, and stop with its exit code."""
    install()
    code = subprocess.run([PYTHON, "-m", "salesstatus", *words], check=False).returncode
    if words[:1] == ("example",) and not code:
        print(HERE)
    sys.exit(code)


def test(*words: str) -> None:
    """Run the tests in as many processes as there are cores.

    With `--thorough` the whole suite has to cover every line and branch.
    """
    install("test")
    # The examples of a page build on each other: they run in one process.
    pytest = ["-m", "pytest", "-n", "auto", "--maxprocesses", "8", "--dist", "loadscope"]
    if "--thorough" not in words:
        run(PYTHON, *pytest, *words)
        return
    pytest += ["--hypothesis-profile", "usual", *(word for word in words if word != "--thorough")]
    if any(not word.startswith("-") for word in words):
        run(PYTHON, *pytest)
        return
    run(PYTHON, "-m", "coverage", "erase")
    run(PYTHON, "-m", "coverage", "run", *pytest)
    run(PYTHON, "-m", "coverage", "combine", "--quiet")
    run(PYTHON, "-m", "coverage", "report")


def docs_code() -> list[Path]:
    """Write the code blocks of README and docs to a file for each page, with its line numbers."""
    folder = VENV / "docs_code"
    folder.mkdir(exist_ok=True)
    files = []
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        lines, inside = [], False
        for line in page.read_text(encoding="utf-8").split("\n"):
            if line.startswith(("```", "--->")):
                inside = False
            lines.append(line if inside else "")
            inside = inside or line in {"```python", "<!--- invisible-code-block: python"}
        if any(lines):
            files.append(folder / f"page_{page.stem}.py")
            files[-1].write_text("\n".join(lines), encoding="utf-8")
    return files


def check_known_types() -> None:
    """Stop unless pyright knows the types of nearly all public names."""
    tools = PYTHON.parent
    words = [
        str(tools / "pyright"),
        "--verifytypes",
        "salesstatus",
        "--ignoreexternal",
        "--outputjson",
    ]
    print("$", *words, file=sys.stderr, flush=True)
    # It looks for the package in the environment that is active, whatever `--pythonpath` says.
    path = os.pathsep.join((str(tools), os.environ.get("PATH", "")))
    active = {**os.environ, "VIRTUAL_ENV": str(VENV), "PATH": path}
    done = subprocess.run(words, cwd=ROOT, env=active, check=False, capture_output=True, text=True)
    share = json.loads(done.stdout)["typeCompleteness"]["completenessScore"]
    if share < KNOWN_TYPES:
        sys.exit(
            f"pyright knows the types of {share:.1%} of the public names, not {KNOWN_TYPES:.0%}"
        )


def check() -> None:
    """Run everything that reads the code without running it, and build the docs."""
    install("test", "check")
    tools = PYTHON.parent
    run(tools / "ruff", "check")
    run(tools / "ruff", "format", "--check")
    run(PYTHON, "-m", "mypy")
    # Users write no annotations where nothing asks for them: without the strict settings.
    pages = docs_code()
    run(PYTHON, "-m", "mypy", "--config-file=", "--ignore-missing-imports", *pages)
    run(tools / "pyright", "--pythonpath", PYTHON)
    check_known_types()
    typed = [page for page in pages if "django" not in page.stem]  # Django comes without types
    run(tools / "ty", "check", "--python", VENV, "--extra-search-path", "examples", "src", *typed)
    run(tools / "pyrefly", "check", "--python-interpreter-path", PYTHON)
    run(tools / "lint-imports")
    run(PYTHON, "-m", "sphinx", "-b", "html", "-n", "-W", "-q", "docs", "docs/_build/html")


def bench(*words: str) -> None:
    """Run the benchmarks."""
    install("", "bench")
    run(PYTHON, "benchmarks/run.py", *words)


def unready(project: Mapping[str, Any], version: str, changelog: str) -> list[str]:
    """Return what stands against a release: of `[project]`, and of the changelog's top section."""
    found = [
        f"pyproject.toml: {name} = {url} is a placeholder"
        for name, url in project.get("urls", {}).items()
        if ".invalid" in url
    ]
    if not project.get("urls"):
        found.append("pyproject.toml: [project.urls] is missing")
    title, _, section = changelog.partition("\n## ")[2].partition("\n")
    if not re.fullmatch(rf"{re.escape(version)} \(\d{{4}}-\d\d-\d\d\)", title):
        found.append(f"CHANGELOG.md: the top section is {title!r}, not '{version} (YYYY-MM-DD)'")
    if not section.partition("\n## ")[0].strip():
        found.append("CHANGELOG.md: the top section is empty")
    return found


def release() -> None:
    """Say what stands against a release; if nothing does, build the sdist and the wheel."""
    install("test")
    about = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    door = (ROOT / "src" / "salesstatus" / "__init__.py").read_text()
    version = door.partition('\n__version__ = "')[2].partition('"')[0]
    found = unready(about, version, (ROOT / "CHANGELOG.md").read_text())
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        if ".invalid/" in page.read_text():
            found.append(f"{page.name}: a link has a placeholder address")
    git = ["git", "status", "--porcelain"]
    changed = subprocess.run(git, cwd=ROOT, check=False, capture_output=True, text=True)
    if changed.returncode or changed.stdout:
        found.append("git: there are changes that are not committed, or this is no checkout")
    if found:
        sys.exit("\n".join(("not ready for a release:", *found)))
    run(PYTHON, "-m", "hatchling", "build")


TASKS = {
    "demo": demo,
    "run": command,
    "test": test,
    "check": check,
    "bench": bench,
    "release": release,
}


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
