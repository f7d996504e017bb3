"""Modules become one text that a browser takes for one module."""

from pathlib import Path

import pytest

from initviz.ui.hand import joined as module
from initviz.ui.hand.joined import joined

HAND = Path(module.__file__).with_name("hand.js")


def write(folder: Path, **files: str) -> Path:
    """Write modules and return the entry, which is called a."""
    for name, text in files.items():
        (folder / f"{name}.js").write_text(text)
    return folder / "a.js"


def test_each_file_stands_once_after_those_it_needs(tmp_path: Path) -> None:
    entry = write(
        tmp_path,
        a='// Why.\n\nimport {\n  two,\n  three,\n} from "./b.js";\n'
        'import { one } from "./c.js";\n\n'
        "/**\n * @param {X} x\n */\nfunction go(x) {\n  // Why.\n  return one + two + x;\n}\n\n"
        "export default go;\n",
        b='import { one } from "./c.js";\n\nexport const two = one + one;\n'
        "export function three() {}\n",
        c="export const one = 1;\n",
    )
    assert joined(entry) == (
        "const one = 1;\n\n"
        "const two = one + one;\nfunction three() {}\n\n"
        "function go(x) {\n  return one + two + x;\n}\n\nexport default go;\n"
    )


@pytest.mark.parametrize("second", ["let one = 2;", "export class one {}", "function one() {}"])
def test_a_name_that_two_files_define_is_refused(tmp_path: Path, second: str) -> None:
    entry = write(
        tmp_path,
        a=f'import {{ two }} from "./b.js";\n{second}\nexport default two;\n',
        b="const one = 1;\nexport const two = one;\n",
    )
    with pytest.raises(ValueError, match=r"one is defined in b.js and in a.js"):
        joined(entry)


def test_a_name_that_is_not_exported_is_refused(tmp_path: Path) -> None:
    entry = write(tmp_path, a='import { one } from "./b.js";\n', b="const one = 1;\n")
    with pytest.raises(ValueError, match=r"a.js imports one from b.js, which does not export it"):
        joined(entry)


def test_a_circle_is_refused(tmp_path: Path) -> None:
    entry = write(
        tmp_path,
        a='import { b } from "./b.js";\n',
        b='import { c } from "./c.js";\nexport const b = c;\n',
        c='import { b } from "./b.js";\nexport const c = b;\n',
    )
    with pytest.raises(ValueError, match=r"b.js → c.js → b.js"):
        joined(entry)


@pytest.mark.parametrize(
    "line",
    [
        'import { one as two } from "./b.js";',
        'import * as b from "./b.js";',
        'import "./b.js";',
        'export { one } from "./b.js";',
        "export const { one } = two;",
        "const [one] = two;",
    ],
)
def test_what_cannot_be_joined_is_refused(tmp_path: Path, line: str) -> None:
    entry = write(tmp_path, a=f"{line}\n", b="export const one = 1;\n")
    with pytest.raises(ValueError, match=r"a.js (has a line that cannot be joined|imports one as)"):
        joined(entry)


def test_only_the_entry_has_a_default(tmp_path: Path) -> None:
    entry = write(
        tmp_path,
        a='import { one } from "./b.js";\nexport default one;\n',
        b="export const one = 1;\nexport default one;\n",
    )
    with pytest.raises(ValueError, match=r"b.js has a line that cannot be joined: export default"):
        joined(entry)


def test_every_module_of_the_hand_is_in_its_text() -> None:
    text = joined(HAND)
    for path in HAND.parent.glob("*.js"):
        last = path.read_text().rstrip().splitlines()[-1]
        assert last.removeprefix("export const ") in text, path.name
    assert text.count("export ") == 1
    assert "import " not in text
