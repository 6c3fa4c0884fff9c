"""The entry point of installations made before the hook had a module of its own."""

from _salesstatus_hypothesis import register

__all__ = ["register"]
