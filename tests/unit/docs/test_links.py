"""The documents point at what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.docs.linking import DOCUMENTS, ROOT, CodeLink, find_links

LINKS = [link for document in DOCUMENTS for link in find_links(document)]
PLAIN = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


@pytest.mark.parametrize("link", LINKS, ids=lambda link: f"{link.document.stem}:{link.name}")
def test_a_link_meets_the_line_that_it_names(link: CodeLink) -> None:
    """`make fmt` moves the links after a change."""
    assert link.real_line is not None, f"{link.path} does not define {link.name}"
    assert link.line == link.real_line


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda page: page.name)
def test_every_linked_file_exists(document: Path) -> None:
    """No document points into the void."""
    for target in PLAIN.findall(document.read_text()):
        assert (document.parent / target).exists(), target


def test_the_life_of_an_order_is_told_in_twenty_steps() -> None:
    """The page is linked densely enough to be followed with a finger."""
    steps = [link for link in LINKS if link.document == ROOT / "docs/life-of-an-order.md"]
    assert len(steps) >= 20
