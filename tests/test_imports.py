"""The map of the house: imports go one way."""

import ast
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[1]
_ROOMS = ("models", "pipelines", "reports")

# Who must not import whom: (files below, packages).
_FORBIDDEN = [
    *((room, [other for other in _ROOMS if other != room]) for room in _ROOMS),
    *((room, ["avbench.cli"]) for room in _ROOMS),
    ("avbench", ["avbench.cli", *_ROOMS]),
]


def imported(file: Path) -> set[str]:
    """Full names of all that a file imports, at the top or inside functions."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def files_of(package: str) -> list[Path]:
    command_line = [*(_ROOT / "avbench" / "cli").rglob("*.py"), _ROOT / "avbench" / "__main__.py"]
    return [file for file in (_ROOT / package).rglob("*.py") if file not in command_line]


@pytest.mark.parametrize(("package", "others"), _FORBIDDEN)
def test_no_room_imports_what_stands_above_or_beside_it(package, others):
    wrong = [
        f"{file.relative_to(_ROOT)} imports {name}"
        for file in files_of(package)
        for name in sorted(imported(file))
        if any(name == other or name.startswith(f"{other}.") for other in others)
    ]
    assert files_of(package) and not wrong


def test_the_check_sees_imports_inside_functions(tmp_path):
    file = tmp_path / "module.py"
    file.write_text("def f():\n    from reports import tables\n")
    assert imported(file) == {"reports.tables"}
