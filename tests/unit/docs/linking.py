"""Links from the documents to lines of code: find them, check them, move them.

A link names what its line defines: [`name`](path#L12), or [words](path#L12 "name").
`python -m tests.unit.docs.linking` writes the right line numbers into the documents.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LINK = re.compile(
    r'\[(?P<text>[^\]]+)\]\((?P<path>[^)#\s]+\.py)#L(?P<line>\d+)(?: "(?P<name>[^"]+)")?\)'
)
DOCUMENTS = sorted([*ROOT.glob("docs/*.md"), ROOT / "README.md"])


@dataclass(frozen=True, kw_only=True)
class CodeLink:
    document: Path
    whole: str
    path: str
    name: str
    line: int

    @property
    def target(self) -> Path:
        return (self.document.parent / self.path).resolve()

    @property
    def real_line(self) -> int | None:
        """Return the line where the name is defined; None when the file does not define it."""
        return definitions(self.target).get(self.name) if self.target.is_file() else None


def find_links(document: Path) -> list[CodeLink]:
    return [
        CodeLink(
            document=document,
            whole=match[0],
            path=match["path"],
            name=match["name"] or match["text"].strip("`"),
            line=int(match["line"]),
        )
        for match in LINK.finditer(document.read_text())
    ]


@cache
def definitions(path: Path) -> dict[str, int]:
    """Return the line of every function and class; methods as Class.method."""
    found: dict[str, int] = {}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[node.name] = node.lineno
        if isinstance(node, ast.ClassDef):
            methods = (item for item in node.body if isinstance(item, ast.FunctionDef))
            found |= {f"{node.name}.{item.name}": item.lineno for item in methods}
    return found


def write_lines(document: Path) -> None:
    """Move every link of the document to the line where its name is defined now."""
    text = document.read_text()
    for link in find_links(document):
        if link.real_line is not None:
            moved = link.whole.replace(f"#L{link.line}", f"#L{link.real_line}")
            text = text.replace(link.whole, moved)
    document.write_text(text)


if __name__ == "__main__":
    for page in DOCUMENTS:
        write_lines(page)
