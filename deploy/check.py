"""Try what deploy/Caddyfile promises: two real replicas, a real Caddy and a real Chromium.

python -m deploy.check            needs caddy 2.7 or newer and chromium on the PATH
"""

import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from urllib.request import urlopen

from playwright.sync_api import Browser, Page, sync_playwright
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from benchmarks import chromium
from deploy.stack import ask, free_port, healthy, proxy, replica, running, until
from initviz.checkpoints.example import NAME, example

COOKIE = "initviz_replica"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'",
    "Permissions-Policy": "camera=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
SETTLED = """() => {
    const charts = [...document.querySelectorAll('.st-key-charts .js-plotly-plot')];
    return charts.length === 2 && charts.every(c => c._fullLayout && c.data.length)
        && !document.querySelector('[data-stale=true]');
}"""
INNER = [
    "/_stcore/metrics", "/_stcore/metrics?families=x", "/_STCORE/metrics", "/%5fstcore/metrics",
    "/x/../_stcore/metrics", "//_stcore/metrics", "/_stcore/agent/openapi.json",
    "/_stcore/script-health-check",
]  # fmt: skip


def say(what: str, *, holds: bool) -> None:
    """Print a finding, and end here if it is not the one that was promised."""
    print(("ok      " if holds else "NOT OK  ") + what, flush=True)
    if not holds:
        sys.exit(1)


def newcomer(port: int) -> str:
    """Return the cookie that a visitor without one is given."""
    found = ask(port, "/")[1].get_all("Set-Cookie") or []
    return next((c.partition(";")[0] for c in found if c.startswith(COOKIE)), "")


def visitor(port: int, cookie: str) -> ClientConnection:
    """Open the connection that a page opens."""
    return connect(
        f"ws://127.0.0.1:{port}/_stcore/stream",
        origin=f"http://127.0.0.1:{port}",
        additional_headers={"Cookie": cookie},
        subprotocols=["streamlit"],
    )


def sessions(port: int) -> int:
    """Ask a replica itself how many connections it has accepted."""
    with urlopen(f"http://127.0.0.1:{port}/_stcore/metrics") as answer:
        text = answer.read().decode()
    return int(text.partition('session_events_total{type="connect"} ')[2].split()[0])


def check_headers(port: int) -> None:
    """Look for the headers on a page, a script and a refusal."""
    for path in ("/", "/reference", "/favicon.png", "/_stcore/metrics"):
        headers = ask(port, path)[1]
        missing = [n for n, start in HEADERS.items() if not headers.get(n, "").startswith(start)]
        say(f"security headers on {path} {missing or ''}", holds=not missing)
        say("no HSTS without TLS", holds="Strict-Transport-Security" not in headers)


def check_refusals(port: int) -> None:
    """Knock where nobody should be let in."""
    for path in INNER:
        say(f"{path} is not there", holds=ask(port, path)[0] in (400, 404))
    for path, method in (
        ("/", "PUT"),
        ("/_stcore/agent/x", "PUT"),
        ("/_stcore/upload_file", "POST"),
    ):
        say(f"{method} {path} is refused", holds=ask(port, path, method)[0] == 405)
    uploads = "/_stcore/upload_file/nobody/x"
    say("an upload without a session is refused", holds=ask(port, uploads, "PUT")[0] in (400, 403))
    say("an address of 100 kB is refused", holds=ask(port, "/?x=" + "x" * 100_000)[0] == 431)
    for origin in ("http://elsewhere.example", f"http://a://127.0.0.1:{port}", "null"):
        try:
            with connect(f"ws://127.0.0.1:{port}/_stcore/stream", origin=origin):
                answer = None
        except InvalidStatus as refused:
            answer = refused.response
        # What comes from a replica has passed through: "Via: 1.1 Caddy".
        held = answer is not None and answer.status_code == 403 and "Via" not in answer.headers
        say(f"a connection from {origin} is refused by the proxy itself", holds=held)


def check_stickiness(port: int, replicas: list[int]) -> None:
    """Count on the replicas who came where."""
    cookies = {newcomer(port) for _ in range(20)}
    say("newcomers are given two different cookies", holds=len(cookies) == 2)
    homes = []
    for cookie in sorted(cookies):
        before = [sessions(p) for p in replicas]
        for _ in range(5):
            with visitor(port, cookie):
                pass
        rise = [sessions(p) - b for p, b in zip(replicas, before, strict=True)]
        homes.append(rise.index(max(rise)))
        say(f"five visits with one cookie are on one replica: {rise}", holds=sorted(rise) == [0, 5])
    say("the two cookies are two replicas", holds=sorted(homes) == [0, 1])
    with ExitStack() as stack:
        held: Counter[str] = Counter()
        for _ in range(8):
            cookie = newcomer(port)
            held[cookie] += 1
            stack.enter_context(visitor(port, cookie))
        spread = sorted(held.values())
        say(f"eight newcomers who stay are spread evenly: {spread}", holds=spread == [4, 4])


def opened(browser: Browser, url: str) -> tuple[Page, list[str]]:
    """Open a page and collect what its console complains about."""
    page = browser.new_context(ignore_https_errors=True).new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url)
    page.wait_for_function(SETTLED)
    return page, complaints


def check_page(browser: Browser, url: str) -> None:
    """Use every part of the page under the policy."""
    for panel in ("distributions", "units", "weights", "table"):
        page, complaints = opened(browser, f"{url}/?depth=50&panel={panel}&pin=depth%3D9")
        page.get_by_role("button", name="Share & export").click()
        with page.expect_download() as download:
            page.get_by_role("button", name="Run (JSON)").click()
        say(
            f"{panel}: a run can be downloaded", holds="layers" in download.value.path().read_text()
        )
        say(f"{panel}: two charts, no complaint {complaints}", holds=not complaints)
        page.context.close()


def check_upload(browser: Browser, url: str) -> None:
    """Hand in a file of weights through the proxy."""
    page, complaints = opened(browser, url)
    page.get_by_role("link", name="Your weights").click()
    file = {"name": NAME, "mimeType": "application/octet-stream", "buffer": example()}
    page.locator("input[type=file]").set_input_files(file)
    answer = page.locator(".st-key-weights_answer")
    answer.wait_for()
    say(f"a file is uploaded: {answer.inner_text()}", holds="PyTorch" in answer.inner_text())
    say(f"without a complaint {complaints}", holds=not complaints)
    page.context.close()


def check_loss(browser: Browser, port: int, replicas: dict[int, subprocess.Popen[bytes]]) -> None:
    """Stop the replica that serves a page and go on using the page."""
    before = {p: sessions(p) for p in replicas}
    page, _ = opened(browser, f"http://127.0.0.1:{port}/?depth=33&activation=tanh")
    home = max(replicas, key=lambda p: sessions(p) - before[p])
    other = next(p for p in replicas if p != home)
    replicas[home].terminate()
    until(lambda: sessions(other) > before[other], "the page comes back on the other replica")
    # The other replica has never seen this page: the first click brings it there and is spent.
    for _ in range(2):
        page.get_by_role("button", name="Pin", exact=True).click()
        page.wait_for_timeout(3000)
    page.wait_for_function(SETTLED)
    kept = all(part in page.url for part in ("depth=33", "activation=tanh", "pin="))
    say(f"after its replica ended the page goes on: {page.url.partition('?')[2]}", holds=kept)
    page.context.close()


def check_tls(browser: Browser, replicas: list[int]) -> None:
    """Serve the same with a certificate of Caddy's own."""
    port = free_port()
    url = f"https://localhost:{port}"
    with proxy(url, replicas):
        page = browser.new_context(ignore_https_errors=True).new_page()

        def answers() -> bool:
            try:
                page.goto(url)
            except Exception:  # noqa: BLE001 - whatever it is, it is not an answer yet
                return False
            return True

        until(answers, "the proxy answers over TLS")
        page.wait_for_function(SETTLED)
        headers = page.request.get(url).headers
        say("the page is drawn over TLS", holds=True)
        say("HSTS over TLS", holds="max-age=" in headers.get("strict-transport-security", ""))
        cookie = next(c for c in page.context.cookies() if c["name"] == COOKIE)
        say("the cookie is for TLS only", holds=cookie["secure"] and cookie["httpOnly"])
        page.context.close()


def main() -> None:
    """Run every check; the first that fails ends it with exit code 1."""
    first, second, port = free_port(), free_port(), free_port()
    replicas = [first, second]
    url = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        browser = stack.enter_context(sync_playwright()).chromium.launch(**chromium.options())
        processes = {p: stack.enter_context(running(replica(p))) for p in replicas}
        for p in replicas:
            until(lambda p=p: healthy(p), f"replica {p} answers")
        stack.enter_context(proxy(url, replicas))
        until(lambda: healthy(port), "the proxy answers")
        check_headers(port)
        check_refusals(port)
        check_stickiness(port, replicas)
        check_page(browser, url)
        check_upload(browser, url)
        check_tls(browser, replicas)
        check_loss(browser, port, processes)
        browser.close()


if __name__ == "__main__":
    main()
