"""A package whose names are imported when they are first used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module

#: The `__getattr__` and the `__dir__` of a package.
Door = tuple[Callable[[str], object], Callable[[], list[str]]]


def door(package: str, rooms: Mapping[str, str]) -> Door:
    """Return the `__getattr__` and `__dir__` of a package, by its rooms and their names, as words.

    A room's module is imported when one of its names is asked for. Type checkers do not read this:
    they see the imports beside it, and a test compares the two.
    """
    home = {name: room for room, names in rooms.items() for name in names.split()}

    def get(name: str) -> object:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(home[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return get, lambda: sorted({*vars(sys.modules[package]), *home})
