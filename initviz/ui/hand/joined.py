"""JavaScript modules as the one text that Streamlit takes for a component.

Modules name what they import, from files beside their own, and what they export where it is
defined; Biome's format has all of this, and no part of a function, at the beginning of a line.
"""

import re
from collections.abc import Iterator
from pathlib import Path

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+\.js)";\n', re.MULTILINE)
_DEFINED = re.compile(r"^(export )?(?:const|let|class|function) (\w+)", re.MULTILINE)
_DEFAULT = re.compile(r"^export default ", re.MULTILINE)
_OTHER = re.compile(r"^(?:(?:import|export)\b|(?:const|let) \W).*", re.MULTILINE)
# Streamlit sends the text with every run of the page; a browser needs no comments.
_COMMENT = re.compile(r"^ *(?:/\*\*.*?\*/|//[^\n]*)\n", re.MULTILINE | re.DOTALL)


def joined(entry: Path) -> str:
    """Return a module and all that it imports as one module, each file after those it needs."""
    texts: dict[Path, str] = {}
    owners: dict[str, str] = {}
    for path in _in_order(entry, [], []):
        source = path.read_text("utf-8")
        for _, name in _DEFINED.findall(source):
            if name in owners:
                raise ValueError(f"{name} is defined in {owners[name]} and in {path.name}")
            owners[name] = path.name
        texts[path] = _bare(path, source, last=path == entry)
    return "\n".join(text.strip("\n") + "\n" for text in texts.values())


def _in_order(path: Path, done: list[Path], under_way: list[Path]) -> Iterator[Path]:
    if path in done:
        return
    if path in under_way:
        circle = " → ".join(p.name for p in [*under_way[under_way.index(path) :], path])
        raise ValueError(f"imports go in a circle: {circle}")
    for names, file in _IMPORT.findall(path.read_text("utf-8")):
        needed = path.with_name(file)
        _check_exports(path, names, needed)
        yield from _in_order(needed, done, [*under_way, path])
    done.append(path)
    yield path


def _check_exports(path: Path, names: str, needed: Path) -> None:
    exported = {name for export, name in _DEFINED.findall(needed.read_text("utf-8")) if export}
    for name in filter(None, map(str.strip, names.split(","))):
        if name not in exported:
            raise ValueError(
                f"{path.name} imports {name} from {needed.name}, which does not export it"
            )


def _bare(path: Path, source: str, *, last: bool) -> str:
    """Leave out what one text has no need of, and refuse what it has no place for."""
    text = _DEFINED.sub(lambda found: found[0].removeprefix("export "), source)
    text = _COMMENT.sub("", _IMPORT.sub("", text))
    other = _OTHER.search(_DEFAULT.sub("", text) if last else text)
    if other:
        raise ValueError(f"{path.name} has a line that cannot be joined: {other[0]}")
    return text
