"""The commands about leads, as somebody at a terminal uses and misuses them."""

import io
import json
from datetime import datetime, timezone
from pathlib import Path

import pytest

from salesstatus import (
    Contact,
    ContactKind,
    Conversion,
    ConversionRequest,
    Deal,
    FieldDefinition,
    FieldType,
    Lead,
    convert,
    read_leads_csv,
)
from salesstatus.labels import LOCALES
from salesstatus.leads import ConversionRecord, LeadSaved, Scope, Tag, Task, Visit
from salesstatus.wire import dumps, loads

EXAMPLE = Path(__file__).parents[1] / "src" / "salesstatus" / "example"
LEADS = str(EXAMPLE / "leads.csv")
AT = "2026-05-04T09:30:00+00:00"
BERTHA = Lead(id=7, first_name="Bertha", last_name="Boxer", email="b@farm.example", source="Fair")
NAMELESS = Lead(id=8)


@pytest.fixture
def write(tmp_path):
    def write(name, *lines):
        path = tmp_path / name
        path.write_text(
            "".join(f"{line if isinstance(line, str) else dumps(line)}\n" for line in lines),
            encoding="utf-8",
        )
        return str(path)

    return write


def records(out):
    return [loads(line) for line in out.splitlines() if '"refused"' not in line]


class TestPlan:
    """`convert FILE` says what would happen and what would be lost."""

    def test_the_plan_is_the_default(self, run):
        code, out, err = run("convert", LEADS)
        assert (code, err) == (0, "")
        assert run("convert", LEADS, "--plan") == (code, out, err)
        assert "lead 7 (Bertha Boxer)\n  create person\n" in out
        assert "    source 'Trade fair': K8, no deal is created\n" in out
        assert out.endswith(
            "In all:\n"
            "converted        2\n"
            "person: create   1\n"
            "company: create  2\n"
            "\n"
            "Lost:\n"
            "2  source  K8, no deal is created\n"
            "2  status  K10, it is not in the list of inherited fields\n"
            "1  title   K10, it is not in the list of inherited fields\n"
        )

    def test_with_a_deal_the_source_is_not_lost(self, run):
        _, out, _ = run("convert", LEADS, "--deal", "--task", "Call", "--owner", "kim")
        assert "    source 'Trade fair' (K8)\n" in out
        assert "  create task 'Call' (K2)\n" in out
        assert "    owner 'kim' (K2)\n" in out
        assert "deal: create     2\n" in out

    def test_what_is_refused_is_told_with_its_plan(self, run, write):
        code, out, _ = run("convert", write("leads.jsonl", BERTHA, NAMELESS))
        assert code == 1
        assert (
            "lead 8\n  refused\n    K1: last_name '': a lead must have a last name or a company name\n"
            in out
        )
        assert "refused         1\n" in out

    def test_all_or_nothing_says_so_of_the_others(self, run, write):
        code, out, _ = run("convert", write("leads.jsonl", BERTHA, NAMELESS), "--all-or-nothing")
        assert code == 1
        assert (
            "lead 7 cannot be converted. K14: the whole batch must be convertible: 1 of its leads cannot be converted, lead 8 first"
            in " ".join(out.split())
        )

    def test_no_leads_are_no_error(self, run, write):
        assert run("convert", write("leads.csv", "Last name")) == (
            0,
            "\nIn all:\nno leads  0\n",
            "",
        )

    def test_the_targets_can_be_chosen(self, run):
        _, out, _ = run("convert", LEADS, "--to", "company")
        assert "create person" not in out
        assert "last_name 'Boxer': K5, no person is created" in out

    def test_a_known_contact_is_merged_into(self, run, write):
        known = Contact(id=1, kind=ContactKind.PERSON, name="bertha boxer", phone="030 1234")
        lead = Lead(id=7, first_name="Bertha", last_name="Boxer", phone="+49 30 1234")
        files = write("leads.jsonl", lead), "--contacts", write("contacts.jsonl", known)
        assert "merge person" not in run("convert", *files)[1]
        assert (
            "  merge person contact 1 (K12, name and phone)\n"
            in run("convert", *files, "--region", "DE")[1]
        )

    def test_custom_fields_go_by_their_definitions(self, run, write):
        fields = write(
            "fields.jsonl", FieldDefinition(name="Budget", type=FieldType.NUMBER, person=True)
        )
        leads = write("leads.csv", "Last name,Budget,Shoe size", "Boxer,12,44")
        _, out, _ = run("convert", leads, "--fields", fields)
        assert "custom_fields['Budget'] 12 (K7)" in out
        assert "Columns not read: Shoe size" in out

    def test_the_stages_can_be_those_of_bitrix24(self, run, write):
        leads = write("leads.csv", "Last name,Status", "Boxer,JUNK")
        assert run("convert", leads)[0] == 0
        code, out, _ = run("convert", leads, "--book", "bitrix24")
        assert code == 1
        assert "L2: status 'JUNK': a junk lead must be taken up again before it is converted" in out


class TestRecords:
    """`convert --json` prints the records that are made, which the wire reads."""

    def test_they_are_those_of_the_library(self, run, write):
        done = convert(
            BERTHA,
            ConversionRequest(deal=True, task="Call"),
            at=datetime.fromisoformat(AT),
            actor="sam",
        )
        words = ("--json", "--deal", "--task", "Call", "--at", AT, "--actor", "sam")
        code, out, err = run("convert", write("leads.jsonl", BERTHA), *words)
        assert (code, err) == (0, "")
        assert records(out) == [done.lead, done.record, done.person, done.deal, done.task]
        assert isinstance(done, Conversion)

    def test_every_kind_of_record_is_there(self, run, write):
        lead = Lead(
            id=1,
            last_name="Boxer",
            organization_name="Farm",
            notes=["called"],
            tags=["vip", "fair"],
        )
        _, out, _ = run("convert", write("leads.jsonl", lead), "--json", "--deal", "--task", "Call")
        kinds = [type(record).__name__ for record in records(out)]
        assert kinds == [
            "Lead", "ConversionRecord", "Contact", "Contact", "Deal", "Task", "AttachedNote", "AttachedNote", "Tag", "Tag",
        ]  # fmt: skip
        assert [tag.name for tag in records(out) if isinstance(tag, Tag)] == ["fair", "vip"]
        assert {type(record) for record in records(out)} >= {ConversionRecord, Deal, Task}

    def test_a_refusal_is_a_line_too_and_what_was_not_read_goes_elsewhere(self, run, write):
        leads = write("leads.jsonl", NAMELESS, "not json")
        code, out, err = run("convert", leads, "--json")
        assert code == 1
        assert json.loads(out)["rules"] == ["K1"]
        assert err.startswith("\nNot used: 1\n  line 2: $: expected JSON")


class TestBadFiles:
    """What cannot be used is told, with its line and the reason."""

    def test_a_row_that_cannot_be_used_is_listed(self, run, write):
        code, out, _ = run(
            "convert",
            write(
                "leads.csv", "Last name;E-Mail", "Boxer;b@farm.example", ";x@y.example", "Abel;none"
            ),
        )
        assert code == 1
        assert "lead 'leads.csv:2' (Boxer)" in out
        assert "Not used: 1\n  line 3: " in out
        assert (
            "Rows with something left out or changed: 1\n"
            "  line 4: E-Mail (email): expected an e-mail address, got 'none' (L7); left out, and "
            "kept as a note\n      of the lead\n"
        ) in out

    @pytest.mark.parametrize("command", ["convert", "funnel"])
    def test_a_file_that_is_not_there(self, run, command):
        code, out, err = run(command, "nowhere.csv")
        assert (code, out) == (2, "")
        assert err == "salesstatus: nowhere.csv: No such file or directory\n"

    @pytest.mark.parametrize("command", ["convert", "funnel"])
    def test_a_file_without_names(self, run, write, command):
        leads = write("leads.csv", "colour,size", "red,1")
        code, out, err = run(command, leads)
        assert (code, out) == (2, "")
        assert err.startswith(f"salesstatus: {leads}: header: expected ")

    def test_definitions_and_contacts_that_are_none(self, run, write):
        wrong = write("wrong.jsonl", BERTHA)
        assert run("convert", LEADS, "--fields", wrong)[2].endswith(
            "line 1: expected field_definition, got lead\n"
        )
        assert run("convert", LEADS, "--contacts", wrong)[2].endswith(
            "line 1: expected contact, got lead\n"
        )
        assert (
            "line 1: $: expected JSON" in run("template", "--fields", write("broken.jsonl", "{"))[2]
        )

    def test_a_region_that_is_none(self, run, write):
        code, _, err = run(
            "convert", LEADS, "--contacts", write("contacts.jsonl"), "--region", "Germany"
        )
        assert code == 2
        assert err.startswith("salesstatus: region: expected the two letters of a country")

    def test_standard_input_is_csv(self, run, monkeypatch):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"Company\nFarmers Coop\n")))
        assert "lead 'line-2' (Farmers Coop)\n  create company\n" in run("convert", "-")[1]


class TestTemplate:
    """`template` prints a file to fill in, and `convert` reads it."""

    @pytest.mark.parametrize("locale", LOCALES)
    def test_it_is_read_back_in_every_language(self, run, locale):
        code, out, _ = run("template", "--locale", locale)
        assert code == 0
        table = read_leads_csv([out])
        assert {"first_name", "last_name", "organization_name", "email", "source"} <= {
            column.field for column in table.columns
        }
        assert table.ignored == ()

    def test_custom_fields_are_columns_too(self, run, write):
        fields = write("fields.jsonl", FieldDefinition(name="Budget", type=FieldType.NUMBER))
        assert run("template", "--fields", fields)[1].rstrip().endswith(",Budget")


class TestFunnel:
    """`funnel` prints where leads came through, how many were converted and why others are junk."""

    def test_the_example_year(self, run):
        code, out, _ = run("funnel", str(EXAMPLE / "year.jsonl"))
        assert code == 1  # four lines are broken on purpose
        lines = out.splitlines()
        assert lines[0].split() == ["stage", "means", "now", "visited", "implied"]
        assert lines[1].split()[0] == "New"
        assert "By source:" in lines
        assert "Junk:" in lines
        assert "Not used: 4" in lines

    def test_a_history_is_counted(self, run, write):
        at = datetime(2026, 5, 4, tzinfo=timezone.utc)
        new = Lead(id=1, source="Web", status="NEW", created_at=at)
        junk = Lead(id=2, status="JUNK", unqualified_reason="spam")
        saves = [
            LeadSaved(at, new),
            LeadSaved(at, Lead(id=1, source="Web", status="CONVERTED", created_at=at)),
        ]
        history = write("history.jsonl", *saves, LeadSaved(at, junk), Visit(2, "IN_PROCESS", at))
        code, out, _ = run("funnel", history, "--book", "bitrix24")
        assert code == 0
        assert [line.split() for line in out.splitlines()[1:6]] == [
            ["Unprocessed", "process", "0", "1", "50%", "1", "50%"],
            ["In", "process", "process", "0", "1", "50%", "2", "100%"],
            ["Processed", "process", "0", "0", "0%", "1", "50%"],
            ["High-quality", "lead", "success", "1", "1", "50%", "1", "50%"],
            ["Low-quality", "lead", "failure", "1", "-", "-"],
        ]
        assert "1  100%  spam" in out
        assert "Web  1      0     0     1          100%  0.0                    0.0" in out

    def test_as_json_every_row_names_its_report(self, run, write):
        leads = write("leads.csv", "Last name,Status", "Boxer,Unqualified", "Abel,Elsewhere")
        code, out, err = run("funnel", leads, "--json")
        assert (code, err) == (0, "")
        rows = [json.loads(line) for line in out.splitlines()]
        assert list(dict.fromkeys(row["report"] for row in rows)) == [
            "stages", "unknown stages", "visited", "implied", "junk", "all leads", "by source", "by owner",
        ]  # fmt: skip
        assert rows[0] == {
            "report": "stages", "stage": "New", "name": "New", "meaning": "process", "leads": 0, "share": 0.0,
        }  # fmt: skip

    def test_a_stage_that_is_not_the_books_is_shown(self, run, write):
        leads = write("leads.csv", "Last name,Status", "Boxer,Elsewhere")
        _, out, _ = run("funnel", leads, "--book", "bitrix24")
        assert ["Elsewhere", "?", "1", "-", "-"] in [line.split() for line in out.splitlines()]

    def test_stages_may_be_called_otherwise(self, run, write):
        lines = (
            "Last name,Status",
            "Boxer,Closed - Converted",
            "Abel,Lost",
            "Ray,No budget",
            "Lee,Nurturing",
        )
        words = ("--success", "Closed - Converted", "--failure", "Lost", "--failure", "No budget")
        _, out, _ = run("funnel", write("leads.csv", *lines), *words)
        stages = [line.rsplit(maxsplit=6) for line in out.splitlines()[1:7]]
        assert [" ".join(cells[:2]) for cells in stages if "success" in cells] == [
            "Closed - Converted success"
        ]
        assert "4      1     2     1          25%" in out
        code, out, _ = run("convert", write("leads.csv", *lines), *words)
        assert code == 1
        assert out.count("refused\n") == 3

    def test_what_is_said_must_leave_a_book(self, run):
        code, _, err = run("funnel", LEADS, "--stage", "Unqualified=open")
        assert code == 2
        assert err == (
            "salesstatus: StageBook.stages: expected at least one stage of failure, got [] (L1)\n"
        )

    def test_a_status_is_recognised_in_any_case_and_by_its_labels(self, run, write):
        """L11: and what no stage has is told, with the option to say it."""
        lines = ("Last name,Status", "A,NEW", "B,konvertiert", "C,Nurturing", "D,", "E,working")
        leads = write("leads.csv", *lines)
        code, out, _ = run("funnel", leads)
        assert code == 0
        assert [line.split()[:3] for line in out.splitlines()[1:6]] == [
            ["New", "process", "2"],
            ["Working", "process", "1"],
            ["Converted", "success", "1"],
            ["Unqualified", "failure", "0"],
            ["Nurturing", "process", "1"],
        ]
        assert out.endswith(
            "Statuses that no stage of the book has (L11):\n"
            "  Nurturing: 1 lead, taken as in process\n"
            "Say what one means: --stage Nurturing=open (or won, lost, unqualified)\n"
        )
        assert "L11" not in run("funnel", leads, "--stage", "Nurturing=lost")[1]
        out = run("funnel", leads, "--book", "bitrix24")[1]
        assert "  Nurturing: 1 lead, of unknown meaning\n" in out

    def test_of_many_statuses_the_commonest_are_listed(self, run, write):
        rows = [f"Lee,Stage {n}" for n in range(25)] + ["Lee,Stage 24"]
        out = run("funnel", write("leads.csv", "Last name,Status", *rows))[1]
        told = out.partition("(L11):\n")[2].splitlines()
        assert told[0] == "  Stage 24: 2 leads, taken as in process"
        assert (len(told), told[20]) == (22, "  … and 5 more statuses")

    @pytest.mark.parametrize("book", ["sell", "bitrix24"])
    def test_the_same_word_is_the_same_number_in_the_table_and_in_json(self, run, write, book):
        at = datetime(2026, 5, 4, tzinfo=timezone.utc)
        saves = [
            LeadSaved(
                at, Lead(id=id_, status=status, source="Web" if id_ % 2 else "", created_at=at)
            )
            for id_, status in enumerate(
                ("NEW", "CONVERTED", "converted", "JUNK", "elsewhere", "Unqualified", "")
            )
        ]
        words = ("funnel", write("history.jsonl", *saves), "--book", book)
        found = [json.loads(line) for line in run(*words, "--json")[1].splitlines()]
        table, *parts = run(*words)[1].split("\n\n")
        stages = [(row["name"], row["leads"]) for row in found if row["report"] == "stages"]
        for (name, number), line in zip(stages, table.splitlines()[1:], strict=True):
            assert line.startswith(f"{name} ")
            assert line.removeprefix(name).split()[1] == str(number)
        for part in parts:
            title, head, *groups = part.splitlines()
            rows = [row for row in found if row["report"] == title.lower().rstrip(":")]
            if "leads" not in head.split():
                continue
            names = head.replace("days to convert: mean", "mean").split()
            for row, line in zip(rows, groups, strict=True):
                cells = dict(zip(names, line.split()[1:], strict=True))
                for name in ("leads", "open", "junk", "converted"):
                    assert cells[name] == str(row[name])
                for name in ("unknown", "unrecorded", "misdated"):
                    assert cells.get(name, "0") == str(row[name])
                assert cells["rate"] == f"{row['rate']:.0%}"
                assert cells["median"] == (
                    "-"
                    if row["median_lifetime_seconds"] is None
                    else f"{row['median_lifetime_seconds'] / 86_400:.1f}"
                )

    def test_a_history_out_of_order_cannot_be_used(self, run, write):
        early, late = (datetime(2026, 5, day, tzinfo=timezone.utc) for day in (1, 2))
        code, _, err = run(
            "funnel", write("history.jsonl", LeadSaved(late, BERTHA), LeadSaved(early, BERTHA))
        )
        assert code == 2
        assert "lead 7 has a newer save already (latest: 2026-05-02T00:00:00+00:00)" in err

    def test_a_visit_of_nobody_cannot_be_used(self, run, write):
        code, _, err = run(
            "funnel",
            write("history.jsonl", Visit(1, "New", datetime(2026, 5, 1, tzinfo=timezone.utc))),
        )
        assert code == 2
        assert err.startswith("salesstatus: visits[0].lead: expected one of the leads given, got 1")

    def test_standard_input_is_a_history(self, run, monkeypatch):
        saved = dumps(LeadSaved(datetime(2026, 5, 1, tzinfo=timezone.utc), BERTHA)).encode()
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(saved)))
        assert run("funnel", "-")[0] == 0

    @pytest.mark.parametrize(
        "text", [b"Company;Status\nAcme;Converted\n", b"\xff\xfeC\0o\0m\0p\0a\0n\0y\0\n\0A\0\n\0"]
    )
    def test_standard_input_may_be_a_table_too(self, run, monkeypatch, text):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
        code, out, _ = run("funnel", "-")
        assert (code, "\n-  1  " in out) == (0, True)


class TestTables:
    """Files of leads as people have them: the options of tables, and what is told of a file."""

    def file(self, tmp_path, content, name="leads.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    @pytest.mark.parametrize("command", ["convert", "funnel"])
    def test_excels_encoding_is_read_and_told(self, run, tmp_path, command, unwrapped):
        leads = self.file(tmp_path, "Last Name;Owner\nMüller;Jörg\n".encode("cp1252"))
        code, out, _ = run(command, leads)
        assert code == 0
        assert ("Müller" if command == "convert" else "Jörg") in out
        assert "leads.csv: expected text in UTF-8" in unwrapped(out)
        assert "read as cp1252" in unwrapped(out)
        assert "expected text" not in run(command, leads, "--encoding", "cp1252")[1]

    @pytest.mark.parametrize("command", ["convert", "funnel"])
    @pytest.mark.parametrize(
        ("content", "words"),
        [
            ("Name~Owner\nLee~kim\n", ("--delimiter", "~", "--map", "Name=last_name")),
            ("Last name\tOwner\nLee\tkim\n", ("--delimiter", "tab")),
            ("'Last name','Owner'\n'Lee','kim'\n", ("--quote", "'")),
            ("Last name,Owner\nLee,kim\n".encode("utf-16"), ()),
            ("Last name,Owner,Created\nLee,kim,04.05.26\n", ("--date-order", "dmy")),
            ("Last name,Owner,Created\nLee,kim,04.05.26\n", ("--csv-locale", "de")),
            ("Last name,Owner,Source\nLee,kim,?\n", ("--nulls", "?")),
            ("Last name,Owner,Created\nLee,kim,2026-05-04 09:30\n", ("--zone", "Europe/Berlin")),
            (
                "Last name,Owner,Created\nLee,kim,2026-05-04 09:30\n",
                ("--zone", "-0330", "--strict"),
            ),
        ],
    )
    def test_the_options_of_tables(self, run, tmp_path, command, content, words):
        code, out, err = run(command, self.file(tmp_path, content), *words)
        assert (code, err) == (0, "")
        assert ("Lee" if command == "convert" else "kim") in out
        assert "; left out" not in out
        assert "not read" not in out

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (("--map", "Firm"), "'Firm' is not HEADER=FIELD"),
            (("--map", "=email"), "'=email' is not HEADER=FIELD"),
            (("--zone", "Nowhere/Else"), "'Nowhere/Else' is not a zone, like Europe/Berlin"),
            (("--zone", "+99:00"), "'+99:00' is not a zone"),
            (("--zone", "../etc"), "is not a zone"),
            (("--map", "Firm=email"), "columns: expected a header of the file, got 'Firm'"),
            (("--map", "Last name=nothing"), "columns: expected a field of a lead"),
            (("--encoding", "klingon"), "encoding: expected the name of an encoding"),
            (("--delimiter", "ab"), "delimiter: expected one character"),
            (("--quote", "ab"), "quote: expected one of"),
            (("--stage", "New"), "'New' is not NAME=STATUS"),
            (("--stage", "New="), "'New=' is not NAME=STATUS"),
            (("--stage", "Fresh=Nowhere"), "stages: expected one of 'open', 'won', 'lost'"),
        ],
    )
    def test_options_that_are_wrong(self, run, tmp_path, words, told):
        code, out, err = run("convert", self.file(tmp_path, "Last name\nLee\n"), *words)
        assert (code, out) == (2, "")
        assert told in err

    def test_strict_refuses_what_would_be_left_out(self, run, tmp_path):
        leads = self.file(tmp_path, "Last name,Phone\nLee,n.n.\n")
        assert run("convert", leads)[0] == 0
        code, out, _ = run("convert", leads, "--strict")
        assert code == 1
        assert (
            "Not used: 1\n  line 2: Phone (phone): expected a phone number, got 'n.n.' (L7)\n"
            in out
        )

    def test_leads_without_names_are_fine_for_reports(self, run, tmp_path):
        leads = self.file(tmp_path, "Lead ID,Status,Shoes\n1,New,44\n2,converted,45\n")
        code, out, _ = run("funnel", leads)
        assert code == 0
        assert "Columns not read: Shoes (no field of a lead has this name)\n" in out
        assert run("convert", leads)[0] == 2

    def test_of_many_leads_and_problems_there_is_a_summary(self, run, tmp_path, unwrapped):
        rows = "".join(f"Grey{n},x{n}\n" for n in range(30)) + "\n".join(
            [",a@b.example"] * 25 + ["too,many,cells"]
        )
        leads = self.file(tmp_path, f"Last name,Email\n{rows}\n")
        code, out, _ = run("convert", leads)
        out = unwrapped(out)
        assert code == 1
        assert out.count("\nlead ") + out.startswith("lead ") == 5
        assert "… and 25 more leads; --all lists them\n" in out
        assert (
            "Rows with something left out or changed: 30\n"
            "  line 2: Email (email): expected an e-mail address, got 'x0' (L7); left out, and kept "
            "as a note of the lead (and 29 more of this kind)\n"
            "  1 kind in all; --all lists every line\n"
        ) in out
        assert "got neither (K1) (and 24 more of this kind)\n" in out
        assert "  2 kinds in all; --all lists every line\n" in out
        every = unwrapped(run("convert", leads, "--all")[1])
        assert every.count("\nlead ") + every.startswith("lead ") == 30
        assert all(f"\n  line {n}: " in every for n in range(2, 58))
        assert "of this kind" not in every

    def test_refusals_are_counted_by_their_rules(self, run, write):
        leads = write("leads.csv", "Last name,Status", *["Boxer,Unqualified"] * 7)
        code, out, _ = run("convert", leads)
        assert code == 1
        assert "\nRefused:\n7  L2  a junk lead must be taken up again before it is" in out

    def test_a_status_of_no_stage_is_told_before_a_conversion_too(self, run, write):
        out = run("convert", write("leads.csv", "Last name,Status", "Boxer,Nurturing"))[1]
        assert "  Nurturing: 1 lead, taken as in process\n" in out

    @pytest.mark.parametrize("command", ["convert", "funnel"])
    def test_a_workbook_is_no_text(self, run, tmp_path, command):
        code, out, err = run(command, self.file(tmp_path, b"PK\3\4" + bytes(40), "leads.xlsx"))
        assert (code, out) == (2, "")
        assert err.endswith(
            "leads.xlsx: a ZIP file, as Excel's are: unpack it, or save it as CSV\n"
        )

    def test_a_terminal_is_not_obeyed(self, run, tmp_path):
        evil = "\x1b]0;evil\x07"
        leads = self.file(
            tmp_path, f"Last name,Status,Owner,{evil}\nLe{evil}e,Hot{evil}x,k{evil}m,1\n"
        )
        for command in ("convert", "funnel"):
            _, out, err = run(command, leads)
            assert "evil" in out
            assert "\x1b" not in out + err


class TestKnown:
    """`--known`: leads that are known are left out, fill what is empty, or are made all the same."""

    GREY = Contact(id=9, kind=ContactKind.PERSON, name="Grey", email="a@b.example")
    ROWS = ("Last name,Email,Phone", "Grey,A@b.example,030 1234567", "Doe,c@d.example,")

    @pytest.mark.parametrize(
        ("words", "outcome", "leads"),
        [
            ((), "skipped", ["Doe"]),
            (("--on-known", "skip"), "skipped", ["Doe"]),
            (("--on-known", "update"), "updated", ["Doe"]),
            (("--on-known", "create"), "created", ["Grey", "Doe"]),
        ],
    )
    def test_each_row_is_told(self, run, write, words, outcome, leads):
        files = write("leads.csv", *self.ROWS), "--known", write("known.jsonl", self.GREY)
        code, out, err = run("convert", *files, *words)
        assert (code, err) == (0, "")
        assert f"lead 'leads.csv:2' (Grey): {outcome}, known record 9 has the same name and" in out
        assert f"\nKnown: 1 {outcome}\n" in out
        assert f"converted       {len(leads)}\n" in out
        _, out, _ = run("convert", *files, *words, "--json")
        first, *_ = (json.loads(line) for line in out.splitlines())
        assert (first["lead"], first["outcome"], first["on"]) == ("leads.csv:2", outcome, [9])
        made = [loads(line) for line in out.splitlines()[1:]]
        assert [each.last_name for each in made if isinstance(each, Lead)] == leads
        updated = [each.phone for each in made if isinstance(each, Contact) and each.id == 9]
        assert updated == (["030 1234567"] if outcome == "updated" else [])

    def test_what_does_not_land_is_told(self, run, write):
        rows = ("Last name,Email,Job title", "Grey,a@b.example,Buyer")
        files = write("leads.csv", *rows), "--known", write("known.jsonl", self.GREY)
        assert "\n  lost title 'Buyer': K10" in run("convert", *files, "--on-known", "update")[1]

    def test_leads_are_known_too_and_another_name_is_refused(self, run, write):
        known = Lead(id=5, last_name="Grey", email="a@b.example")
        rows = ("Last name,Email", "Black,a@b.example")
        files = write("leads.csv", *rows), "--known", write("known.jsonl", known)
        code, out, _ = run("convert", *files, "--on-known", "update")
        assert code == 1
        assert "lead 'leads.csv:2' (Black): refused" in out
        csv = write("known leads.csv", "Lead ID,Last name,Email", "5,Grey,a@b.example")
        assert run("convert", files[0], "--known", csv, "--on-known", "update")[1] == out

    def test_contacts_may_be_a_table(self, run, write):
        known = write("known.csv", "ID,Name,Is organization,Email", "9,Grey,No,a@b.example")
        files = write("leads.csv", *self.ROWS), "--known", known
        assert "skipped, known record 9 has the same name" in run("convert", *files)[1]
        wrong = write("wrong.csv", "ID,Name,Email", ",,a@b.example")
        assert "line 2: ID, Name (id): expected an id or a name" in " ".join(
            run("convert", files[0], "--known", wrong)[2].split()
        )
        none = write("none.csv", "Shoes", "44")
        code, _, err = run("convert", files[0], "--known", none)
        assert code == 2
        assert "none.csv: header: expected a column with the ids or the names of contacts" in err

    def test_a_long_list_is_cut_short(self, run, write):
        rows = [f"Grey,a@b.example,{n}" for n in range(30)]
        leads = write("leads.csv", "Last name,Email,Lead ID", *rows)
        words = ("convert", leads, "--known", write("known.jsonl", self.GREY))
        out = run(*words)[1]
        assert out.count(": skipped, ") == 20
        assert "… and 10 more leads; --all lists them\n\nKnown: 30 skipped\n" in out
        assert run(*words, "--all")[1].count(": skipped, ") == 30

    def test_mistakes(self, run, write):
        leads = write("leads.csv", *self.ROWS)
        assert "give --known" in run("convert", leads, "--on-known", "skip")[2]
        wrong = write("wrong.jsonl", Tag("vip", Scope.LEAD))
        assert "line 1: expected contact, got tag" in run("convert", leads, "--known", wrong)[2]
        twice = write("twice.jsonl", self.GREY, self.GREY)
        assert "contacts, each once" in run("convert", leads, "--known", twice)[2]
