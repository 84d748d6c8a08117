"""The shape of the tree that other things rely on."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_data_folders_are_not_packages() -> None:
    """`packaging` as a package would shadow the library that transformers and pytest import."""
    for folder in ("packaging", "resources"):
        assert not list((ROOT / folder).rglob("__init__.py"))


def test_every_folder_of_code_is_a_package() -> None:
    for top in ("app", "engine"):
        for folder in {path.parent for path in (ROOT / top).rglob("*.py")}:
            assert (folder / "__init__.py").exists(), f"{folder} has no __init__.py: it would be missing from the wheel"


def test_torch_is_pinned_exactly() -> None:
    """A range would fetch several gigabytes of another build beside a working one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [line for lines in project["optional-dependencies"].values() for line in lines if line.startswith("torch")]
    assert named
    assert all(line.startswith("torch==2.13.0") for line in named)


def test_the_window_never_imports_the_engine_beyond_its_protocol() -> None:
    """Import-linter holds this too; here it also covers imports inside functions. `__main__` hands verbs over."""
    for path in (ROOT / "app").rglob("*.py"):
        if path.name in ("__main__.py", "doctor.py") and path.parent.name == "app":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            for name in names:
                top = name.split(".")[0]
                assert top not in ("torch", "mlx", "transformers", "numpy"), f"{path}: imports {name}"
                assert top != "engine" or name == "engine.protocol", f"{path}: imports {name}"
