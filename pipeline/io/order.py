"""The learned order of a flight's hotspots, as it is stored beside the answers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.artifacts import read_json, write_json


def write_order(path: Path, scoring: str, model: str, chances: Mapping[str, float]) -> None:
    """Store the chance that each hotspot is real, for one table of hotspots."""
    write_json(path, {"version": 1, "scoring": scoring, "model": model, "chances": dict(chances)})


def read_order(path: Path, scoring: str) -> dict[str, float]:
    """The chance that each hotspot is real by the ranker; empty without one, or where the flight was scored anew.

    Raises
    ------
    ArtifactError : the file is damaged
    """
    stored = read_json(path) if path.exists() else None
    if not isinstance(stored, dict) or stored.get("scoring") != scoring:
        return {}
    return {str(spot): float(chance) for spot, chance in stored["chances"].items()}
