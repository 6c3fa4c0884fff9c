"""The house: how large rooms are, who imports whom, and what stands at a door."""

import ast
import importlib
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import salesstatus

SOURCE = Path(salesstatus.__file__).parent
FILES = {path.relative_to(SOURCE).as_posix(): path for path in sorted(SOURCE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in FILES.items()}
LINES = 400
COLUMNS = 100
#: Tables of data, a row a line.
WIDE = {
    "crm/migration/destinations.py": "a row for each status in each other CRM",
    "tables/vocabulary.py": "a row for each field of a record, with its headers in all languages",
}
#: Who imports one of these says what others may use.
DOORS = {"memory.py", "ports.py"}
#: Packages whose names are imported when they are first used.
LAZY = [
    name for name in FILES if name.endswith("__init__.py") and "door(" in FILES[name].read_text()
]


def room(name):
    """Return the dotted name of a file."""
    parts = ("salesstatus", *Path(name).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


ROOMS = {room(name): name for name in FILES}


def is_for_type_checkers(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def imports(node):
    """Yield the rooms that a piece of code imports when it runs, wherever that stands."""
    if is_for_type_checkers(node):
        return
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name in ROOMS)
    elif isinstance(node, ast.ImportFrom) and node.module in ROOMS:
        for alias in node.names:
            inner = f"{node.module}.{alias.name}"
            yield inner if inner in ROOMS else node.module
    for child in ast.iter_child_nodes(node):
        yield from imports(child)


def wing(name):
    return ".".join(name.split(".")[:2])


def circle(graph):
    """Return a circle of a graph; None if there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return None


def assigned(tree, name):
    """Return whether a module gives a value to a name."""
    return any(
        isinstance(target, ast.Name) and target.id == name
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    )


class TestSizes:
    def test_no_room_has_more_lines_than_can_be_read_at_once(self):
        lines = {name: len(path.read_text("utf-8").splitlines()) for name, path in FILES.items()}
        assert {name: count for name, count in lines.items() if count > LINES} == {}

    def test_no_line_is_wider_than_a_page(self):
        wide = {
            name
            for name, path in FILES.items()
            if any(len(line) > COLUMNS for line in path.read_text("utf-8").splitlines())
        }
        assert wide == {*WIDE}

    def test_few_rooms_are_seen_at_first_sight(self):
        seen = {path.name for path in SOURCE.iterdir()} - {"__pycache__", "py.typed"}
        assert len(seen) <= 35, sorted(seen)


class TestImports:
    """Directions are held by the import contracts (`dev.py check`)."""

    def test_no_circle_of_rooms(self):
        assert (
            circle({name: {*imports(TREES[file])} - {name} for name, file in ROOMS.items()}) is None
        )

    def test_no_circle_of_wings(self):
        wings = {}
        for name, file in ROOMS.items():
            wings.setdefault(wing(name), set()).update(map(wing, imports(TREES[file])))
        assert circle({name: found - {name} for name, found in wings.items()}) is None

    def test_a_circle_is_seen(self):
        tree = ast.parse(
            "def f():\n    from salesstatus import rules\n    import salesstatus.model"
        )
        assert [*imports(tree)] == ["salesstatus.rules", "salesstatus.model"]
        assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}}) is not None
        assert circle({"a": {"b", "c"}, "b": {"c"}}) is None

    def test_the_front_door_loads_the_statuses_alone(self):
        code = "import sys, salesstatus; print(*sys.modules)"
        words = [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{code}"]
        loaded = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
        assert "salesstatus.transitions" in loaded
        other = {
            "cattrs",
            "hypothesis",
            *(f"salesstatus.{name}" for name in ("leads", "crm", "desk")),
        }
        assert other.intersection(loaded) == set()


class TestDoors:
    def test_only_doors_have_a_list_of_names(self):
        listed = {name for name, tree in TREES.items() if assigned(tree, "__all__")}
        assert {
            name
            for name in listed
            if not name.endswith("__init__.py")
            and name not in DOORS
            and not name.startswith("testing/")
        } == set()

    @pytest.mark.parametrize("name", LAZY)
    def test_what_a_door_opens_is_what_type_checkers_see(self, name):
        seen = {}
        for node in TREES[name].body:
            if is_for_type_checkers(node):
                for imported in ast.walk(node):
                    if isinstance(imported, ast.ImportFrom):
                        names = {alias.name for alias in imported.names}
                        seen.setdefault(imported.module, set()).update(names)
        (table,) = (
            ast.literal_eval(node.args[1])
            for node in ast.walk(TREES[name])
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "door"
        )
        assert {module: {*names.split()} for module, names in table.items()} == seen

    @pytest.mark.parametrize("name", [room(name) for name in FILES if name.endswith("__init__.py")])
    def test_no_name_at_a_door_is_that_of_a_room(self, name):
        names = getattr(importlib.import_module(name), "__all__", ())
        assert {name_ for name_ in names if f"{name}.{name_}" in ROOMS} == set()
