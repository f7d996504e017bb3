"""Ask osv.dev about every installed package: exit code 1 for a known hole.

A service that does not answer says nothing about the packages: that is said, and ends with 0, so
that a network that is down fails no build. Options are pip-audit's: python -m deploy.audit
--ignore-vuln ID
"""

import json
import subprocess
import sys

PATIENCE_S = 300


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


def verdict(text: str, trouble: str) -> tuple[int, list[str]]:
    """Return the exit code and what to say."""
    try:
        packages = json.loads(text)["dependencies"]
    except ValueError:
        if any(word in trouble for word in ("ConnectionError", "Timeout", "HTTPError")):
            return 0, ["dependency audit NOT DONE: osv.dev does not answer"]
        return 2, ["dependency audit failed:", *trouble.splitlines()[-5:]]
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


if __name__ == "__main__":
    code, said = verdict(*answer(sys.argv[1:]))
    print("\n".join(said))
    sys.exit(code)
