"""How values look: as text."""
