"""A copy of the product's tree, with a bug in it or without.

The product has no switch for any bug: a patch changes the copy, and the finders run there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.process import ROOT

PATCHES = Path(__file__).parent / "patches"
#: What the finders need of the tree.
COPIED = ("engine", "tasks", "workers", "tests", "celeryconfig.py", "pyproject.toml")
#: So many lines around a change must still be what they were.
CONTEXT_LINES = 2


class DoesNotApply(Exception):
    """A patch no longer fits the tree."""


def patch_of(bug: str) -> Path:
    return PATCHES / f"{bug}.patch"


def copy_tree(folder: Path) -> Path:
    """Copy today's tree into the folder, and return the folder."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            skipped = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, folder / name, ignore=skipped, dirs_exist_ok=True)
        else:
            shutil.copy2(source, folder / name)
    return folder


def plant(bug: str, tree: Path) -> list[Path]:
    """Put the bug into the copy and return the files that it changes; DoesNotApply says why not."""
    _apply(bug, tree)
    return [tree / name for name in touched_files(bug)]


def uproot(bug: str, tree: Path) -> None:
    """Take the bug out of the copy again."""
    _apply(bug, tree, "--reverse")


def touched_files(bug: str) -> list[str]:
    """Return the files that the patch changes, from the root of the tree."""
    lines = patch_of(bug).read_text(encoding="utf-8").splitlines()
    return [line.removeprefix("+++ b/") for line in lines if line.startswith("+++ b/")]


def _apply(bug: str, tree: Path, *options: str) -> None:
    # A copy inside somebody's repository is still a tree of its own
    environ = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tree.parent)}
    command = ["git", "apply", f"-C{CONTEXT_LINES}", *options, str(patch_of(bug))]
    if shutil.which("git") is None:
        raise DoesNotApply("git is not installed; it is what applies the patches")
    done = subprocess.run(command, cwd=tree, env=environ, capture_output=True, text=True)
    if done.returncode:
        raise DoesNotApply(
            f"{bug}.patch does not apply any more; plant the bug anew and save the difference:"
            f" {done.stderr.strip()}"
        )
