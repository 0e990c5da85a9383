"""Dependencies point one way, the core is pure, and nothing grows too large."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "pipeline"
SOURCES = sorted(PACKAGE.rglob("*.py"))
STAGES = {"ingest", "tile", "score", "grade", "render", "compare", "calibrate", "check", "new", "casework", "review"}
LAYERS = [
    {"__main__"},
    {"cli"},
    {
        "cli_review",
        "cli_groups",
        "cli_many",
        "cli_calibrate",
        "cli_compare",
        "cli_cases",
        "cli_acts",
        "cli_blocks",
        "cli_lists",
        "cli_office",
        "cli_notices",
        "cli_parties",
        "cli_taking_part",
        "cli_register",
    },
    {"options"},
    {"shown"},
    {"talk"},
    {"run", "together"},
    {"stages", "tasks"},
    STAGES,
    {"viewer", "manifest", "engine", "cluster", "spool", "artifacts", "io"},
    {"config"},
    {"settings", "problems"},
    {"core"},
    {"errors", "memory", "neighbours", "__init__"},
]
IMPURE = {"rasterio", "geopandas", "pyogrio", "pathlib", "logging", "pydantic", "typer", "os", "io", "sys"}


def part(module: str) -> str:
    """The part of the package that a module belongs to."""
    names = module.split(".")
    return names[1] if len(names) > 1 else "__init__"


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names if node.module == "pipeline")


def layer(module: str) -> int:
    return next(i for i, names in enumerate(LAYERS) if part(module) in names)


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_imports_point_down(path: Path) -> None:
    mine = module_of(path)
    for other in imports(path):
        if not other.startswith("pipeline.") or (
            not (PACKAGE / f"{part(other)}").with_suffix(".py").exists() and not (PACKAGE / part(other)).is_dir()
        ):
            continue
        assert layer(other) >= layer(mine), f"{mine} imports {other}"
        if part(mine) in STAGES:
            assert part(other) not in STAGES - {part(mine)}, f"stage {mine} imports stage {other}"


def test_the_layers_below_the_stages_have_no_cycle() -> None:
    edges = {module_of(p): {o for o in imports(p) if o.startswith("pipeline.")} for p in SOURCES}
    done: set[str] = set()

    def visit(module: str, above: tuple[str, ...]) -> None:
        assert module not in above, " -> ".join([*above, module])
        if module not in done and module in edges:
            for other in sorted(edges[module] - {module}):
                visit(other, (*above, module))
            done.add(module)

    for module in edges:
        visit(module, ())


@pytest.mark.parametrize("path", [p for p in SOURCES if p.parent.name == "core"], ids=module_of)
def test_the_core_is_pure(path: Path) -> None:
    roots = {name.split(".")[0] for name in imports(path)}
    assert not roots & IMPURE
    calls = {
        n.func.id
        for n in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    }
    assert not calls & {"open", "print", "input"}


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_nothing_grows_too_large(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno + 1 <= 50, f"{node.name} is too long"
            commands = part(module_of(path)).startswith("cli")
            places = [a.arg for a in (*node.args.posonlyargs, *node.args.args) if a.arg not in ("self", "cls")]
            assert commands or len(places) <= 4, f"{node.name} has {len(places)} positional parameters"


def test_hex_colours_live_in_the_vocabulary() -> None:
    from pipeline.core.vocabulary import Grade

    ours = {grade.facts.colour for grade in Grade}
    for path in (*SOURCES, *PACKAGE.rglob("*.js"), *PACKAGE.rglob("*.css"), *PACKAGE.rglob("*.html")):
        if path.name != "vocabulary.py":
            found = {colour for colour in ours if colour in path.read_text(encoding="utf-8").lower()}
            assert not found, f"{path.name} repeats {found}"


def test_top_level_is_what_was_agreed() -> None:
    allowed = {"pipeline", "notebooks", "configs", "sample_tiles", "tests", "pyproject.toml", "README.md", "LICENSE"}
    made = {"runs", "build", "dist", "wuse.egg-info"}
    found = {p.name for p in PACKAGE.parent.iterdir() if not p.name.startswith(".")}
    assert found <= allowed | made
