"""Settings of the documentation: `python3 dev.py check` builds it with warnings as errors."""

import sys
from typing import Any

project = "salesstatus"
author = "The salesstatus authors"
copyright = "2026, the salesstatus authors"
extensions = ["myst_parser", "sphinx.ext.autodoc"]
# Pages link to the headings of others.
myst_heading_anchors = 3
html_theme = "furo"
exclude_patterns = ["_build"]
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
# Docstrings are written in Markdown's manner: `name` is code.
default_role = "code"
# Mermaid is drawn by the pages that show the source; as code it has no colours.
suppress_warnings = ["misc.highlighting_failure"]
# The classes of Python and Hypothesis have pages elsewhere; aliases and type variables have none.
_NO_PAGE = r"(datetime|collections|hypothesis|typing)\..*|.*\.[A-Z]|ManualEvent"
nitpick_ignore_regex = [("py:class", _NO_PAGE)]

_documented: dict[int, str] = {}


def _once(app: Any, what: str, name: str, obj: object, skip: bool, _: object) -> bool | None:
    """Leave a class or function out of a module if an earlier module of the page has it."""
    module = app.env.current_document.autodoc_module
    exported = getattr(sys.modules.get(module), "__all__", ())
    home = getattr(obj, "__module__", None)
    if what != "module" or skip or (home != module and name not in exported):
        return None
    return _documented.setdefault(id(obj), module) != module or None


def _code(app: Any, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Let an indented block of a docstring be code, as in Markdown."""
    for i in range(len(lines) - 1, 1, -1):
        above = next((line for line in reversed(lines[:i]) if line), " ")
        if lines[i].startswith("    ") and not lines[i - 1] and not above.startswith(" "):
            lines[i:i] = ["::", ""]


def setup(app: Any) -> None:
    """Connect the two."""
    app.connect("autodoc-skip-member", _once)
    app.connect("autodoc-process-docstring", _code)
