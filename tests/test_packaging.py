"""What is released: complete, installable, and not before it is ready."""

import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path

import dev
import pytest

import salesstatus

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
URLS = {"Homepage": "https://salesstatus.dev"}
CHANGELOG = "# Changelog\n\n## 1.2.0 (2027-01-31)\n\n- A change.\n\n## 1.1.0 (2026-12-01)\n"


def folder_files(name):
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / name).rglob("*")
        if path.is_file() and not {"__pycache__", "_build", ".hypothesis"} & set(path.parts)
    }


class TestSdist:
    """The sdist can run its own tests."""

    def test_it_holds_what_they_need(self, tmp_path):
        pytest.importorskip("hatchling")
        words = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
        subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
        (archive,) = tmp_path.iterdir()
        assert archive.name == f"salesstatus-{salesstatus.__version__}.tar.gz"
        with tarfile.open(archive) as sdist:
            held = {name.partition("/")[2] for name in sdist.getnames()}
        folders = ("src", "tests", "typing_tests", "docs", "benchmarks", "examples", ".ci")
        files = {path.name for path in ROOT.glob("*.*") if path.is_file() and path.name[0] != "."}
        assert set().union(files, {"LICENSE"}, *map(folder_files, folders)) - held == set()
        assert {"conftest.py", "dev.py", "constraints.txt", "pyproject.toml"} <= held


class TestMetadata:
    def test_what_users_install_is_an_extra_and_what_developers_install_is_a_group(self):
        assert set(PYPROJECT["project"]["optional-dependencies"]) == {"phone", "testing", "test"}
        assert set(PYPROJECT["dependency-groups"]) == {"check", "bench", "dev"}

    def test_of_each_tool_one_version_is_named(self):
        pinned = (ROOT / "constraints.txt").read_text().splitlines()
        names = {line.partition("==")[0] for line in pinned}
        wanted = [
            *PYPROJECT["project"]["dependencies"],
            *(tool for tools in PYPROJECT["project"]["optional-dependencies"].values() for tool in tools),
            *(tool for group in ("check", "bench") for tool in PYPROJECT["dependency-groups"][group]),
        ]  # fmt: skip
        wanted = {tool.partition(">")[0].partition("[")[0].lower() for tool in wanted}
        assert wanted - {"salesstatus"} - names == set()

    def test_the_versions_of_python_that_are_named_are_those_of_the_continuous_run(self):
        named = [
            words.rpartition(" ")[2]
            for words in PYPROJECT["project"]["classifiers"]
            if words.startswith("Programming Language :: Python :: 3.")
        ]
        assert f"for version in {' '.join(named)}; do" in (ROOT / ".ci" / "run").read_text()


class TestRelease:
    """`dev.py release` refuses placeholders and a changelog that is not finished."""

    def test_what_is_ready_is_released(self):
        assert dev.unready({"urls": URLS}, "1.2.0", CHANGELOG) == []

    @pytest.mark.parametrize("urls", [{}, {"Homepage": "https://example.invalid/x"}])
    def test_urls_that_lead_nowhere_are_refused(self, urls):
        (found,) = dev.unready({"urls": urls}, "1.2.0", CHANGELOG)
        assert found.startswith("pyproject.toml: ")

    @pytest.mark.parametrize(
        "changelog",
        [
            CHANGELOG.replace("1.2.0", "1.2.1"),
            CHANGELOG.replace("2027-01-31", "unreleased"),
            CHANGELOG.replace("- A change.", ""),
            CHANGELOG.replace("## 1.2.0", "## Unreleased\n\n## 1.2.0"),
        ],
        ids=["another version", "unreleased", "empty", "more to come"],
    )
    def test_a_changelog_that_is_not_finished_is_refused(self, changelog):
        found = dev.unready({"urls": URLS}, "1.2.0", changelog)
        assert found
        assert all(line.startswith("CHANGELOG.md: ") for line in found)
