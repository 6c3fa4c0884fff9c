"""The command line, as somebody at a terminal uses it and misuses it."""

import io
import json
import os
import pty
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from salesstatus import (
    CustomerStatus,
    CustomerStatusSet,
    Deal,
    DealAssociated,
    DealDissociated,
    DealSaved,
    DealStatus,
    DealWon,
    Entry,
    ProspectStatus,
    ProspectStatusSet,
    replay,
)
from salesstatus.crm.evidence import Dated, from_snapshot, from_stream, timeline
from salesstatus.leads.stage_history import LeadSaved
from salesstatus.wire import dumps, read_lines

ROOT = Path(__file__).parents[1]
YEAR = ROOT / "src" / "salesstatus" / "example" / "year.jsonl"


def may(day):
    return datetime(2026, 5, day, tzinfo=timezone.utc)


HISTORY = [
    DealSaved(may(1), Deal(id="D-1", primary="ann", company=7)),
    DealSaved(may(2), Deal(id="D-1", primary="ann", company=7, status=DealStatus.WON)),
    Entry(may(3), "ann", CustomerStatusSet(CustomerStatus.PAST)),
    Entry(may(4), "ann", ProspectStatusSet(ProspectStatus.LOST)),  # refused: M2
    Entry(may(5), "7", DealAssociated("D-2")),
]


@pytest.fixture
def history(tmp_path):
    path = tmp_path / "history.jsonl"
    lines = [*map(dumps, HISTORY), "not json", dumps(DealWon("D-1"))]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


class TestReplay:
    """`replay` shows every contact, and lists every line that it could not use."""

    def test_the_table_shows_labels_counts_and_what_was_refused(self, run, history, unwrapped):
        code, out, _ = run("replay", history)
        out = unwrapped(out)
        assert code == 1
        lines = out.splitlines()
        assert lines[0].split() == [
            "contact",
            "Prospect",
            "Status",
            "Customer",
            "Status",
            "open",
            "won",
            "lost",
            "unqualified",
        ]
        assert [line.split()[0] for line in lines[1:4]] == ["7", "7", "ann"]
        assert "Past Customer" in lines[3]
        assert "4 records used." in out
        assert "Not used: 3" in out
        assert "line 4: setting the prospect status to lost by hand is refused. M2" in out
        assert "line 6: $: expected JSON" in out
        expected = "entry, status_stated, deal_saved, deal_deleted, employee_moved, lead_saved, stage_visit, evidence"
        assert f"line 7: $.type: expected one of {expected}, got deal_won" in out

    def test_a_clean_history_exits_with_zero(self, run, tmp_path):
        path = tmp_path / "clean.jsonl"
        path.write_text(dumps(HISTORY[0]))
        code, out, _ = run("replay", str(path))
        assert code == 0
        assert "Not used" not in out

    def test_json_holds_the_statuses_and_the_refusals_and_nothing_else(self, run, history):
        code, out, _ = run("replay", history, "--json")
        rows = [json.loads(line) for line in out.splitlines()]
        assert code == 1
        assert [row["contact"] for row in rows if "contact" in row] == [7, "7", "ann"]
        assert [(row["line"], row["rules"]) for row in rows if "refused" in row] == [
            (4, ["M2"]),
            (6, []),
            (7, []),
        ]
        assert rows[2]["status"]["customer"] == "past"

    def test_only_selects_on_both_axes(self, run, history):
        _, out, _ = run(
            "replay", history, "--json", "--only", "current-customer", "--only", "past-customer"
        )
        assert [
            row["contact"] for row in map(json.loads, out.splitlines()) if "contact" in row
        ] == [7, "ann"]
        _, out, _ = run(
            "replay", history, "--json", "--only", "current-customer", "--only", "current-prospect"
        )
        assert [row for row in map(json.loads, out.splitlines()) if "contact" in row] == []

    def test_as_of_stops_at_a_time_in_any_zone(self, run, history):
        _, out, _ = run(
            "replay", history, "--as-of", "2026-05-01T02:00:00+02:00", "--contact", "ann"
        )
        assert "Current Prospect" in out
        assert "1 record used, 4 later than that time." in out

    def test_labels_come_in_other_languages(self, run, history):
        _, out, _ = run("replay", history, "--locale", "fr")
        assert "Ancien client" in out

    def test_a_contact_is_found_by_its_id_and_an_ambiguous_one_by_its_json(self, run, history):
        code, _, err = run("replay", history, "--contact", "7")
        assert code == 2
        assert err == "salesstatus: contact 7: there are 2 of them; write '7' or '\"7\"'\n"
        _, out, _ = run("replay", history, "--json", "--contact", '"7"')
        assert json.loads(out.splitlines()[0])["contact"] == "7"

    def test_the_policy_changes_the_outcome(self, run, tmp_path):
        path = tmp_path / "hand.jsonl"
        entries = [Entry(may(1), "ann", ProspectStatusSet(ProspectStatus.CURRENT))]
        path.write_text("\n".join(map(dumps, entries)))
        assert run("replay", str(path))[0] == 0
        code, out, _ = run("replay", str(path), "--policy", "teamgate")
        assert code == 1
        assert "M5" in out

    def test_standard_input_is_a_file_too(self, run, monkeypatch):
        stream = io.TextIOWrapper(io.BytesIO("\n".join(map(dumps, HISTORY[:2])).encode()))
        monkeypatch.setattr(sys, "stdin", stream)
        code, out, _ = run("replay", "-")
        assert code == 0
        assert "2 records used." in out

    def test_an_empty_file_is_an_empty_history(self, run, tmp_path):
        path = tmp_path / "empty.jsonl"
        path.write_text("")
        code, out, _ = run("replay", str(path))
        assert code == 0
        assert "0 of 0 contacts" in out

    @pytest.mark.parametrize("form", [[], ["--json"]])
    def test_a_record_before_the_creation_of_its_deal_is_told(self, run, tmp_path, form):
        path = tmp_path / "early.jsonl"
        deal = Deal(id="D-1", primary="ann", status=DealStatus.WON, created_at=may(4))
        path.write_text("\n" + dumps(DealSaved(may(3), deal)))
        code, out, _ = run("replay", str(path), *form)
        assert code == 0
        said = "deal 'D-1' is won at 2026-05-03T00:00:00+00:00, before its creation at "
        assert said in " ".join(out.split())
        assert ("line 2" if not form else '"line": 2') in out


class TestBadInput:
    """No traceback, exit code 2, one line that says what is wrong."""

    def test_a_missing_file(self, run, tmp_path):
        code, out, err = run("replay", str(tmp_path / "none.jsonl"))
        assert (code, out) == (2, "")
        assert err.endswith("No such file or directory\n")

    def test_a_folder(self, run, tmp_path):
        assert run("explain", str(tmp_path), "ann")[0] == 2

    @pytest.mark.parametrize(
        "content", [b"\x89PNG\r\n\x1a\n\x00\x00", b"<html>\n<body>\n", b"a,b\n1,2\n", b"\x00" * 100]
    )
    def test_a_file_that_is_not_json(self, run, tmp_path, content):
        path = tmp_path / "other"
        path.write_bytes(content)
        code, out, err = run("replay", str(path))
        assert (code, out) == (2, "")
        assert "no line is a record of a history" in err
        assert "line 1:" in err

    @pytest.mark.parametrize(
        "words",
        [
            [],
            ["frobnicate"],
            ["replay"],
            ["replay", "f", "--as-of", "2026-05-01"],
            ["replay", "f", "--only", "customer"],
            ["replay", "f", "--policy", "x"],
            ["labels", "--locale", "xx"],
        ],
    )
    def test_words_that_mean_nothing(self, run, words):
        code, _, err = run(*words)
        assert code == 2
        assert "usage: salesstatus" in err

    def test_an_unknown_contact(self, run, history):
        assert run("explain", history, "zoe") == (
            2,
            "",
            "salesstatus: contact zoe: no record of this history is about it\n",
        )


class TestExplain:
    """`explain` tells the history of one contact, one line a change, with the rule."""

    def test_each_line_names_event_change_and_rules(self, run, history):
        code, out, _ = run("explain", history, "ann")
        lines = out.splitlines()
        assert code == 0
        assert lines[2].split("  ")[0] == "2026-05-02 00:00:00"
        assert "current → none  none → current" in lines[2]
        assert lines[2].endswith("E2+P2+C1")
        assert "customer status past: so since 2026-05-03T00:00:00+00:00" in out
        assert "line 4: setting the prospect status to lost" in out
        assert "line 6" not in out

    def test_what_is_assumed_or_seen_is_not_stated_as_a_fact(self, run, tmp_path):
        won = Deal(id="D-1", primary="ann", status=DealStatus.WON, created_at=may(1))
        path = tmp_path / "evidence.jsonl"

        def explained(changed_at):
            evidence = timeline(from_snapshot([Dated(deal=won, changed_at=changed_at)], may(9)))
            path.write_text("".join(f"{dumps(found)}\n" for found in evidence))
            code, out, _ = run("explain", str(path), "ann")
            assert code == 0
            return out.splitlines()[0].split(), " ".join(out.partition("What")[0].split())

        head, out = explained(None)
        assert head == ["at", "(UTC)", "event", "certainty", "prospect", "customer", "rules"]
        assert "open deal assumed none → current" in out
        assert "decides; seen: so since 2026-05-09T00:00:00+00:00, by" in out
        assert "assumed: that" not in out
        _, out = explained(may(1) - timedelta(days=3))
        assert "decides; assumed: so since 2026-05-01T00:00:00+00:00, by" in out
        _, out = explained(may(4))
        assert "decides; so since 2026-05-04T00:00:00+00:00, by" in out
        assert "(C1); assumed: that it was on the deal then" in out

    def test_a_status_that_no_record_made_so_is_as_it_was(self, run, tmp_path):
        path = tmp_path / "evidence.jsonl"
        known = from_stream([Entry(may(1), "ann", DealAssociated("D-1"))])
        path.write_text("".join(f"{dumps(found)}\n" for found in known))
        _, out, _ = run("explain", str(path), "ann")
        assert "customer status none: C3, no deal held changes it\n" in out
        assert "known: " not in out

    def test_evidence_is_replayed_as_its_records(self, run, tmp_path, history):
        path = tmp_path / "evidence.jsonl"
        path.write_text("".join(f"{dumps(found)}\n" for found in from_stream(HISTORY)))
        assert (
            run("replay", str(path))[1].partition("Not used")[0]
            == (run("replay", history)[1].partition("Not used")[0])
        )

    def test_ids_that_look_alike_are_told_apart(self, run, history):
        assert run("explain", history, "7")[0] == 2
        assert "D-2" in run("explain", history, '"7"')[1]


class TestRulesAndLabels:
    """The tables and the labels, from the rows."""

    def test_rules_as_text_name_every_id(self, run):
        _, out, _ = run("rules")
        for id_ in ["P1", "P4", "C3", "M5", "E6", "W10", "G3", "Q1"]:
            assert f"\n{id_} " in out
        assert "M5" not in run("rules", "--policy", "sell")[1]

    def test_rules_as_markdown_of_one_policy_leave_out_the_others(self, run):
        _, out, _ = run("rules", "--markdown", "--policy", "teamgate")
        assert "| M5 |" in out
        assert "| M4 |" not in out

    def test_rules_as_mermaid_are_two_diagrams(self, run):
        _, out, _ = run("rules", "--mermaid")
        assert out.count("stateDiagram-v2") == 2
        assert "current --> past: M3" in out

    def test_labels_are_a_table_of_languages(self, run):
        _, out, _ = run("labels")
        assert "Client actuel" in out
        assert run("labels", "--locale", "it")[1].splitlines()[0].split() == ["status", "it"]


class TestExampleYear:
    """The example data is what its script makes, and it is a year worth looking at."""

    def test_the_script_makes_it_again(self, tmp_path):
        made = tmp_path / "year.jsonl"
        subprocess.run(
            [sys.executable, ROOT / "examples" / "simulate_year.py", made],
            check=True,
            capture_output=True,
        )
        assert made.read_text() == YEAR.read_text()

    def test_it_has_every_kind_of_record_and_of_refusal(self):
        lines = list(read_lines(YEAR.read_bytes().splitlines()))
        everything = [line.value for line in lines if line.error is None]
        assert isinstance(everything[0], LeadSaved)  # the year begins with leads
        records = [record for record in everything if not isinstance(record, LeadSaved)]
        result = replay(records, on_refusal="collect")
        assert sum(line.error is not None for line in lines) == 4
        assert {type(record).__name__ for record in records} == {
            "Entry",
            "DealSaved",
            "DealDeleted",
            "EmployeeMoved",
        }
        rules = {rule for refused in result.refused for rule in getattr(refused.error, "rules", ())}
        assert rules == {"M1", "M2", "E4"}
        assert {type(refused.error).__name__ for refused in result.refused} == {
            "GuardError",
            "HistoryError",
        }
        pairs = {(status.prospect, status.customer) for status in result.statuses.values()}
        assert len(pairs) == 9

    def test_the_demo_shows_the_main_job(self, run):
        code, out, _ = run("demo")
        assert code == 0
        assert out.count("\n$ salesstatus ") == 5
        assert len(out.splitlines()) <= 58  # and two lines of dev.py
        assert "\n…\n  lost\n    title " in out  # the gap ends where the losses begin
        assert "\n…\ncompany 1010 " in out
        assert max(map(len, out.splitlines())) <= 100


class TestTerminals:
    """Readable on a dumb terminal, in a pipe, and when the reader has seen enough."""

    def run(self, words, **kwargs):
        return subprocess.run(
            [sys.executable, "-m", "salesstatus", *words],
            cwd=ROOT,
            capture_output=True,
            check=False,
            **kwargs,
        )

    def test_no_escape_codes_and_no_progress_in_a_pipe(self):
        done = self.run(["replay", str(YEAR)])
        assert b"\x1b" not in done.stdout + done.stderr
        assert done.stderr == b""

    def test_an_ascii_terminal_gets_escapes_and_no_traceback(self):
        done = self.run(
            ["explain", str(YEAR), "river-mills"], env={**os.environ, "PYTHONIOENCODING": "ascii"}
        )
        assert done.returncode == 0
        assert b"\\u2192" in done.stdout

    def test_a_reader_who_leaves_early_causes_no_noise(self):
        words = f"{sys.executable} -m salesstatus replay {YEAR} --json | head -n 1"
        done = subprocess.run(["bash", "-c", words], cwd=ROOT, capture_output=True, check=False)
        assert done.stderr == b""
        assert json.loads(done.stdout)

    def test_progress_goes_to_a_terminal_on_long_input(self, tmp_path):
        path = tmp_path / "long.jsonl"
        lines = [
            dumps(Entry(may(1), "ann", DealAssociated("D-1"))),
            dumps(Entry(may(1), "ann", DealDissociated("D-1"))),
        ]
        path.write_text("\n".join(lines * 30_000))
        master, slave = pty.openpty()
        done = subprocess.run(
            [sys.executable, "-m", "salesstatus", "replay", path],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=slave,
            check=False,
        )
        os.close(slave)
        assert os.read(master, 1000).startswith(b"\r50,000 lines")
        os.close(master)
        assert done.returncode == 0
        assert b"60000 records used." in done.stdout

    def test_every_command_has_help_worth_reading(self, run):
        for words in (
            ["--help"],
            ["replay", "--help"],
            ["explain", "--help"],
            ["rules", "--help"],
            ["labels", "--help"],
        ):
            code, out, _ = run(*words)
            assert code == 0
            assert len(out) > 200
