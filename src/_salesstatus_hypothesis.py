"""The hook that Hypothesis loads wherever the library is installed, so that it knows its classes.

It stands outside the package, because to import a room of the package is to import its door: so
`import hypothesis` imports this file and nothing else of the library. The strategies are imported
when Hypothesis is first asked for one of the classes.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, get_origin

#: The oldest version that the extra ``salesstatus[testing]`` accepts.
_OLDEST = (6, 120)


def register() -> None:
    """Make `st.from_type` know the classes of the library.

    An error here must not break ``import hypothesis``: then the classes are not known, and a test
    of the library fails.
    """
    with suppress(Exception):
        _register()


def _register() -> None:
    import hypothesis  # noqa: PLC0415 - which imports this module
    from hypothesis import strategies as st  # noqa: PLC0415
    from hypothesis.strategies._internal import types  # noqa: PLC0415

    if hypothesis.__version_info__ < _OLDEST:
        return
    # By the name of a package, who answers for its classes once it is imported: so Hypothesis
    # itself does it for NumPy. Its own versions decide how long this table has this name.
    resolvers: dict[str, Any] | None = getattr(types, "_global_extra_lookup", None)
    if resolvers is not None:
        resolvers["salesstatus"] = strategy_or_none
        return
    from salesstatus.testing.from_type import STRATEGIES, strategy_of  # noqa: PLC0415

    for class_ in STRATEGIES:
        st.register_type_strategy(class_, strategy_of)


def strategy_or_none(asked: Any) -> Any:
    """Return the strategy of a class of the library; None for anything else."""
    class_ = get_origin(asked) or asked
    if str(getattr(class_, "__module__", "")).partition(".")[0] != "salesstatus":
        return None
    from salesstatus.testing.from_type import STRATEGIES, strategy_of  # noqa: PLC0415

    return strategy_of(asked) if class_ in STRATEGIES else None
