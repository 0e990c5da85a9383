"""The learned order of a flight's hotspots, as it is stored."""

from __future__ import annotations

from pipeline.artifacts import FlightPaths, read_json


def learned_chances(paths: FlightPaths, scoring: str) -> dict[str, float]:
    """The chance that each hotspot is real by the ranker; empty without one, or where the flight was scored anew.

    Raises
    ------
    ArtifactError : the file is damaged
    """
    if not paths.order.exists():
        return {}
    stored = read_json(paths.order)
    if not isinstance(stored, dict) or stored.get("scoring") != scoring:
        return {}
    return {str(spot): float(chance) for spot, chance in stored["chances"].items()}
