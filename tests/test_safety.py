"""What strangers may send, and what the code may never do with it."""

import ast
import re
import tomllib
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit import config as streamlit_config
from streamlit.testing.v1 import AppTest

from initviz import Batch, Network
from initviz.checkpoints.tensors import MAX_BYTES, MIB
from initviz.setting import cost
from initviz.setting.links import FIELDS, Reading, from_params, from_query
from initviz.ui.text import plain

ROOT = Path(__file__).parent.parent
FILES = [ROOT / "app.py", *ROOT.glob("pages/**/*.py"), *ROOT.glob("initviz/**/*.py")]
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())

UNSAFE_MODULES = {
    "cloudpickle", "commands", "dill", "joblib", "jsonpickle", "marshal", "pickle", "pty",
    "shelve", "telnetlib", "xml",
}  # fmt: skip
UNSAFE_CALLS = {
    "__import__", "compile", "eval", "exec", "os.popen", "os.system", "torch.load",
    "torch.hub.load", "torch.jit.load", "yaml.load", "yaml.unsafe_load", "np.load",
    "pd.read_pickle", "pd.eval", "subprocess.getoutput", "subprocess.getstatusoutput",
    "st.iframe", "components.html", "components.iframe",
}  # fmt: skip
UNSAFE_ARGUMENTS = {"shell", "unsafe_allow_html", "unsafe_allow_javascript", "allow_pickle"}


def dangers(source: str) -> list[str]:
    """Return what a file does that no file here may do."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name.partition(".")[0] for alias in node.names]
            found += [f"import {name}" for name in names if name in UNSAFE_MODULES]
        elif isinstance(node, ast.ImportFrom):
            library = str(node.module).partition(".")[0]
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [f"import {name}" for name in names if name in UNSAFE_CALLS]
            found += [f"import {library}"] if library in UNSAFE_MODULES else []
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            found += [name] if name in UNSAFE_CALLS else []
            found += [f"{k.arg}=" for k in node.keywords if k.arg in UNSAFE_ARGUMENTS]
            found += ["html"] if name.rpartition(".")[2] == "html" else []
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_runs_unpickles_or_inserts_what_it_is_given(path: Path) -> None:
    constant_rules = ["html"] if path.name == "style.py" else []
    assert dangers(path.read_text()) == constant_rules


def test_the_only_html_is_a_constant() -> None:
    tree = ast.parse((ROOT / "initviz" / "ui" / "style.py").read_text())
    texts = {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    shown = [node.args for node in calls if ast.unparse(node.func) == "st.html"]
    assert [ast.unparse(argument) for (argument,) in shown] == ["_RULES"]
    assert isinstance(texts["_RULES"], ast.Constant)
    assert "<script" not in texts["_RULES"].value


@pytest.mark.parametrize(
    "source",
    [
        "eval(x)", "exec(x)", "import pickle", "from pickle import loads", "import xml.etree",
        "torch.load(f)", "from torch import load", "from yaml import load", "yaml.load(f)",
        "np.load(f)", "os.system(x)", "subprocess.run(x, shell=True)", "st.html(x)",
        "st.markdown(x, unsafe_allow_html=True)", "streamlit.html(x)", "pd.read_pickle(f)",
        "components.html(x)", "def f():\n    return [eval(x) for x in y]", "import joblib as j",
    ],
)  # fmt: skip
def test_the_walk_sees_what_it_looks_for(source: str) -> None:
    assert dangers(source)


def test_other_pages_may_not_connect_or_write() -> None:
    server = CONFIG["server"]
    assert server["enableCORS"]
    assert server["enableXsrfProtection"]
    assert not server.get("enableAgentApi")
    assert not server.get("enableStaticServing")
    assert not server.get("scriptHealthCheckEnabled")
    assert "trustedUserHeaders" not in server
    assert not CONFIG.get("global", {}).get("developmentMode")
    assert CONFIG["client"]["showErrorDetails"] == "none"
    assert not CONFIG["browser"]["gatherUsageStats"]


def test_the_limits_of_messages_are_known_to_streamlit() -> None:
    known = streamlit_config.get_config_options()
    assert {f"server.{name}" for name in CONFIG["server"]} <= set(known)
    assert CONFIG["server"]["maxMessageSize"] <= 10
    assert CONFIG["server"]["maxWidgetStateSize"] <= 1


def test_one_page_takes_one_file_of_the_size_that_is_read() -> None:
    taking = [
        path.name for path in FILES if re.search(r"file_uploader|accept_file", path.read_text())
    ]
    assert taking == ["weights.py"]
    assert CONFIG["server"]["maxUploadSize"] * MIB == MAX_BYTES
    proxy = (ROOT / "deploy" / "Caddyfile").read_text()
    assert f"max_size {MAX_BYTES // MIB + 1}MiB" in proxy


LONG = 100_000
NUMBERS = [
    "1e999", "-1e999", "nan", "-nan", "inf", "-Infinity", "9" * 400, "9" * 5000, "-" + "9" * 5000,
    "1e-999", "0x7f", "0b1", "1_0", "１２", "٣", "²", "Ⅷ", "½", "1e", "1.", ".", "--1", "+-1",
    " 7 ", "7\n", "\t", "1,5", "1 2", "True", "None", "null", "[]", "{}", "1;2", "0" * LONG + "1",
    "0." + "0" * LONG + "1", "9" * LONG,
]  # fmt: skip
TEXTS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"'><svg/onload=alert(1)>",
    "javascript:alert(1)", "[x](javascript:alert(1))", "![x](//evil.example/x.png)",
    "**x**\n\n# y", "$\\href{//evil.example}{x}$", ":red[x]", "`x`", "&lt;b&gt;", "<!--", "]]>",
    "' OR '1'='1", "1; DROP TABLE users--", "../../../../etc/passwd", "..\\..\\windows\\win.ini",
    "file:///etc/passwd", "%2e%2e%2f", "${7*7}", "{{7*7}}", "{0.__class__}", "%s%n%x", "$(id)",
    "`id`", "|id", "__import__('os').system('id')", "__class__", "__init__", "model_config",
    "\x00", "relu\x00", "\u202erelu", "\u2066relu\u2069", "\ufeffrelu", "re\u200blu", "ｒｅｌｕ",
    "RELU ", "\ud800", "\U0010ffff", "🧨" * 1000, "é" * LONG, "e\u0301" * 1000, "\r\nSet-Cookie: a",
    "a" * LONG, "\\" * 1000, "'" * 1000,
]  # fmt: skip
QUERIES = [
    "", "&&&&", "=", "===", "=1", "?depth=3", "depth", "depth=%", "depth=%zz", "depth=%00",
    "depth=%u0033", "depth=%FF%FE", "%64epth=3", "depth=3;width=5", "depth[]=3", "depth=3#x",
    "depth=1&" * 900, "unknown=1&__proto__=2&constructor=3", "&".join(f"x{i}" for i in range(900)),
    "depth=200&width=2048&size=4096&dtype=float64&initializer=orthogonal&normalization=batch",
    "inputs=digits&size=4096&width=2048&depth=200", "scale=nan&initializer=normal",
    "scale=1e308&initializer=uniform", "bias_mean=-1e308&bias_std=1e308", "pin=pin%3Dpin",
]  # fmt: skip


def assert_usable(reading: Reading) -> None:
    """The setting is one that a person could have chosen, and every complaint is one short line."""
    assert Network(**reading.network.model_dump()) == reading.network
    assert Batch(**reading.batch.model_dump()) == reading.batch
    assert cost.fits(reading.network, reading.batch)
    for problem in reading.problems:
        assert len(problem) < 400
        assert problem.isprintable()


def assert_echoed_briefly(reading: Reading, hostile: str) -> None:
    """No complaint repeats more than a few words of what it was given."""
    pieces = {hostile[i : i + 45] for i in range(min(len(hostile), 1000) - 44)}
    assert not any(piece in problem for problem in reading.problems for piece in pieces)


@pytest.mark.parametrize("hostile", [*NUMBERS, *TEXTS], ids=lambda text: repr(text)[:30])
def test_a_hostile_value_of_any_field_becomes_a_valid_setting(hostile: str) -> None:
    for field in FIELDS:
        reading = from_params({field: [hostile]})
        assert_usable(reading)
        assert_echoed_briefly(reading, hostile)
    together = from_params({**{field: ["1", hostile] for field in FIELDS}, hostile: [hostile]})
    assert_usable(together)
    assert_echoed_briefly(together, hostile)


@pytest.mark.parametrize("query", QUERIES, ids=lambda text: repr(text)[:30])
def test_a_hostile_query_becomes_a_valid_setting(query: str) -> None:
    assert_usable(from_query(query))


_PARTS = st.sampled_from(
    [*FIELDS, *NUMBERS[:30], *TEXTS[:40], "%", "&", "=", ";", "+", "#", "\x00"]
)


@given(st.lists(_PARTS | st.text(max_size=10), max_size=12).map("".join) | st.text())
def test_no_query_at_all_is_an_error(query: str) -> None:
    assert_usable(from_query(query))


MARKDOWN = set("\\`*_{}[]()#+!|<>~:$&-")


def unescaped(markdown: str) -> str:
    """Return what is left for Markdown to interpret."""
    return re.sub(r"\\[^A-Za-z0-9\s]", "", markdown)


@given(st.text(st.characters() | st.sampled_from(sorted(MARKDOWN))))
def test_escaping_leaves_nothing_to_markdown_and_loses_nothing(text: str) -> None:
    escaped = plain(text)
    assert re.sub(r"\\([^A-Za-z0-9\s])", r"\1", escaped.replace(NO_WIDTH, "")) == text
    assert not set(unescaped(escaped)) & MARKDOWN


# The mark that stops what Streamlit looks for once Markdown has been read.
NO_WIDTH = "\u2060"


@pytest.mark.parametrize(
    "text",
    ["https://e.example/x", "www.e.example", "WWW.e.example", "me@e.example", "mailto:me@e.example",
     ":streamlit:", ":material/home:", "[a](https://e.example)", "ftp://e.example"],
)  # fmt: skip
def test_no_word_becomes_a_link_a_picture_or_an_icon(text: str) -> None:
    left = unescaped(plain(f"got '{text}'; using 20."))
    found = re.search(r"\w+:/|www\.|\w@\w|:\w+:|:material/", left.replace("\\", ""), re.IGNORECASE)
    assert found is None


def test_complaints_are_few_however_many_there_are() -> None:
    assert len(from_query("&".join(map(str, range(5000)))).problems) <= 11
    app = opened({"pin": ["&".join(map(str, range(5000)))] * 3, "depth": ["x"] * 50})
    assert len(app.warning[0].value.splitlines()) <= 30


def opened(params: dict[str, str | list[str]]) -> AppTest:
    app = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    app.query_params.update(params)
    return app.run()


def texts_of(app: AppTest) -> list[str]:
    """Return every text that the page shows, of whatever kind."""
    found = [
        getattr(node, attribute, None)
        for block in (app.main, app.sidebar)
        for node in block
        for attribute in ("value", "label", "help", "placeholder", "options")
    ]
    return [text for text in map(str, found) if text]


# A letter that the page itself has no use for: where it shows up, a stranger wrote it.
MARK = "Ŧ"


@pytest.mark.parametrize(
    "hostile",
    [
        f"<script>{MARK}</script>", f"[{MARK}](javascript:alert(1))", f"![{MARK}](//e.example/x)",
        f"**{MARK}**\n\n# {MARK}", f"${MARK}^2$", f":red[{MARK}]", f"`{MARK}`", f"\u202e{MARK}",
        f"{MARK}\x00", f"' OR {MARK}--", f"../{MARK}", MARK * 2000,
    ],
    ids=lambda text: repr(text)[:30],
)  # fmt: skip
def test_the_page_shows_hostile_words_as_words(hostile: str) -> None:
    nested = f"depth={quote(hostile)}&pin={quote(hostile)}&{quote(hostile)}=1"
    app = opened({
        "depth": hostile, "panel": hostile, "activation": ["relu", hostile], "gain": "1e999",
        hostile: "1", "pin": [hostile, nested, quote(nested), hostile],
    })  # fmt: skip
    assert not app.exception
    assert not app.error
    written = [text for text in texts_of(app) if MARK in text]
    assert written == [app.warning[0].value], "only the complaints repeat it"
    assert not set(unescaped(written[0])) & MARKDOWN
    lines = written[0].split("  \n")
    assert len(lines) == 12
    assert all(line.replace(NO_WIDTH, "").isprintable() and len(line) < 500 for line in lines)
    assert MARK not in str(app.query_params), "the address holds what is shown"


def test_the_page_survives_every_hostile_value_at_once() -> None:
    values = [text for text in [*NUMBERS, *TEXTS] if text.isprintable() and len(text) < 500]
    app = opened({**dict.fromkeys(FIELDS, values), "pin": values, "of": values})
    assert not app.exception
    assert not app.error
    assert "Traceback" not in " ".join(texts_of(app))
