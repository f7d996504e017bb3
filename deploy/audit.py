"""Ask osv.dev about every installed package: exit code 1 for a known hole.

Where osv.dev does not answer, PyPI does, which tells the holes of a package's newest release only.
Silence says nothing about the packages: that is said, and ends with 0, so that a network that is
down fails no build. Options are pip-audit's: python -m deploy.audit --ignore-vuln ID
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Collection
from importlib.metadata import distributions
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

PATIENCE_S = 300
PYPI = "https://pypi.org"


def answer(options: list[str]) -> tuple[str, str]:
    """Return pip-audit's JSON, or nothing, and what it said of its trouble."""
    command = [sys.executable, "-m", "pip_audit", "--vulnerability-service", "osv"]
    plain = ["--format", "json", "--progress-spinner", "off"]
    try:
        done = subprocess.run(
            [*command, *plain, *options],
            capture_output=True, text=True, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return "", "Timeout"
    return done.stdout, done.stderr


def newest(ignored: Collection[str], pypi: str = PYPI) -> list[dict[str, Any]]:
    """Return what pip-audit would, of those packages whose newest release is installed.

    Raises:
        OSError: if PyPI does not answer.
    """
    return [_newest(package.name, package.version, ignored, pypi) for package in distributions()]


def _newest(name: str, version: str, ignored: Collection[str], pypi: str) -> dict[str, Any]:
    package = {"name": name, "version": version}
    try:
        with urlopen(f"{pypi}/pypi/{name}/json", timeout=10) as told:  # noqa: S310 - an address of ours
            known = json.load(told)
    except HTTPError:
        return package
    if known["info"]["version"] != version.partition("+")[0]:
        return package
    holes = [
        {"id": hole["id"], "fix_versions": hole["fixed_in"]}
        for hole in known["vulnerabilities"]
        if not hole["withdrawn"] and not {hole["id"], *hole["aliases"]} & set(ignored)
    ]
    return {**package, "vulns": holes}


def verdict(packages: list[dict[str, Any]]) -> tuple[int, list[str]]:
    """Return the exit code and what to say."""
    asked = [package for package in packages if "vulns" in package]
    skipped = [package["name"] for package in packages if "vulns" not in package]
    holes = [
        f"{package['name']} {package['version']}: {hole['id']}, "
        f"fixed in {', '.join(hole['fix_versions']) or 'no version'}"
        for package in asked
        for hole in package["vulns"]
    ]
    lines = [f"dependency audit: {len(asked)} packages, {len(holes)} known holes", *holes]
    if skipped:
        lines.append(f"not audited: {', '.join(skipped)}")
    return (1 if holes else 0), lines


def audit(options: list[str]) -> tuple[int, list[str]]:
    """Return the exit code and what to say, from whoever answers."""
    text, trouble = answer(options)
    try:
        return verdict(json.loads(text)["dependencies"])
    except ValueError:
        if not any(word in trouble for word in ("ConnectionError", "Timeout", "HTTPError")):
            return 2, ["dependency audit failed:", *trouble.splitlines()[-5:]]
    parser = argparse.ArgumentParser()
    parser.add_argument("--ignore-vuln", action="append", default=[])
    try:
        code, lines = verdict(newest(parser.parse_known_args(options)[0].ignore_vuln))
    except OSError:
        return 0, ["dependency audit NOT DONE: neither osv.dev nor PyPI answers"]
    return code, ["osv.dev does not answer; PyPI tells of newest releases only", *lines]


if __name__ == "__main__":
    code, said = audit(sys.argv[1:])
    print("\n".join(said))
    sys.exit(code)
