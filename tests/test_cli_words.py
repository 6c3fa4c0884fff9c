"""The words of the command line, what it loads for them, and the bytes that it writes."""

import argparse
import io
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import import_module
from pathlib import Path

import pytest

import salesstatus
from salesstatus.cli import example, parsing
from salesstatus.cli.parsing import COMMANDS
from salesstatus.show.terminal import columns

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "src" / "salesstatus" / "example"
YEAR, LEADS, SELL = (str(EXAMPLE / name) for name in ("year.jsonl", "leads.csv", "sell"))
SCRIPT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]["salesstatus"]


def python(*words, **environment):
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
    )


class TestScript:
    """The installed script does what `python -m salesstatus` does."""

    def installed(self, *words, **environment):
        module, _, name = SCRIPT.partition(":")  # what an installer writes into the script
        code = f"import sys; from {module} import {name}; sys.exit({name}())"
        return python("-c", code, *words, **environment)

    @pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
    @pytest.mark.parametrize("words", [("explain", YEAR, "kaya.ito"), ("audit", SELL)])
    def test_both_write_the_same_and_no_traceback(self, encoding, words):
        script = self.installed(*words, PYTHONIOENCODING=encoding)
        module = python("-m", "salesstatus", *words, PYTHONIOENCODING=encoding)
        assert (script.returncode, script.stdout) == (module.returncode, module.stdout)
        assert script.stderr == module.stderr == b""
        assert script.returncode == (words[0] == "audit")

    def test_characters_that_a_terminal_lacks_are_escaped(self):
        done = self.installed("explain", YEAR, "kaya.ito", PYTHONIOENCODING="cp1252")
        assert b"none \\u2192 current" in done.stdout

    @pytest.mark.parametrize(
        ("words", "ends"),
        [(["migrate", SELL], b"\r\n"), (["template"], b"\r\n"), (["labels"], b"\n")],
    )
    def test_lines_end_once_where_streams_translate_ends(self, monkeypatch, words, ends):
        module, _, name = SCRIPT.partition(":")
        written = io.BytesIO()
        monkeypatch.setattr(sys, "argv", ["salesstatus", *words])
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, "utf-8", newline="\r\n"))
        monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(io.BytesIO(), "utf-8", newline="\r\n"))
        with pytest.raises(SystemExit) as stop:
            getattr(import_module(module), name)()
        assert stop.value.code == 0
        lines = written.getvalue().splitlines(keepends=True)
        assert lines
        assert all(line.endswith(ends) and not line.endswith(b"\r\r\n") for line in lines)
        assert written.getvalue().count(b"\r") == (len(lines) if ends == b"\r\n" else 0)


class TestMistakes:
    """A mistyped word is refused, with the nearest one; so are abbreviations."""

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["adit", "x"], "there is no command adit; did you mean audit?"),
            (["exlpain", "x", "y"], "there is no command exlpain; did you mean explain?"),
            (["frobnicate"], "there is no command frobnicate\n"),
            (["--verison"], "there is no option --verison; did you mean --version?"),
            (["audit", "--jsn", "x"], "there is no option --jsn; did you mean --json?"),
            (["audit", "x", "--limt=3"], "there is no option --limt; did you mean --limit?"),
            (["replay", "-x", "f"], "there is no option -x"),
            (["replay", "a", "b"], "salesstatus replay: error: too many words: b\n"),
            (["audit", "--resume", "f", "x"], "there is no option --resume"),
            (["replay", "f", "--only", "past-custmer"], "did you mean past-customer?"),
            (["replay", "f", "--policy", "tamgate"], "not one of sell, sell-newest, teamgate; did you mean teamgate?"),
            (["replay", "f", "--policy", "x"], "'x' is not one of sell, sell-newest, teamgate\n"),
            (["audit", "x", "--crm", "bitrix"], "argument --crm: 'bitrix' is not one of sell, bitrix24, table; did you mean bitrix24?"),
            (["audit", "x", "--date-order", "ydm"], "did you mean ymd?"),
            (["audit", "x", "--stage", "Won=wan"], "did you mean won?"),
            (["migrate", "x", "--to", "hubspott"], "did you mean hubspot?"),
            (["migrate", "x", "--statuses", "mend"], "did you mean mended?"),
            (["convert", "f", "--to", "peron"], "did you mean person?"),
            (["funnel", "f", "--book", "bitrix"], "did you mean bitrix24?"),
            (["labels", "--locale", "dee"], "did you mean de?"),
        ],
    )  # fmt: skip
    def test_the_nearest_is_asked_for(self, run, words, said):
        code, out, err = run(*words)
        assert (code, out) == (2, "")
        assert said in err
        assert err.startswith("usage: salesstatus")

    @pytest.mark.parametrize("command", COMMANDS)
    def test_abbreviations_are_refused(self, run, command):
        code, out, err = run(command, "--hel")
        assert (code, out) == (2, "")
        assert (
            f"salesstatus {command}: error: there is no option --hel; did you mean --help?" in err
        )
        assert run("--vers")[0] == 2

    def test_a_region_that_is_none_is_told_with_or_without_contacts(self, run):
        code, out, err = run("convert", LEADS, "--region", "Germany")
        assert (code, out) == (2, "")
        assert "region: expected the two letters of a country" in err

    def test_after_two_dashes_words_are_no_options(self, run):
        code, _, err = run("replay", "--", "--jsn")
        assert (code, err) == (2, "salesstatus: --jsn: No such file or directory\n")

    def test_the_version(self, run):
        assert run("--version") == (0, f"salesstatus {salesstatus.__version__}\n", "")


class TestHelp:
    """Each command says what it does and what its exit codes mean."""

    def test_the_whole(self, run):
        code, out, _ = run("--help")
        assert code == 0
        for name, (_, does) in COMMANDS.items():
            assert f"    {name:<10}{does}\n" in out

    @pytest.mark.parametrize("command", COMMANDS)
    def test_of_a_command(self, run, command):
        code, out, err = run(command, "--help")
        said = " ".join(out.split())
        does = COMMANDS[command][1]
        assert (code, err) == (0, "")
        assert f"{does[0].upper()}{does[1:]}." in said
        assert "Exit codes: 0 done; " in said
        looks = command in {"replay", "convert", "funnel", "audit", "derive", "migrate"}
        assert ("; 1 done, and " in said) is looks
        assert max(map(len, out.splitlines())) <= 80

    def test_every_word_and_option_has_one(self):
        for command in COMMANDS:
            parser = argparse.ArgumentParser(prog=f"salesstatus {command}")
            room, _ = COMMANDS[command]
            getattr(import_module(f"salesstatus.cli.{room}"), f"add_{command}")(parser)
            assert [action.dest for action in parser._actions if not action.help] == []


class TestWrongFiles:
    """A file of the wrong kind is exit code 2 and one sentence."""

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["audit", LEADS], "it holds no contacts and no deals of Zendesk Sell, only other records: lead (2)"),
            (["derive", LEADS], "it holds no contacts and no deals of Zendesk Sell, only other records: lead (2)"),
            (["migrate", LEADS], "it holds no contacts and no deals of Zendesk Sell, only other records: lead (2)"),
            (["audit", f"{SELL}/stages-1.json"], "only other records: stage (5)"),
            (["audit", YEAR], "it holds no record of Zendesk Sell"),
            (["audit", SELL, "--crm", "bitrix24"], "it holds no record of Bitrix24"),
            (["replay", LEADS], "no line is a record of a history; line 1: $: expected JSON, got a text that is not JSON (Expecting value, character 1)"),
            (["explain", LEADS, "7"], "no line is a record of a history; line 1: "),
            (["convert", YEAR], "no line is a lead; line 1: expected lead, got lead_saved"),
            (["funnel", f"{SELL}/deals-1.json"], "no line is a record of a history; line 1: "),
        ],
    )  # fmt: skip
    def test_of_other_records(self, run, words, said):
        code, out, err = run(*words)
        assert (code, out) == (2, "")
        (line,) = err.splitlines()
        assert line.startswith(f"salesstatus: {words[1]}: ")
        assert said in line

    @pytest.mark.parametrize(
        "command", ["replay", "convert", "funnel", "audit", "derive", "migrate"]
    )
    @pytest.mark.parametrize("name", ["x.csv", "x.jsonl"])
    def test_of_bytes_that_are_no_text(self, run, tmp_path, command, name):
        path = tmp_path / name
        path.write_bytes(bytes(range(256)) * 8)
        code, out, err = run(command, str(path))
        assert (code, out) == (2, "")
        (line,) = err.splitlines()
        assert line.startswith("salesstatus: ")

    @pytest.mark.parametrize("command", [*COMMANDS][2:8])
    def test_a_folder_and_nothing(self, run, tmp_path, command):
        more = ["x"] * (command == "explain")
        if command != "template":
            for path in (tmp_path, tmp_path / "none"):
                code, out, err = run(command, str(path), *more)
                assert (code, out) == (2, "")
                assert err.startswith(f"salesstatus: {path}: ")


class TestLoading:
    """A command loads its own modules only."""

    def loaded(self, *words):
        code = f"""
import contextlib, io, json, sys
from salesstatus.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main({list(words)!r})
print(json.dumps([name for name in sys.modules if name.startswith("salesstatus")]))
"""
        done = python("-c", code)
        assert b"Traceback" not in done.stderr, done.stderr
        return set(json.loads(done.stdout))

    def core(self):
        code = "import json, sys, salesstatus; print(json.dumps([*sys.modules]))"
        return {name for name in json.loads(python("-c", code).stdout) if "salesstatus" in name}

    def test_the_help_loads_two_modules_more_than_the_library(self):
        assert self.loaded("--help") == self.core() | {"salesstatus.cli", "salesstatus.cli.parsing"}
        assert self.loaded("--version") == self.loaded("adit") == self.loaded("--help")

    def test_mistakes_and_copies_load_no_more_than_they_need(self, tmp_path):
        added = self.loaded("example", str(tmp_path / "demo")) - self.loaded("--help")
        assert added == {"salesstatus.cli.example"}

    @pytest.mark.parametrize(
        ("words", "not_loaded", "most"),
        [
            (["labels"], ("leads", "crm", "tables", "wire", "history", "show.text"), 25),
            (["rules"], ("crm", "tables", "wire", "history", "conversion"), 33),
            (["replay", YEAR], ("crm", "tables", "show.text", "desk"), 50),
            (["explain", YEAR, "kaya.ito"], ("crm", "tables", "show.text", "desk"), 50),
            (["convert", LEADS], ("crm", "show.text", "desk"), 75),
            (["funnel", YEAR], ("crm", "show.text", "desk"), 75),
            (["audit", SELL], ("crm.bitrix24", "crm.migration", "wire", "show.text", "desk"), 95),
            (["derive", SELL], ("crm.bitrix24", "crm.migration", "wire", "show.text", "desk"), 95),
            (["migrate", SELL], ("crm.bitrix24", "wire", "show.text", "desk"), 100),
        ],
    )
    def test_a_command(self, words, not_loaded, most):
        loaded = self.loaded(*words)
        for module in not_loaded:
            assert f"salesstatus.{module}" not in loaded
        rooms = {room for room, _ in COMMANDS.values()} - {COMMANDS[words[0]][0]}
        assert not loaded & {f"salesstatus.cli.{room}" for room in rooms}
        assert len(loaded) <= most

    def test_each_room_fills_the_parsers_of_its_commands(self):
        for name, (room, _) in COMMANDS.items():
            assert callable(getattr(import_module(f"salesstatus.cli.{room}"), f"add_{name}"))


class TestExample:
    """`example` copies what the docs work with: from a checkout, and from a wheel."""

    def test_data_and_programs_are_copied_to_a_new_folder(self, run, tmp_path):
        code, out, err = run("example", str(tmp_path / "demo"))
        assert (code, err) == (0, "")
        held = {
            path.relative_to(tmp_path / "demo").as_posix()
            for path in (tmp_path / "demo").rglob("*")
        }
        assert {"year.jsonl", "leads.csv", "sell/deals-1.json", "programs/sqlite_store.py"} <= held
        assert "programs/django_store/models.py" in held
        assert not any("__pycache__" in name for name in held)
        assert f"{tmp_path}/demo/year.jsonl kaya.ito" in out

    def test_the_next_command_works_as_it_is_printed(self, run, tmp_path):
        _, out, _ = run("example", str(tmp_path / "demo"))
        words = out.splitlines()[-1].removeprefix("Try: salesstatus ").split()
        assert run(*words)[0] == 0

    def test_a_folder_that_exists_is_left_alone(self, run, tmp_path):
        (tmp_path / "mine").write_text("mine")
        for folder in (tmp_path, tmp_path / "mine"):
            code, out, err = run("example", str(folder))
            assert (code, out) == (2, "")
            assert err == f"salesstatus: {folder}: exists already; give the name of a new folder\n"
        assert [path.name for path in tmp_path.iterdir()] == ["mine"]

    def test_programs_that_an_installation_has_are_taken_from_there(
        self, run, tmp_path, monkeypatch
    ):
        installed = tmp_path / "installed" / "example" / "programs"
        installed.mkdir(parents=True)
        (installed / "here.py").write_text("")
        monkeypatch.setattr(example, "files", lambda _: tmp_path / "installed")
        assert run("example", str(tmp_path / "demo"))[0] == 0
        assert [path.name for path in (tmp_path / "demo" / "programs").iterdir()] == ["here.py"]

    def test_a_wheel_holds_all_of_it(self, tmp_path):
        pytest.importorskip("hatchling")
        done = python("-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path))
        assert done.returncode == 0, done.stderr
        (wheel,) = tmp_path.glob("*.whl")
        with zipfile.ZipFile(wheel) as opened:
            opened.extractall(tmp_path / "site")
        code = "from salesstatus.cli import main; main(['example', 'demo'])"
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        copied = {path.name for path in (tmp_path / "demo" / "programs").iterdir()}
        assert copied == {path.name for path in (ROOT / "examples").iterdir()} - {"__pycache__"}

    def test_the_demo_runs_commands_of_the_table(self, run):
        _, out, _ = run("demo")
        typed = [line.split() for line in out.splitlines() if line.startswith("$ salesstatus ")]
        assert {words[2] for words in typed} == {"convert", "funnel", "replay", "explain", "audit"}
        sentences = [before for before, line in zip(out.splitlines(), out.splitlines()[1:], strict=False) if line.startswith("$ ")]  # fmt: skip
        assert all(sentence.endswith(".") for sentence in sentences)
        left = re.findall(r"^… (-?\d+) more lines$", out, re.MULTILINE)
        assert len(left) == len(typed) and all(int(number) > 1 for number in left)


def test_exit_codes_have_one_place():
    assert (parsing.DONE, parsing.LOOK, parsing.UNUSABLE) == (0, 1, 2)


class TestWidth:
    """Tables fit 100 columns: the widest column is wrapped, at blanks only."""

    @pytest.mark.parametrize("words", [
        ["derive", SELL, "--since"],
        ["derive", SELL, "--since", "--locale", "pt"],
        ["replay", YEAR, "--locale", "fr"],
        *(["explain", YEAR, contact] for contact in ("chloe.fox", "rosa.abel", "olga.brook")),
        ["labels"],
        ["funnel", YEAR],
        ["convert", LEADS],
    ])  # fmt: skip
    def test_of_what_is_printed(self, run, words):
        _, out, _ = run(*words)
        assert max(map(len, out.splitlines())) <= 100

    def test_only_blanks_are_broken(self):
        table = columns([["x" * 40, "a b" * 30], ["long-" * 20, "c"]])
        assert table.splitlines()[1] == "long-" * 20 + "  c"
        assert columns([["a " * 60, "b" * 90]]).splitlines()[1] == "a a a a a a a a a a"

    def test_short_tables_and_none_stay_as_they_are(self):
        assert columns([["a", ""], ["b", "c"]]) == "a\nb  c"
        assert columns([]) == ""
