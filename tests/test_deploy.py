"""What is handed to those who serve the page: image, replicas, proxy, audit."""

import base64
import hashlib
import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib import metadata
from pathlib import Path

import pytest
import streamlit
import yaml
from streamlit import config as streamlit_config

from deploy.audit import newest, verdict
from initviz.engine import kernels

ROOT = Path(__file__).parent.parent
DOCKERFILE = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())
STEPS = [line.split(maxsplit=1) for line in DOCKERFILE.splitlines() if line[:1] not in ("", "#")]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
CADDYFILE = (ROOT / "deploy" / "Caddyfile").read_text()


def arguments(instruction: str) -> list[str]:
    return [rest for name, rest in STEPS if name == instruction]


def pinned(package: str) -> str:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return next(line for line in lines if line.startswith(f"{package}=="))


def reaches_the_build(path: str) -> bool:
    """Read .dockerignore as Docker does: the last pattern that matches decides."""
    parts = Path(path).parts
    above = ["/".join(parts[: i + 1]) for i in range(len(parts))]
    ignored = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!").removeprefix("**/")
        names = parts if line.startswith("**/") else above
        if not line.startswith("#") and any(fnmatch(name, pattern) for name in names):
            ignored = not line.startswith("!")
    return not ignored


def copied() -> Iterator[tuple[Path, Path]]:
    """Give every file that a COPY takes, with its place under the image's work directory."""
    for rest in arguments("COPY"):
        *sources, target = rest.split()
        for source in map(ROOT.joinpath, sources):
            files = source.rglob("*") if source.is_dir() else [source]
            for file in files:
                if file.is_file() and reaches_the_build(file.relative_to(ROOT).as_posix()):
                    inside = file.relative_to(source if source.is_dir() else source.parent)
                    yield file, Path(target) / inside


def test_the_image_runs_as_a_user_known_by_number_who_is_not_root() -> None:
    user = arguments("USER")[-1]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    names = [name for name, _ in STEPS]
    assert "RUN" not in names[names.index("USER") :]
    assert names[-1] == "CMD"
    assert not any("chown" in rest for _, rest in STEPS), "the page's files stay root's"


def test_torch_comes_first_alone_from_its_own_index_and_is_the_same() -> None:
    installs = [rest for rest in arguments("RUN") if "pip install" in rest]
    assert installs[0] == (
        f"pip install {pinned('torch')} --index-url https://download.pytorch.org/whl/cpu"
    )
    assert installs[1:] == ["pip install -r requirements.txt"]
    order = [f"{name} {rest}" for name, rest in STEPS]
    code = order.index("COPY initviz/ initviz/")
    assert order.index("RUN pip install -r requirements.txt") < code, "code changes most often"


def test_the_health_check_asks_streamlit_without_curl() -> None:
    options, command = arguments("HEALTHCHECK")[0].split("CMD", 1)
    assert "--start-period" in options
    *_, code = json.loads(command)
    assert "/_stcore/health" in code
    assert "curl" not in DOCKERFILE
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        code = code.replace("8501", str(nobody.getsockname()[1]))
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert run.returncode == 1, "nobody listens there"


def test_the_server_is_started_for_the_outside_with_options_that_exist() -> None:
    command = json.loads(arguments("CMD")[0])
    assert command[:3] == ["python", "-m", "deploy.serve"]
    options = dict(zip(command[3::2], command[4::2], strict=True))
    assert options["--server.headless"] == "true"
    assert options["--server.address"] == "0.0.0.0"  # noqa: S104 - inside a container
    known = streamlit_config.get_config_options()
    assert all(name.removeprefix("--") in known for name in options)


def test_every_copied_source_exists_and_reaches_the_build() -> None:
    for rest in arguments("COPY"):
        for source in rest.split()[:-1]:
            assert (ROOT / source).exists(), source
    assert reaches_the_build(".streamlit/config.toml")
    for path in (
        ".git/config", ".streamlit/secrets.toml", ".venv/bin/python", "tests/conftest.py",
        "initviz/__pycache__/probe.cpython-311.pyc", "docs/hand.gif", ".env",
    ):  # fmt: skip
        assert not reaches_the_build(path), path


def test_the_copied_files_are_enough_for_the_page(tmp_path: Path) -> None:
    places = dict(copied())
    needed = {"app.py", ".streamlit/config.toml", "docs/icon.png", "initviz/__init__.py"}
    assert {place.as_posix() for place in places.values()} >= needed
    # A compiled loop is known by the time its source was written: it need not be compiled again.
    loops = Path(kernels.__file__).parent.glob("__pycache__/*.nb[ic]")
    for file, place in (*places.items(), *((loop, loop.relative_to(ROOT)) for loop in loops)):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, tmp_path / place)
    code = (
        "import initviz, deploy.serve; from streamlit.testing.v1 import AppTest; "
        "app = AppTest.from_file('app.py', default_timeout=60).run(); "
        "assert not app.exception, app.exception; print(initviz.__file__, len(app.slider))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == [str(tmp_path / "initviz" / "__init__.py"), "1"]


def test_no_container_can_do_more_than_it_needs() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert not service.get("privileged"), name
        assert service["cpus"] <= 1, name
        assert service["pids_limit"] <= 256, name
        assert service["mem_limit"] == service["memswap_limit"], name


def test_two_replicas_are_reached_through_the_proxy_only() -> None:
    services = COMPOSE["services"]
    replicas = [name for name, service in services.items() if service["image"] == "initviz"]
    assert len(replicas) == 2
    for name in replicas:
        assert services[name]["networks"] == ["inside"], name
        assert "ports" not in services[name], name
        assert "volumes" not in services[name], name
    assert COMPOSE["networks"]["inside"]["internal"]
    addresses = " ".join(f"{name}:{arguments('EXPOSE')[0]}" for name in replicas)
    assert f"{{$INITVIZ_REPLICAS:{addresses}}}" in CADDYFILE
    assert services["proxy"]["environment"]["INITVIZ_REPLICAS"].endswith(f":-{addresses}}}")
    assert set(services["proxy"]["depends_on"]) == set(replicas)


def test_visitors_are_told_apart_by_cookie_and_not_by_address() -> None:
    assert "lb_policy cookie" in CADDYFILE
    assert "ip_hash" not in CADDYFILE


def test_the_policy_allows_the_one_inline_script_of_this_streamlit_and_no_other() -> None:
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text()
    hashes = {
        base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        for script in re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    }
    assert set(re.findall(r"'sha256-([^']+)'", CADDYFILE)) == hashes
    policy = dict(
        directive.split(maxsplit=1)
        for directive in re.findall(r'Security-Policy "([^"]+)"', CADDYFILE)[0].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert "unsafe" not in policy["script-src"]
    assert "blob:" in policy["script-src"], "Streamlit loads a component's script from one"
    assert not re.search(r"https?:|\*", " ".join(policy.values())), "nothing from elsewhere"


def test_the_documentation_names_what_can_be_set() -> None:
    text = (ROOT / "docs" / "deploy.md").read_text()
    settable = set(re.findall(r"\{\$(\w+)", CADDYFILE))
    assert settable == set(COMPOSE["services"]["proxy"]["environment"])
    assert all(name in text for name in settable)
    options = re.findall(r"`(?:--)?((?:server|browser)\.\w+)", text)
    assert options
    assert set(options) <= set(streamlit_config.get_config_options())


class Advisories(http.server.BaseHTTPRequestHandler):
    """Answers as osv.dev would if it knew of a hole in pandas."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        hole = {
            "id": "TEST-1", "summary": "", "modified": "2026-01-01T00:00:00Z",
            "affected": [{
                "package": {"name": "pandas", "ecosystem": "PyPI"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}],
            }],
        }  # fmt: skip
        found = {"vulns": [hole]} if asked["package"]["name"] == "pandas" else {}
        self.answer(found)

    def do_GET(self) -> None:
        """As PyPI would: pandas has a hole, and numpy a newer release."""
        name = self.path.split("/")[2]
        hole = {"id": "TEST-2", "aliases": ["CVE-2"], "fixed_in": ["99"], "withdrawn": None}
        past = {**hole, "id": "TEST-3", "aliases": [], "withdrawn": "2026-01-01T00:00:00Z"}
        known = {
            "info": {"version": "99" if name == "numpy" else metadata.version(name).split("+")[0]},
            "vulnerabilities": [hole, past] if name in ("pandas", "numpy") else [],
        }
        self.answer(known)

    def answer(self, known: object) -> None:
        body = json.dumps(known).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def advisories() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Advisories) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def audit(url: str) -> subprocess.CompletedProcess[str]:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        # So that the real PyPI is not asked.
        proxy = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        return subprocess.run(
            [sys.executable, "-m", "deploy.audit", "--osv-url", url or proxy,
             "-r", "requirements.txt", "--no-deps", "--disable-pip"],
            cwd=ROOT, capture_output=True, text=True, check=False,
            env={**os.environ, "https_proxy": proxy},
        )  # fmt: skip


def test_a_known_hole_fails_the_audit(advisories: str) -> None:
    run = audit(advisories)
    assert run.returncode == 1
    assert f"{pinned('pandas').replace('==', ' ')}: TEST-1, fixed in no version" in run.stdout
    assert "1 known holes" in run.stdout


def test_services_that_do_not_answer_are_said_and_fail_nothing() -> None:
    run = audit("")
    assert run.returncode == 0
    assert "NOT DONE" in run.stdout
    assert "known holes" not in run.stdout


def test_pypi_tells_the_holes_of_newest_releases(advisories: str) -> None:
    code, (first, hole, skipped) = verdict(newest([], advisories))
    assert code == 1
    assert first.endswith(" packages, 1 known holes")
    assert hole == f"{pinned('pandas').replace('==', ' ')}: TEST-2, fixed in 99"
    assert skipped == "not audited: numpy"


@pytest.mark.parametrize("name", ["TEST-2", "CVE-2"])
def test_a_hole_can_be_ignored_by_any_of_its_names(advisories: str, name: str) -> None:
    assert verdict(newest([name], advisories))[0] == 0


def test_an_audit_that_cannot_even_start_is_a_failure() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "deploy.audit", "--bogus"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 2
    assert "bogus" in run.stdout


@pytest.mark.parametrize("tool", ["bandit", "pip check", "deploy.audit", "ruff check", "mypy"])
def test_ci_runs_every_check_after_the_tests(tool: str) -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert "set -euo pipefail" in script
    assert script.index("pytest") < script.index(tool)
