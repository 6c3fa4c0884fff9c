"""Settings of the documentation: `python3 dev.py check` builds it with warnings as errors."""

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
# A type variable is no page of its own, and Python's classes have theirs elsewhere.
nitpick_ignore = [("py:class", "salesstatus.wire.T"), ("py:class", "datetime.datetime")]
# Drawn values are of a class of Hypothesis, whose docs are elsewhere.
nitpick_ignore_regex = [("py:class", r"hypothesis\..*")]
