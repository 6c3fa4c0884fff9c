"""The docs tell what is."""

import functools
import importlib
import inspect
import pkgutil
import re
import types
from pathlib import Path

import salesstatus
from salesstatus.data_rules import DATA_STATEMENTS
from salesstatus.leads.rules import INHERITANCE, LEAD_TABLE
from salesstatus.policy import PRESETS, Policy
from salesstatus.rules import TABLES
from salesstatus.show.text import inheritance_markdown, rules_page
from salesstatus.statements import LEAD_STATEMENTS

ROOT = Path(__file__).parents[1]
rules_page = functools.cache(rules_page)  # as printed, once
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]


def test_the_page_of_rules_is_what_the_rows_print():
    assert (ROOT / "docs" / "rules.md").read_text() == rules_page(), (
        "python -m salesstatus rules --markdown > docs/rules.md"
    )


def test_the_inheritance_table_of_the_page_about_leads_is_printed_from_its_rows():
    page = (ROOT / "docs" / "leads.md").read_text()
    table = page.partition("<!-- the inheritance table -->")[2].partition(
        "<!-- end of the table -->"
    )[0]
    assert table.strip() == inheritance_markdown().strip()
    for row in INHERITANCE:
        assert f"`{row.field}`" in table
        assert row.into or f"- {row.id}: {row.reason}" in table


def test_every_rule_is_on_the_page():
    page = rules_page()
    for row in (*TABLES.rows(), *LEAD_TABLE, *LEAD_STATEMENTS, *DATA_STATEMENTS):
        assert f"| {row.id} |" in page
        assert row.reason in page


def test_every_switch_and_preset_is_told_of():
    concepts = (ROOT / "docs" / "concepts.md").read_text()
    for field in Policy.__attrs_attrs__:
        assert f"`{field.name}`" in concepts
    for name in ("SELL", "SELL_NEWEST", "TEAMGATE"):
        assert f"`{name}`" in concepts
        assert getattr(salesstatus, name) in PRESETS.values()


def test_all_that_is_exported_is_there_and_sorted_by_nothing_but_use():
    assert len(set(salesstatus.__all__)) == len(salesstatus.__all__)
    for name in salesstatus.__all__:
        assert hasattr(salesstatus, name)


def test_the_readme_names_the_two_commands():
    readme = (ROOT / "README.md").read_text()
    assert "python3 dev.py demo" in readme
    assert "python3 dev.py test" in readme


def test_no_page_of_the_docs_is_left_out_of_the_contents():
    index = (ROOT / "docs" / "index.md").read_text().splitlines()
    for page in (ROOT / "docs").glob("*.md"):
        assert page.stem == "index" or page.stem in index


def test_every_word_of_the_glossary_is_used_on_another_page_and_they_are_in_order():
    lines = (ROOT / "docs" / "glossary.md").read_text().splitlines()
    terms = [line[4:].partition("**")[0] for line in lines if line.startswith("- **")]
    assert len(terms) > 40
    assert terms == sorted(terms)
    others = (page for page in PAGES if page.stem != "glossary")
    text = " ".join(" ".join(page.read_text() for page in others).lower().split())
    for term in terms:
        assert re.search(rf"\b{term}(e?s)?\b", text), term


def doors():
    """Yield every module that says what it exports, and is not private."""
    for found in (salesstatus, *pkgutil.walk_packages(salesstatus.__path__, "salesstatus.")):
        name = found.__name__ if found is salesstatus else found.name
        if "._" in name:
            continue
        module = importlib.import_module(name)
        if hasattr(module, "__all__"):
            yield module


def test_every_name_of_every_door_is_on_the_page_of_the_api():
    """Modules are listed whole; constants and aliases, which have no docstring, by a comment or by
    themselves."""
    page = (ROOT / "docs" / "api.md").read_text()
    listed = set(re.findall(r"automodule:: (\S+)\n   :members:\n", page))
    data = [name.rpartition(".") for name in re.findall(r"data:: (\S+)\n", page)]
    constants = [getattr(importlib.import_module(module), name) for module, _, name in data]
    checked = 0
    for door in doors():
        assert door.__name__ in listed
        for name in door.__all__:
            value = getattr(door, name)
            if isinstance(value, type | types.FunctionType):
                assert (value.__doc__ or "").strip(), name
            else:
                commented = re.search(rf"^#: .*\n{name}\b", inspect.getsource(door), re.MULTILINE)
                assert commented or any(value is one for one in constants), (door.__name__, name)
            checked += 1
    assert checked > 250


NO_PROSE = re.compile(
    r"^```.*?^```$|<!---.*?--->|<!-- .*? -->.*?<!-- end .*? -->", re.DOTALL | re.MULTILINE
)


def test_prose_wraps_at_100_columns():
    pages = [page for page in PAGES if page.stem != "rules"]
    assert len(pages) > 15
    for page in pages:
        lines = NO_PROSE.sub("", page.read_text()).splitlines()
        assert [line for line in lines if len(line) > 100 and line[0] != "|"] == [], page.name


def test_the_page_for_contributors_names_every_room_at_first_sight_and_files_that_exist():
    source = ROOT / "src" / "salesstatus"
    page = (ROOT / "CONTRIBUTING.md").read_text()
    rooms = {path.stem for path in source.iterdir() if path.stem[0] != "_" and "." not in path.stem}
    table = page.partition("| wing |")[2].partition("\n\n")[0]
    assert rooms - {"py", "example"} - set(re.findall(r"`(\w+)`", table)) == set()
    files = re.findall(r"`([\w/]+\.(?:py|md|toml)|tests/\w+)`", page)
    assert len(files) > 20
    for name in files:
        assert any((folder / name).exists() for folder in (ROOT, source)), name
