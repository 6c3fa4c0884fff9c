"""The commands about accounts of CRMs, as people at a terminal, jobs in a pipeline and full disks
use and misuse them."""

import csv
import errno
import io
import json
import os
import pty
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import pytest

from salesstatus import CustomerStatus, SalesStatus
from salesstatus.cli import derive, migrate
from salesstatus.crm import sell
from salesstatus.crm.account import Wanted
from salesstatus.crm.evidence import Certainty, Since
from salesstatus.wire import read_lines

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "src" / "salesstatus" / "example" / "sell"
SELL = str(PAGES)
EXAMPLE = sell.read([(page.name, page.read_bytes()) for page in sorted(PAGES.iterdir())])
HOSTILE = "a\x1b[31mb\n\u202ec\udcff"


def body(kind, **data):
    if kind == "deal":
        data.setdefault("associated_contacts", [])
    return json.dumps({"data": data, "meta": {"type": kind}}) + "\n"


STAGES = body("stage", id=1, name="Offen", category="incoming") + body(
    "stage", id=3, name="Won", category="won"
)
ACCOUNT = {
    "stages.json": STAGES,
    "contacts.jsonl": body(
        "contact",
        id=7,
        is_organization=True,
        name="Acme",
        prospect_status="none",
        customer_status="none",
    )
    + body(
        "contact",
        id=8,
        is_organization=False,
        name="Ann Lee",
        prospect_status="none",
        customer_status="past",
    )
    + body(
        "contact",
        id=9,
        is_organization=False,
        name="Bo Day",
        prospect_status="none",
        customer_status="none",
    ),
    "deals.jsonl": body("deal", id=10, contact_id=7, organization_id=None, stage_id=1)
    + body("deal", id=11, contact_id=8, organization_id=None, stage_id=3),
}


@pytest.fixture
def folder(tmp_path):
    """Return what writes a folder with these files, beside or instead of those of a small
    account."""

    def written(files=None, name="export", **more):
        base = tmp_path / name
        for file, content in ({**ACCOUNT, **more} if files is None else files).items():
            path = base / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(
                content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
            )
        base.mkdir(exist_ok=True)
        return base

    return written


def rows(out):
    return [json.loads(line) for line in out.splitlines()]


def process(*words, **how):
    return subprocess.run(
        [sys.executable, "-m", "salesstatus", *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        check=False,
        **how,
    )


def harmless(text):
    """Whether nothing in a text does anything to a terminal."""
    return all(char == "\n" or char.isprintable() for char in text)


class TestExampleAccount:
    """The example account is what its script makes."""

    def test_the_script_makes_it_again(self, tmp_path):
        script = ROOT / "examples" / "simulate_sell.py"
        subprocess.run(
            [sys.executable, script, tmp_path / "made"], check=True, capture_output=True, cwd=ROOT
        )
        assert {page.name: page.read_text() for page in (tmp_path / "made").iterdir()} == {
            page.name: page.read_text() for page in PAGES.iterdir()
        }


class TestAudit:
    """`audit` says which stored statuses are wrong, and writes what would set them right."""

    def test_the_report_is_that_of_the_audit_and_the_exit_code_says_that_somebody_is_accused(
        self, run, unwrapped
    ):
        code, out, err = run("audit", SELL, "--crm", "sell")
        assert (code, unwrapped(out), err) == (1, f"{EXAMPLE.audited().text()}\n", "")
        assert max(map(len, out.splitlines())) <= 100

    def test_an_account_that_is_right_exits_with_zero(self, run, folder):
        files = {**ACCOUNT, "deals.jsonl": ""}
        code, out, err = run("audit", str(folder(files) / "contacts.jsonl"))
        assert (code, err) == (0, "")
        assert out.startswith("3 contacts, 0 deals: 0 accused")

    def test_a_line_that_is_not_used_is_said_and_accuses_nobody(self, run, folder):
        place = folder({"contacts.jsonl": ACCOUNT["contacts.jsonl"] + "<html>\n"})
        code, _, err = run("audit", str(place))
        assert code == 0
        assert err.startswith("1 oddity: 1 not used\n")
        assert "contacts.jsonl line 4: expected JSON, got HTML or XML" in err
        assert "1 not used" in err

    def test_json_holds_the_findings_and_the_counts(self, run):
        code, out, _ = run("audit", SELL, "--json", "--limit", "1")
        audited = EXAMPLE.audited()
        assert code == 1
        assert rows(out)[:-1] == list(audited.rows(healthy=False))
        assert rows(out)[-1] == {
            "counts": {member.value: number for member, number in audited.counts.items()}
        }

    @pytest.mark.parametrize("limit", [0, 1, 2])
    def test_the_limit_is_that_of_each_kind(self, run, folder, unwrapped, limit):
        contacts = ACCOUNT["contacts.jsonl"].replace(
            '"prospect_status": "none"', '"prospect_status": "x"'
        )
        _, out, err = run(
            "audit", str(folder(**{"contacts.jsonl": contacts})), "--limit", str(limit)
        )
        assert (
            unwrapped(out)
            == f"{sell.read({**ACCOUNT, 'contacts.jsonl': contacts}).audited().text(limit=limit)}\n"
        )
        assert sum(line.startswith("  contacts") for line in err.splitlines()) == limit
        assert "3 × left out: expected a prospect status: none, current, lost" in err

    @pytest.mark.parametrize("limit", ["-1", "x", "1.5", "", "²", "9" * 5000])
    @pytest.mark.parametrize("command", ["audit", "derive", "migrate"])
    def test_a_limit_that_is_none(self, run, command, limit):
        code, out, err = run(command, SELL, f"--limit={limit}")
        assert (code, out) == (2, "")
        assert "is not a number from 0 on" in err

    def test_the_policy_changes_the_outcome(self, run):
        assert (
            "no accepted event" not in run("audit", SELL, "--policy", "teamgate", "--limit", "0")[1]
        )
        assert run("audit", SELL, "--policy", "teamgate")[1] != run("audit", SELL)[1]
        assert run("audit", SELL, "--policy", "x")[0] == 2

    @pytest.mark.parametrize("said", ["Gewonnen=won", "gewonnen=won", "99=won", "a=b=won"])
    def test_stages_are_said_by_name_and_by_id(self, run, folder, said):
        stages = body("stage", id=99, name="a=b" if said.startswith("a") else "Gewonnen")
        place = folder(
            **{"stages.json": stages, "deals.jsonl": body("deal", id=1, contact_id=7, stage_id=99)}
        )
        assert rows(run("derive", str(place), "--json")[1])[0]["customer"] == "none"
        assert (
            rows(run("derive", str(place), "--json", "--stage", said)[1])[0]["customer"]
            == "current"
        )

    @pytest.mark.parametrize("said", ["won", "=won", "Won=", "Won=gained", "", "9" * 5000 + "=won"])
    def test_stages_that_are_said_wrongly(self, run, said):
        code, out, err = run("audit", SELL, "--stage", said)
        assert (code, out) == (2, "")
        assert "--stage" in err

    def test_the_patch_goes_to_a_new_file_beside_the_report(self, run, tmp_path, unwrapped):
        patch = tmp_path / "patch.jsonl"
        code, out, _ = run("audit", SELL, "--patch", str(patch))
        assert (code, unwrapped(out)) == (1, f"{EXAMPLE.audited().text()}\n")
        assert [row["path"] for row in rows(patch.read_text())] == [
            f"/v2/contacts/{id_}" for id_ in (1010, 1011, 1020)
        ]

    def test_the_patch_alone_goes_to_standard_output_and_the_report_beside_it(
        self, run, tmp_path, unwrapped
    ):
        run("audit", SELL, "--patch", str(tmp_path / "patch"))
        code, out, err = run("audit", SELL, "--patch", "-")
        assert (code, out) == (1, (tmp_path / "patch").read_text())
        assert unwrapped(err) == f"{EXAMPLE.audited().text()}\n"
        _, out, err = run("audit", SELL, "--patch", "-", "--json")
        assert {row["method"] for row in rows(out)} == {"PUT"}
        assert "counts" in rows(err)[-1]

    def test_suspects_are_patched_if_asked_for(self, run):
        accused, suspects = (
            run("audit", SELL, "--patch", "-"),
            run("audit", SELL, "--patch", "-", "--suspects"),
        )
        assert rows(suspects[1]) == list(sell.patch(EXAMPLE.audited().patch(suspects=True)))
        assert len(rows(suspects[1])) > len(rows(accused[1]))

    @pytest.mark.parametrize("words", [["audit", SELL, "--patch"], ["migrate", SELL, "--output"]])
    def test_a_file_that_exists_is_not_written_over_and_nothing_is_read_before_that_is_said(
        self, run, tmp_path, monkeypatch, words
    ):
        monkeypatch.setattr(sell.Reading, "take", None)
        (tmp_path / "there").write_text("mine")
        code, out, err = run(*words, str(tmp_path / "there"))
        assert (code, out) == (2, "")
        assert err == f"salesstatus: {tmp_path}/there: exists already, and is not written over\n"
        assert (tmp_path / "there").read_text() == "mine"
        code, _, err = run(*words, str(tmp_path / "none" / "there"))
        assert (code, err) == (
            2,
            f"salesstatus: {tmp_path}/none/there: No such file or directory\n",
        )


class TestDerive:
    """`derive` says what every contact is by its deals."""

    def test_the_table_has_a_line_for_each_contact(self, run):
        code, out, err = run("derive", SELL)
        lines = out.splitlines()
        assert (code, err) == (0, "")
        assert lines[0].split() == ["contact", "name", "prospect", "customer", "deals"]
        assert [int(line.split()[0]) for line in lines[1:]] == sorted(EXAMPLE.derived())
        assert "River Bakery      Current Prospect  Current Customer  5" in lines[1]

    def test_labels_come_in_other_languages(self, run):
        assert "Client actuel" in run("derive", SELL, "--locale", "fr")[1]
        assert run("derive", SELL, "--locale", "xx")[0] == 2

    def test_json_has_a_line_for_each_contact_with_its_deals(self, run):
        code, out, _ = run("derive", SELL, "--json")
        assert code == 0
        expected = EXAMPLE.derived()
        assert [row["contact"] for row in rows(out)] == sorted(expected)
        for row in rows(out):
            status = expected[row["contact"]]
            assert (row["prospect"], row["customer"]) == (
                status.prospect.value,
                status.customer.value,
            )
            assert row["deals"] == sorted(status.deals)

    @pytest.mark.parametrize("form", [[], ["--json"]])
    def test_undecided_deals_are_told_and_their_contacts_are_not(self, run, folder, form):
        deals = "".join(
            body("deal", id=n, contact_id=8, organization_id=7, stage_id=99) for n in range(10, 15)
        )
        code, out, err = run("derive", str(folder(**{"deals.jsonl": deals})), "--limit", "2", *form)
        assert code == 1
        assert "Bo Day" in out
        assert "Ann Lee" not in out
        said = "deal 10: stage 99, which the data does not have, so nothing is derived for"
        assert said in err
        assert "deal 12: it is in" not in err
        assert "… and 3 more deals of unknown status\n" in err

    def test_the_past_is_written_with_how_sure_it_is_and_explained_so(self, run, tmp_path):
        file = tmp_path / "past.jsonl"
        assert run("derive", SELL, "--history", str(file))[0] == 0
        evidence = [line.value for line in read_lines(file.read_bytes().splitlines())]
        expected = [(found.at, found.certainty, found.code) for found in EXAMPLE.evidence()]
        assert [(found.at, found.certainty, found.code) for found in evidence] == expected
        assert run("replay", str(file), "--json")[0] == 0
        sold = next(found for found in evidence if found.certainty is Certainty.ASSUMED)
        code, out, _ = run("explain", str(file), str(sold.record.deal.primary))
        assert (code, " assumed " in out) == (0, True)
        assert run("derive", SELL, "--history", str(file))[0] == 2  # it is there already

    def test_what_is_later_than_the_export_is_told_and_no_event(self, run, folder):
        deals = body(
            "deal", id=1, contact_id=8, stage_id=9, last_stage_change_at="2027-05-04T00:00:00Z"
        )
        stages = body("stage", id=9, category="won", name="Won")
        place = str(folder(**{"deals.jsonl": deals, "stages.jsonl": stages}))
        when = ("--exported-at", "2026-05-04T00:00:00Z")
        code, out, err = run("derive", place, "--since", *when)
        assert code == 0
        assert "2026-05-04 seen" in out
        said = "deal 1 $.changed_at: expected nothing later than the look, got 2027-05-04"
        assert said in " ".join(err.split())
        assert "later than the look" not in run("derive", place)[2]

    def test_contacts_that_nobody_sent_are_told_without_a_name(self, run, folder):
        code, out, err = run("derive", str(folder(**{"contacts.jsonl": "[]"})), "--json")
        assert code == 1
        assert [(row["contact"], row["name"]) for row in rows(out)] == [(7, ""), (8, "")]
        assert "no contact 7" in err


class TestMigrate:
    """`migrate` writes rows that another CRM imports, and says what is lost."""

    @pytest.mark.parametrize("to", ["neutral", "hubspot", "pipedrive", "salesforce"])
    def test_csv_and_json_for_each_destination(self, run, tmp_path, to):
        code, out, err = run("migrate", SELL, "--to", to)
        assert code == 0
        assert f"{len(EXAMPLE.contacts)} contacts for " in err
        assert "Lost for each contact:\n  the statuses are those of one moment" in err
        table = list(csv.DictReader(io.StringIO(out, newline="")))
        assert out.count("\r\n") == out.count("\n") == len(table) + 1
        again = tmp_path / "out.csv"
        assert run("migrate", SELL, "--to", to, "--output", str(again))[:2] == (0, "")
        assert again.read_bytes().decode() == out
        lines = rows(run("migrate", SELL, "--to", to, "--json", "--output", "-")[1])
        assert len(lines) == len(table)

    @pytest.mark.parametrize("which", ["mended", "stored", "derived"])
    def test_the_statuses_are_those_that_were_asked_for(self, run, which):
        _, out, _ = run("migrate", SELL, "--statuses", which)
        found = {
            int(row["contact_id"]): (row["prospect_status"], row["customer_status"])
            for row in csv.DictReader(io.StringIO(out, newline=""))
        }
        expected = EXAMPLE.statuses(which=which)
        assert found == {
            id_: (status.prospect.value, status.customer.value) for id_, status in expected.items()
        }

    def test_how_often_something_is_lost_is_said_of_the_most_frequent(self, run):
        _, _, err = run("migrate", SELL, "--to", "hubspot", "--limit", "1")
        assert sum(" × " in line for line in err.splitlines()) == 1

    def test_contacts_that_are_left_out_are_counted(self, run, folder):
        contacts = body("contact", id=7, is_organization=True) + body(
            "contact", id=8, is_organization=True
        )
        deals = body("deal", id=10, contact_id=7, organization_id=None, stage_id=99)
        code, out, err = run(
            "migrate", str(folder(**{"contacts.jsonl": contacts, "deals.jsonl": deals}))
        )
        assert code == 1
        assert [row["contact_id"] for row in csv.DictReader(io.StringIO(out, newline=""))] == ["8"]
        assert "\n1 contact left out: with deals of unknown status\n" in err

    def test_a_terminal_is_shown_cells_without_escapes(self, run, folder, monkeypatch):
        contacts = body(
            "contact", id=7, is_organization=True, name="Acme \x1b[2J\n\u3000\u202e", email="a\rb"
        )
        place = str(folder({"contacts.jsonl": contacts}))
        _, out, _ = run("migrate", place)
        assert "\x1b" in out
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        _, out, _ = run("migrate", place)
        assert len(out.splitlines()) == 2
        assert harmless(out.replace("\u3000", ""))
        assert r"\x1b[2J\n" in out

    def test_a_half_written_file_does_not_stay(self, run, folder, tmp_path, monkeypatch):
        def full(*_):
            yield "contact_id\r\n"
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(migrate, "written_csv", full)
        code, out, err = run("migrate", str(folder()), "--output", str(tmp_path / "out.csv"))
        assert (code, out) == (2, "")
        assert err == f"salesstatus: {tmp_path}/out.csv: No space left on device\n"
        assert not (tmp_path / "out.csv").exists()

    @pytest.mark.parametrize("words", [["migrate", "--output"], ["audit", "--patch"]])
    def test_a_file_does_not_stay_if_nothing_could_be_read(self, run, folder, tmp_path, words):
        code, _, _ = run(
            words[0], str(folder({"contacts.json": "<html>"})), words[1], str(tmp_path / "out")
        )
        assert code == 2
        assert not (tmp_path / "out").exists()


class TestFiles:
    """Which files are read, each once, and what is said of the others."""

    def derived(self, run, *words):
        code, out, err = run("derive", "--json", *map(str, words))
        return code, [row["contact"] for row in rows(out)], err

    def test_files_are_named_as_well_as_folders(self, run, folder):
        place = folder()
        assert self.derived(run, *place.iterdir()) == self.derived(run, place) == (0, [7, 8, 9], "")

    def test_a_file_that_is_named_twice_is_read_once(self, run, folder):
        place = folder()
        (place / "again.jsonl").symlink_to(place / "contacts.jsonl")
        assert self.derived(
            run, place, place / "contacts.jsonl", place, place / ".." / "export"
        ) == (0, [7, 8, 9], "")

    def test_files_of_one_name_are_told_apart_by_their_folders(
        self, run, folder, tmp_path, monkeypatch
    ):
        for name, content in (("a", "<a>"), ("b", "<b>"), ("c", ACCOUNT["contacts.jsonl"])):
            folder({"contacts.json": content}, name)
        monkeypatch.chdir(tmp_path)
        code, contacts, err = self.derived(run, "a", "b/contacts.json", "c")
        assert (code, contacts) == (1, [7, 8, 9])
        assert "  a/contacts.json line 1: expected JSON" in err
        assert "  b/contacts.json line 1: expected JSON" in err

    def test_folders_in_folders_are_read_and_say_what_is_in_them(self, run, folder):
        deals = folder(
            {
                "contacts/1.json": '{"data": {"id": 1}}',
                "x.json/contacts-2.json": '{"data": {"id": 2}}',
            }
        )
        code, contacts, _ = self.derived(run, deals)
        assert (code, contacts) == (0, [1, 2])
        assert self.derived(run, deals / "x.json")[1] == [2]

    def test_a_hundred_pages_are_one_account(self, run, folder):
        files = {
            f"contacts-{n}.json": json.dumps(
                {"items": [json.loads(body("contact", id=n, name=f"n{n}", is_organization=True))]}
            )
            for n in range(1, 101)
        }
        assert self.derived(run, folder(files)) == (0, list(range(1, 101)), "")

    def test_what_is_passed_over_is_said_and_hidden_files_are_not(
        self, run, folder, tmp_path, unwrapped
    ):
        place = folder(
            **{
                "a.pdf": b"%PDF",
                "notes.xlsx": b"PK",
                ".hidden.json": "<html>",
                ".git/contacts.json": "<html>",
                "z": "",
            }
        )
        (tmp_path / "elsewhere").mkdir()
        (place / "linked").symlink_to(tmp_path / "elsewhere")
        (place / "nowhere.json").symlink_to(tmp_path / "nothing")
        (place / "folder.json").mkdir()
        os.mkfifo(place / "pipe.json")
        code, contacts, err = self.derived(run, place)
        assert (code, contacts) == (0, [7, 8, 9])
        endings = ".csv, .json, .jsonl, .ndjson, .tsv, .txt"
        said = f"not read, because their names do not end in {endings}: "
        assert unwrapped(err) == f"{said}linked, a.pdf, notes.xlsx, nowhere.json, pipe.json, z\n"
        _, _, err = self.derived(run, place, "--limit", 2)
        assert unwrapped(err) == f"{said}linked, a.pdf and 4 more\n"

    def test_endings_in_capitals_are_endings(self, run, folder):
        assert self.derived(run, folder({"CONTACTS.JSONL": body("contact", id=1)}))[1] == [1]

    def test_a_link_to_a_file_is_read(self, run, folder, tmp_path):
        place = folder({"deals.jsonl": ""})
        (tmp_path / "real").write_text(ACCOUNT["contacts.jsonl"])
        (place / "contacts.jsonl").symlink_to(tmp_path / "real")
        assert self.derived(run, place)[1] == [7, 8, 9]

    def test_a_pipe_that_is_named_is_read(self, run, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        writer = threading.Thread(
            target=lambda: (tmp_path / "pipe").write_text(ACCOUNT["contacts.jsonl"])
        )
        writer.start()
        assert self.derived(run, tmp_path / "pipe") == (0, [7, 8, 9], "")
        writer.join()

    def test_csv_and_json_of_one_name_are_two_files(self, run, folder):
        place = folder(
            {
                "contacts.json": ACCOUNT["contacts.jsonl"],
                "contacts.csv": "<html>",
                "contacts.txt": "<html>",
            }
        )
        code, contacts, err = self.derived(run, place)
        assert (code, contacts) == (1, [7, 8, 9])
        assert "contacts.csv" in err
        assert "contacts.txt" in err

    @pytest.mark.parametrize(
        ("path", "why"),
        [
            ("none.json", "No such file or directory"),
            ("contacts.jsonl/x", "Not a directory"),
            ("x" * 5000, "File name too long"),
            ("loop", "Too many levels of symbolic links"),
        ],
    )
    @pytest.mark.parametrize("command", ["audit", "derive", "migrate"])
    def test_what_is_not_there(self, run, folder, command, path, why):
        place = folder()
        (place / "loop").symlink_to(place / "loop")
        assert run(command, str(place / path)) == (2, "", f"salesstatus: {place / path}: {why}\n")

    def test_a_folder_without_files(self, run, folder):
        place = folder({"readme.md": ""})
        code, out, err = run("audit", str(place))
        assert (code, out) == (2, "")
        assert err.startswith("not read, because their names do not end in")
        assert err.endswith(
            f"{place}: no file that ends in .csv, .json, .jsonl, .ndjson, .tsv, .txt\n"
        )

    def test_standard_input_is_not_read(self, run):
        code, out, err = run("audit", "-")
        assert (code, out) == (2, "")
        assert (
            err
            == "salesstatus: -: standard input is not read, because an account is several files; give files or folders\n"
        )

    def test_a_device_is_no_file(self, run):
        assert run("audit", "/dev/null") == (
            2,
            "",
            "salesstatus: /dev/null: neither a file nor a folder\n",
        )

    def failing(self, monkeypatch, owner, name, wanted):
        real = getattr(owner, name)

        def fails(path, *words, **more):
            if str(path).endswith(wanted):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return real(path, *words, **more)

        monkeypatch.setattr(owner, name, fails)

    @pytest.mark.parametrize(("owner", "name"), [(Path, "open"), (Path, "stat")])
    def test_a_file_that_may_not_be_read_ends_the_command(
        self, run, folder, monkeypatch, owner, name
    ):
        place = folder()
        self.failing(monkeypatch, owner, name, "deals.jsonl")
        code, out, err = run("audit", str(place))
        assert (code, out, err) == (2, "", f"salesstatus: {place}/deals.jsonl: Permission denied\n")

    def test_a_folder_that_may_not_be_read_ends_the_command(self, run, folder, monkeypatch):
        place = folder(**{"more/x.json": "[]"})
        self.failing(monkeypatch, os, "scandir", "more")
        code, out, err = run("audit", str(place))
        assert (code, out, err) == (2, "", f"salesstatus: {place}/more: Permission denied\n")

    def test_a_file_whose_disk_fails_ends_the_command(self, run, folder, monkeypatch):
        place = folder()

        def take(*_):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        monkeypatch.setattr(sell.Reading, "take", take)
        assert run("audit", str(place)) == (
            2,
            "",
            f"salesstatus: {place}/stages.json: Input/output error\n",
        )

    def test_stages_are_read_before_deals(self, run, folder):
        code, _, err = self.derived(run, folder(**{"a/deals-2.json": "[]", "z/Stages.json": "[]"}))
        assert (code, err) == (0, "")


class TestNothingUsed:
    """Where nothing is a record nothing can be done; an account that is empty is an account."""

    @pytest.mark.parametrize(
        "content",
        [b"<html>", b"", b"\x89PNG\r\n\x1a\n\x00", b"7", b'{"error": "no"}', b"\xff\xfe" * 50],
    )
    @pytest.mark.parametrize("command", ["audit", "derive", "migrate"])
    def test_files_without_records(self, run, folder, command, content):
        place = folder({"contacts.json": content})
        code, out, err = run(command, str(place))
        assert (code, out) == (2, "")
        said = f"salesstatus: {place}: it holds no record of Zendesk Sell; contacts.json"
        assert err.startswith(said)
        assert (": expected " in err, err.count("\n")) == (True, 1)

    def test_the_sentence_counts_the_oddities_and_has_the_first_one(self, run, tmp_path):
        path = tmp_path / "x.jsonl"
        path.write_text("7\nnull\n")
        code, out, err = run("audit", str(path))
        assert (code, out) == (2, "")
        assert err.startswith(
            f"salesstatus: {path}: it holds no record of Zendesk Sell; the first of 2 oddities, "
            "line 1: expected "
        )
        assert err.count("\n") == 1

    def test_an_account_of_another_crm(self, run):
        code, out, err = run("audit", SELL, "--crm", "bitrix24")
        assert code == 2
        assert out == ""
        assert "it holds no record of Bitrix24" in err

    @pytest.mark.parametrize("content", ["[]", '{"items": []}'])
    def test_an_account_without_records(self, run, folder, content):
        place = str(folder({"contacts.json": content}))
        assert run("derive", place) == (0, "contact  name  prospect  customer  deals\n", "")
        assert run("audit", place)[0] == 0
        assert run("audit", place)[1].startswith("0 contacts, 0 deals: 0 accused")


BITRIX24 = {
    "crm.status.list.json": '{"result": [{"ENTITY_ID": "DEAL_STAGE", "STATUS_ID": "WON", "NAME": "Won", "EXTRA": {"SEMANTICS": "success"}, "SEMANTICS": "S"}]}',
    "crm.company.list.json": '{"result": [{"ID": "9", "TITLE": "Acme", "UF_CRM_1": "Lost Prospect", "UF_CRM_2": "Current Customer"}]}',
    "crm.deal.list.json": '{"result": [{"ID": "410", "TITLE": "D", "STAGE_ID": "WON", "COMPANY_ID": "9", "CONTACT_ID": "8"}]}',
    "crm.contact.list.json": '{"result": [{"ID": "8", "LAST_NAME": "Lee", "UF_CRM_1": "", "UF_CRM_2": "Non Customer"}]}',
}


class TestBitrix24:
    """Accounts of Bitrix24, whose statuses stand in custom fields."""

    FIELDS = ("--prospect-field", "UF_CRM_1", "--customer-field", "UF_CRM_2")

    def test_derived_statuses(self, run, folder):
        _, out, err = run("derive", str(folder(BITRIX24)), "--crm", "bitrix24", "--json")
        assert {row["contact"]: row["customer"] for row in rows(out)} == {
            8: "current",
            "company-9": "current",
        }, err

    def test_the_audit_and_its_patch_go_by_the_fields(self, run, folder):
        code, out, err = run(
            "audit", str(folder(BITRIX24)), "--crm", "bitrix24", *self.FIELDS, "--patch", "-"
        )
        assert code == 1, err
        assert {row["method"] for row in rows(out)} <= {"crm.company.update", "crm.contact.update"}
        changed = {row["params"]["id"]: row["params"]["fields"] for row in rows(out)}
        assert changed[9].keys() <= {"UF_CRM_1", "UF_CRM_2"}

    @pytest.mark.parametrize(
        ("crm", "option", "value"),
        [
            ("bitrix24", "--stage", "Won=won"),
            ("sell", "--prospect-field", "UF_CRM_1"),
            ("sell", "--customer-field", "UF_CRM_1"),
        ],
    )
    def test_an_option_of_the_other_crm_is_refused(self, run, folder, crm, option, value):
        code, out, err = run("audit", str(folder()), "--crm", crm, option, value)
        assert (code, out) == (2, "")
        assert err.startswith(f"salesstatus: {option} is an option for --crm ")

    def test_a_field_that_is_none(self, run, folder):
        code, _, err = run(
            "audit", str(folder(BITRIX24)), "--crm", "bitrix24", "--prospect-field", "x"
        )
        assert code == 2
        assert "prospect_field: expected the key of a custom field" in err


class TestHostileText:
    """Nothing from a file or its name reaches a terminal raw."""

    def test_names_of_files(self, run, folder):
        place = folder(
            {f"contacts-{HOSTILE}.json": body("contact", id="7", name="x"), f"{HOSTILE}.pdf": ""}
        )
        for command in ("audit", "derive", "migrate"):
            code, out, err = run(command, str(place))
            assert code == 0
            assert harmless(out.replace("\r", "") + err)
            assert r"a\x1b[31mb\n\u202ec\udcff.pdf" in err
            assert ".json line 1 $.data.id: expected an id" in err

    def test_names_of_what_cannot_be_read(self, run, folder):
        place = folder({f"{HOSTILE}.json": "<html>"})
        for path in (place / f"{HOSTILE}.json", place / HOSTILE):
            code, _, err = run("audit", str(path))
            assert code == 2
            assert harmless(err)

    def test_names_of_contacts_and_keys(self, run, folder):
        contacts = body(
            "contact",
            id=7,
            name=HOSTILE + "\u3000氏名",
            prospect_status=HOSTILE,
            customer_status="none",
        )
        contacts += '{"data": {"id": 8, "\\u001b[31m": 1, "custom_fields": {"\\u001b]0;x": {}}}, "meta": {"type": "contact"}}\n'
        contacts += '{"data": {"id": 9}, "meta": {"type": "\\u001b[31m"}}\n{"errors": [{"error": {"code": "\\u001b[31m"}}]}\n'
        deals = body(
            "deal",
            id=1,
            contact_id=7,
            organization_id=None,
            stage_id=3,
            tags=[HOSTILE],
            currency=HOSTILE,
        )
        place = str(folder(**{"contacts.jsonl": contacts, "deals.jsonl": deals}))
        for words in (
            ["audit"],
            ["derive"],
            ["audit", "--json"],
            ["derive", "--json"],
            ["migrate", "--json"],
        ):
            _, out, err = run(words[0], place, *words[1:])
            assert harmless((out + err).replace("\u3000", ""))
        assert "c\\udcff\u3000氏名" in run("derive", place)[1]

    def test_names_of_outputs(self, run, folder, tmp_path):
        for words in (["audit", "--patch"], ["migrate", "--output"]):
            (tmp_path / HOSTILE).write_text("not ours")
            code, _, err = run(words[0], str(folder()), words[1], str(tmp_path / HOSTILE))
            assert code == 2
            assert harmless(err)
            assert (tmp_path / HOSTILE).read_text() == "not ours"


class TestTerminals:
    """Progress for people, none for jobs, and no noise when a reader leaves."""

    def test_a_terminal_sees_how_far_it_is(self, run, folder, monkeypatch):
        place = folder(**{f"deals-{HOSTILE}.json": "[]"})
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        code, out, err = run("derive", str(place), "--json")
        assert (code, len(rows(out))) == (0, 3)
        shown = err.split("\r\x1b[K")
        assert shown[0] == shown[-1] == ""
        assert "file 1 of 4: stages.json, 100 %" in shown
        assert r"file 3 of 4: deals-a\x1b[31mb\n\u202ec\udcff.json, 100 %" in shown
        assert all(map(harmless, shown))

    def test_a_long_file_is_told_in_parts(self, run, folder, monkeypatch):
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        place = folder({"contacts.jsonl": ACCOUNT["contacts.jsonl"] + "\n" * (1 << 22)})
        assert "file 1 of 1: contacts.jsonl, 24 %" in run("derive", str(place))[2]

    def test_progress_on_what_has_no_size(self, run, tmp_path, monkeypatch):
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        os.mkfifo(tmp_path / "contacts")
        writer = threading.Thread(
            target=lambda: (tmp_path / "contacts").write_text(ACCOUNT["contacts.jsonl"])
        )
        writer.start()
        code, _, err = run("derive", str(tmp_path / "contacts"))
        writer.join()
        assert code == 0
        assert "file 1 of 1: contacts\r" in err

    def test_the_line_is_cleared_before_an_error(self, run, folder, monkeypatch):
        def take(*_):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        monkeypatch.setattr(sell.Reading, "take", take)
        _, _, err = run("audit", str(folder()))
        assert err.startswith("\r\x1b[Ksalesstatus: ")

    def test_a_real_terminal(self, folder):
        master, slave = pty.openpty()
        done = subprocess.run(
            [sys.executable, "-m", "salesstatus", "derive", folder()],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=slave,
            check=False,
        )
        os.close(slave)
        assert b"file 1 of 3: stages.json" in os.read(master, 10_000)
        os.close(master)
        assert done.returncode == 0

    @pytest.mark.parametrize("command", ["audit", "derive", "migrate"])
    def test_no_escape_codes_and_no_progress_in_a_pipe(self, command):
        done = process(command, SELL)
        assert b"\x1b" not in done.stdout + done.stderr
        assert b"file 1" not in done.stderr

    @pytest.mark.parametrize(
        "words", ["audit --json", "derive --json", "migrate --json", "audit --patch - --suspects"]
    )
    def test_a_reader_who_leaves_early_causes_no_noise(self, folder, words):
        contacts = "".join(
            body(
                "contact",
                id=n,
                is_organization=True,
                name=f"n{n}",
                prospect_status="lost",
                customer_status="past",
            )
            for n in range(3000)
        )
        place = folder({"contacts.jsonl": contacts})
        command = f"{sys.executable} -m salesstatus {words} {place} | head -n 1"
        done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, check=False)
        assert b"Traceback" not in done.stderr
        assert b"Broken pipe" not in done.stderr
        assert json.loads(done.stdout)

    def test_an_ascii_terminal_gets_escapes_and_no_traceback(self, folder):
        place = folder(
            {"contacts.jsonl": body("contact", id=7, is_organization=True, name="Müller")}
        )
        done = process("derive", place, env={**os.environ, "PYTHONIOENCODING": "ascii"})
        assert done.returncode == 0
        assert b"M\\xfcller" in done.stdout

    @pytest.mark.parametrize("command", ["audit", "derive", "migrate"])
    def test_every_command_has_help_worth_reading(self, run, command):
        code, out, _ = run(command, "--help")
        assert code == 0
        assert "--limit" in out
        assert len(out) > 1000

    def test_a_full_disk_behind_standard_output_is_one_line(self):
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                [sys.executable, "-m", "salesstatus", "derive", SELL],
                cwd=ROOT,
                stdout=full,
                stderr=subprocess.PIPE,
                check=False,
            )
        assert done.returncode == 2
        assert done.stderr == b"salesstatus: No space left on device\n"


class TestMemory:
    """A file is read in pieces, and statuses alone are kept where nothing else is wanted."""

    def test_no_content_is_read_whole(self, run, folder, monkeypatch):
        sizes = []

        class Pieces(io.FileIO):
            def read(self, size=-1):
                sizes.append(size)
                return super().read(size)

        real = Path.open
        monkeypatch.setattr(
            Path,
            "open",
            lambda path, mode="r", **more: (
                Pieces(path) if mode == "rb" else real(path, mode, **more)
            ),
        )
        assert run("derive", str(folder()))[0] == 0
        assert len(sizes) > 3
        assert 0 < min(sizes) <= max(sizes) <= 1 << 20

    @pytest.mark.parametrize(
        ("command", "wanted"),
        [("audit", Wanted.STATUSES), ("derive", Wanted.STATUSES), ("migrate", Wanted.ALL)],
    )
    def test_profiles_are_read_for_a_migration_only(self, run, monkeypatch, command, wanted):
        asked, real = [], sell.Reading

        def made(**arguments):
            asked.append(arguments["wanted"])
            return real(**arguments)

        monkeypatch.setattr(sell, "Reading", made)
        run(command, SELL)
        assert asked == [wanted]


class TestSince:
    """`derive --since` says since when, and how surely that is known."""

    FACTS = (
        STAGES
        + body("contact", id=7, is_organization=True, name="Acme")
        + body("contact", id=8, is_organization=False, name="Ann Lee", contact_id=7)
        + body("contact", id=9, is_organization=False, name="Bo Day")
        + body(
            "deal",
            id=10,
            contact_id=8,
            organization_id=7,
            stage_id=3,
            created_at="2026-01-05T00:00:00Z",
            last_stage_change_at="2026-03-01T00:00:00Z",
        )
    )

    def test_what_is_known_and_what_is_assumed_is_said(self, run, folder):
        code, out, _ = run("derive", str(folder({"all.jsonl": self.FACTS})), "--since", "--json")
        acme, ann, bo = rows(out)
        assert code == 0
        for one in (acme, ann):
            assert one["customer"] == "current"
            assert one["customer_since"]["at"] == "2026-03-01T00:00:00+00:00"
            assert (one["customer_since"]["certainty"], one["customer_since"]["audience"]) == (
                "known",
                "assumed",
            )
        assert bo["prospect_since"] is bo["customer_since"] is None

    def test_as_a_table(self, run, folder):
        _, out, _ = run("derive", str(folder({"all.jsonl": self.FACTS})), "--since")
        assert out.splitlines()[0].split("  ")[-1].strip() == "customer since"
        assert "2026-03-01 known" in out
        assert out.splitlines()[3].split() == [
            "9",
            "Bo",
            "Day",
            "Non",
            "Prospect",
            "Non",
            "Customer",
            "-",
            "-",
        ]
        assert "deals" not in out.splitlines()[0]

    def test_an_account_without_times_says_nothing(self, run, folder):
        _, out, _ = run("derive", str(folder()), "--since", "--json")
        assert all(
            row["customer_since"] is None and row["prospect_since"] is None for row in rows(out)
        )

    def test_a_status_that_the_past_does_not_lead_to_is_not_dated(self):
        assert derive._found({}, 7, SalesStatus(), "customer_since") is None
        other = Since(SalesStatus(customer=CustomerStatus.PAST))
        assert derive._found({7: other}, 7, SalesStatus(), "customer_since") is None


CSV = {
    "contacts.csv": "id,name,is organization,prospect status,created at\n7,Acme,true,none,03/04/2026\n",
    "deals.csv": "id,name,contact id,stage,added on\n1,Pumps,7,Won,05/06/2026\n",
}


class TestCsvExports:
    """What CSV files do not tell of their dates, the command line may."""

    def test_dates_are_not_guessed(self, run, folder):
        _, out, err = run("derive", str(folder(CSV)), "--json")
        assert "got '03/04/2026'; left out" in err
        assert rows(out)[0]["customer"] == "current"

    @pytest.mark.parametrize(
        "words", [["--date-order", "dmy"], ["--csv-locale", "fr"], ["--csv-locale", "en-GB"]]
    )
    def test_their_order_can_be_said(self, run, folder, words):
        _, out, err = run("derive", str(folder(CSV)), "--json", *words)
        assert "left out" not in err
        assert rows(out)[0]["customer"] == "current"

    def test_they_are_no_options_of_the_other_crm(self, run, folder):
        code, _, err = run("derive", str(folder()), "--crm", "bitrix24", "--date-order", "dmy")
        assert code == 2 and "--date-order" in err


class TestInterrupted:
    def test_an_interrupt_is_no_traceback(self, run, monkeypatch):
        def interrupt(*_):
            raise KeyboardInterrupt

        monkeypatch.setattr(derive, "account_of", interrupt)
        assert run("derive", SELL)[0] == 130


class TestGuessedStages:
    """A stage whose meaning could only be guessed is listed first, with the option to say it."""

    CONTACTS = (
        "ID,Name,Is organization,Prospect status,Customer status\n7,Ann Lee,No,None,Current\n"
    )
    DEALS = "ID,Deal name,Stage,Contact ID\n1,Pumps,Closed Won,7\n2,Oil,Closed Won,7\n3,Ore,X,7\n"

    @pytest.mark.parametrize("command", ["audit", "derive", "migrate"])
    def test_the_option_is_that_of_the_command_line(self, run, folder, unwrapped, command):
        place = folder(**{"Contacts.csv": self.CONTACTS, "Deals.csv": self.DEALS})
        _, out, err = run(command, str(place))
        told = unwrapped(out if command == "audit" else err)
        first, second = (line for line in told.splitlines() if line.startswith("stage "))
        assert first == (
            "stage 'Closed Won' of 2 deals may mean won, and nothing says so; say it with "
            "--stage 'Closed Won=won'"
        )
        assert second.endswith("say it with --stage X=open")
        if command != "audit":
            assert told.startswith(first)
        words = ("--stage", "Closed Won=won", "--stage", "X=lost")
        assert "may mean" not in "".join(map(str, run(command, str(place), *words)))


class TestPlainTables:
    """A plain table of deals is enough, and needs no ids."""

    DEALS = "Deal,Company,Status,Created,Closed on\nStore,Acme,won,2026-01-05,2026-02-01\nOil,Beta,open,2026-03-01,\n"

    def test_statuses_and_since_when(self, run, folder):
        place = folder({"deals.csv": self.DEALS}) / "deals.csv"
        code, out, err = run("derive", str(place))
        assert code == 0
        assert [line.split() for line in out.splitlines()[1:]] == [
            ["Acme", "Acme", "Non", "Prospect", "Current", "Customer", "1"],
            ["Beta", "Beta", "Current", "Prospect", "Non", "Customer", "1"],
        ]
        assert "primary contacts and companies only" in err.replace("\n      ", " ")
        found = rows(run("derive", str(place), "--since", "--json")[1])
        assert found[0]["customer_since"]["at"].startswith("2026-02-01")

    @pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
    def test_days_are_those_of_the_zone(self, run, folder, zone):
        place = str(folder({"deals.csv": self.DEALS}) / "deals.csv")
        lines = run("derive", place, "--since", "--zone", zone)[1].splitlines()
        assert lines[1].endswith("2026-02-01 known")
        assert "2026-03-01 assumed" in lines[2]
        (beta,) = (
            row
            for row in rows(run("derive", place, "--since", "--json", "--zone", zone)[1])
            if row["contact"] == "Beta"
        )
        began = datetime(2026, 3, 1, tzinfo=ZoneInfo(zone))
        assert datetime.fromisoformat(beta["prospect_since"]["at"]) == began

    @pytest.mark.parametrize("by_folder", [True, False])
    def test_contacts_beside_them(self, run, folder, by_folder):
        contacts = "ID,Name,Is organization,Customer status\n7,Acme,yes,Past Customer\n"
        place = folder({"deals.csv": self.DEALS, "contacts.csv": contacts})
        paths = [place] if by_folder else [place / "contacts.csv", place / "deals.csv"]
        found = rows(run("derive", *map(str, paths), "--json")[1])
        assert [(row["contact"], row["customer"]) for row in found] == [
            (7, "current"),
            ("Beta", "none"),
        ]
        code, out, _ = run("audit", *map(str, paths), "--json")
        assert code == 0
        assert rows(out)[0]["contact"] == 7

    def test_a_guessed_stage_comes_first_with_its_option(self, run, folder, unwrapped):
        text = "Geschäft;Kunde;Phase\nLaden;Müller;Gewonnen\n".encode("cp1252")
        place = str(folder({"Deals.csv": text}) / "Deals.csv")
        _, out, err = run("derive", place, "--json")
        assert out == ""
        assert unwrapped(err).startswith(
            "stage 'Gewonnen' of 1 deal may mean won, and nothing says so; say it with --stage "
            "Gewonnen=won\n"
        )
        [row] = rows(run("derive", place, "--json", "--stage", "Gewonnen=won")[1])
        assert (row["contact"], row["customer"]) == ("Müller", "current")

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            (
                "Firm~Phase\nAcme~won\n",
                ("--delimiter", "~", "--map", "Firm=company_name", "--map", "Phase=status"),
            ),
            ("Company,Status\nAcme,won\n".encode("utf-16"), ("--encoding", "utf-16")),
            ("Company,Status\nAcme,won\n", ("--crm", "table")),
            (
                "Company,Status,Won on\nAcme,won,04.05.26\n",
                ("--csv-locale", "de", "--zone", "+02:00"),
            ),
            ("ID,Company,Status\n1,Acme,won\n", ()),
        ],
    )
    def test_the_options_of_tables(self, run, folder, text, words):
        place = str(folder({"deals.csv": text}) / "deals.csv")
        code, out, _ = run("derive", place, "--json", *words)
        assert (code, [row["customer"] for row in rows(out)]) == (0, ["current"])

    @pytest.mark.parametrize(
        ("files", "words", "told"),
        [
            ({"deals.csv": DEALS, "deals2.csv": DEALS}, (), "expected one table of deals"),
            (
                {"contacts.csv": "Name\nAnn\n"},
                ("--crm", "table"),
                "expected one table of deals, got none",
            ),
            ({"deals.csv": "Deal,Status\nStore,won\n"}, (), "a column with contacts or companies"),
            ({"deals.csv": "\n"}, ("--crm", "table"), "deals.csv: header: expected a row with"),
            (
                {"deals.csv": DEALS},
                ("--crm", "sell", "--delimiter", ","),
                "--delimiter is an option for --crm table, not for sell",
            ),
            (
                {"deals.csv": DEALS},
                ("--map", "Firm=name"),
                "columns: expected a header of the file",
            ),
        ],
    )
    def test_what_cannot_be_used(self, run, folder, files, words, told):
        code, out, err = run("derive", str(folder(files)), *words)
        assert (code, out) == (2, "")
        assert told in err

    def test_other_files_are_told(self, run, folder):
        more = {"leads.csv": "Last name\nLee\n", "notes.csv": "", "shoes.csv": "Shoes\n44\n"}
        code, out, err = run("derive", str(folder({"deals.csv": self.DEALS, **more})), "--json")
        assert (code, len(rows(out))) == (0, 2)
        told = "not read, because they are no tables of deals or contacts: leads.csv, notes.csv"
        assert f"{told}, shoes.csv\n" in err

    def test_options_of_a_crm_are_none_of_tables(self, run, folder):
        place = str(folder({"deals.csv": self.DEALS}))
        code, _, err = run("derive", place, "--prospect-field", "X")
        assert code == 2
        assert "--prospect-field is an option for --crm bitrix24, not for table" in err

    def test_there_is_no_patch_for_a_table(self, run, folder, tmp_path):
        place = folder({"deals.csv": self.DEALS})
        code, _, err = run("audit", str(place), "--patch", str(tmp_path / "patch"))
        assert code == 2
        assert "plain tables are of none" in err
        assert not (tmp_path / "patch").exists()


class TestArchives:
    """A ZIP archive is read as a folder is."""

    def pack(self, path, **files):
        with ZipFile(path, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return str(path)

    def test_an_export(self, run, folder, tmp_path):
        place = folder()
        expected = run("derive", str(place), "--json")
        files = {
            file.relative_to(place).as_posix(): file.read_bytes() for file in place.rglob("*.*")
        }
        assert run("derive", self.pack(tmp_path / "a.zip", **files), "--json")[:2] == expected[:2]
        twice = tmp_path / "b.zip"
        self.pack(twice, **files)
        assert run("derive", str(tmp_path / "a.zip"), str(twice), "--json")[1] == expected[1]

    def test_what_cannot_be_read(self, run, tmp_path):
        (tmp_path / "a.zip").write_text("no archive")
        code, out, err = run("derive", str(tmp_path / "a.zip"))
        assert (code, out) == (2, "")
        assert "a.zip: no ZIP file that can be read (File is not a zip file)" in err
        path = Path(self.pack(tmp_path / "b.zip", **{"deals.json": "{}"}))
        packed = bytearray(path.read_bytes())
        packed[30] ^= 255
        path.write_bytes(packed)
        code, _, err = run("derive", str(path))
        assert (code, "b.zip: cannot be unpacked" in err) == (2, True)
