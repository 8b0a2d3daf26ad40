"""Every planted bug still fits the product, and what it makes of it still compiles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.planted.bugs import BUGS
from tests.planted.tree import PATCHES, DoesNotApply, copy_tree, plant, touched_files, uproot
from tests.process import ROOT
from tests.redis_server import RedisServer, redis_server

NAMES = [bug.name for bug in BUGS]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One copy for all: a patch that was applied is taken out again."""
    return copy_tree(tmp_path_factory.mktemp("tree"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.mark.parametrize("bug", NAMES)
def test_a_planted_bug_applies_and_compiles(bug: str, tree: Path, server: RedisServer) -> None:
    """A patch that has rotten away would be found by nobody, and prove nothing."""
    files = plant(bug, tree)
    try:
        for file in files:
            assert file.read_bytes() != (ROOT / file.relative_to(tree)).read_bytes()
            compile_file(file, server)
    finally:
        uproot(bug, tree)


def compile_file(file: Path, server: RedisServer) -> None:
    """Raise what the file's own compiler says against it; pieces that scripts share stand alone."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".lua":
        with closing(server.client()) as client:
            client.script_load(text)
    else:
        compile(text, str(file), "exec")


def test_every_patch_is_a_bug_that_is_hunted() -> None:
    """No patch lies about that no finder is sent after, and none is missing."""
    assert sorted(path.stem for path in PATCHES.iterdir()) == sorted(NAMES)


@pytest.mark.parametrize("bug", NAMES)
def test_a_bug_is_planted_in_the_product_only(bug: str) -> None:
    """A finder that were changed with the product would prove nothing about the product."""
    folders = {name.split("/")[0] for name in touched_files(bug)}
    assert folders <= {"engine", "tasks", "workers"}


def test_a_patch_that_does_not_fit_says_so(tree: Path) -> None:
    """A bug that is in already cannot be planted again."""
    plant(NAMES[0], tree)
    try:
        with pytest.raises(DoesNotApply, match=NAMES[0]):
            plant(NAMES[0], tree)
    finally:
        uproot(NAMES[0], tree)
