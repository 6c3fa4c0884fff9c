"""The hook by which Hypothesis learns our strategies: `st.from_type(Deal)` draws deals that are
some.

It runs whenever anybody imports Hypothesis where this library is installed. So it only says which
classes there are: what draws them is imported when the first is asked for.
"""

from __future__ import annotations

from typing import Any, get_origin

#: The first version that the extra ``salesstatus[testing]`` takes. Much older ones take no
#: NotImplemented for an answer.
_OLDEST = (6, 120)


def register() -> None:
    """Tell Hypothesis whom to ask for each class of values."""
    from hypothesis import __version_info__  # noqa: PLC0415 - at the latest moment, as all here
    from hypothesis import strategies as st  # noqa: PLC0415

    if __version_info__ < _OLDEST:
        return
    import salesstatus  # noqa: PLC0415
    from salesstatus import leads, tables  # noqa: PLC0415
    from salesstatus.ports import Done, Standing, Versioned  # noqa: PLC0415

    public = [getattr(door, name) for door in (salesstatus, leads, tables) for name in door.__all__]
    values = [
        each for each in public if isinstance(each, type) and hasattr(each, "__attrs_attrs__")
    ]
    classes = {*values, leads.Rights, Done, Standing, Versioned} - {
        tables.LeadCsv
    }  # a file being read is no value

    def drawn(asked: Any) -> Any:
        # Who asks for any object, any mapping or any ValueError asks for none of ours.
        if (get_origin(asked) or asked) not in classes:
            return NotImplemented
        from salesstatus.testing.answers import of  # noqa: PLC0415

        return of(asked)

    for class_ in classes:
        st.register_type_strategy(class_, drawn)
