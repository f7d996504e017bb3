"""Curves follow the finger, in a real browser and without a word to the server."""

import json
import math
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, expect

from initviz import ACTIVATIONS, Batch, Network, predict, probe
from initviz.runtime.words import from_log10
from initviz.setting.links import from_query, to_query
from initviz.theory.band import luck
from initviz.theory.forecast import forecast
from initviz.theory.portable import portable
from tests.browser.conftest import ROOT, Visit

pytestmark = pytest.mark.xdist_group("browser")

SOURCE = (ROOT / "initviz" / "ui" / "hand" / "hand.js").read_text()
COLUMNS = ("act_var", "grad_preact_var", "grad_act_var", "grad_weight_var")
GLOROT = "/?depth=50&initializer=glorot_uniform"


@pytest.fixture(scope="module")
def engine(browser: Browser) -> Iterator[Page]:
    """A bare page that has the component's script, and nothing else."""
    page = browser.new_page()
    page.evaluate(
        """async (source) => {
            const blob = new Blob([source], {type: 'text/javascript'});
            window.hand = await import(URL.createObjectURL(blob));
        }""",
        SOURCE,
    )
    yield page
    page.close()


# At some length χ_q exceeds 1, or nearly does so.
UNSTABLE = ("gelu", "silu", "mish", "hardswish", "softplus")
settings_ = st.fixed_dictionaries(
    {
        "depth": st.integers(1, 200),
        "width": st.sampled_from([2**i for i in range(1, 12)]),
        "initializer": st.sampled_from(
            ["he_normal", "glorot_uniform", "lecun_normal", "orthogonal", "torch_default", "normal"]
        ),
        "gain": st.floats(0.3, 3),
        "bias_std": st.one_of(st.just(0.0), st.floats(0, 1)),
        "normalization": st.sampled_from(["none", "none", "none", "batch", "layer", "rms"]),
    }
)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    fields=settings_,
    inputs=st.sampled_from(["normal", "digits"]),
    loss=st.sampled_from(["gaussian", "cross_entropy"]),
)
def test_the_browser_predicts_what_python_does(
    engine: Page, activation: str, fields: dict, inputs: str, loss: str
) -> None:
    network, batch = Network(activation=activation, **fields), Batch(inputs=inputs, loss=loss)
    resting = network.replace(depth=1, gain=1.0, bias_std=0.0)
    tables = json.loads(json.dumps(portable(resting, batch, (network.width,))))
    found = engine.evaluate(
        "([tables, setting]) => new hand.Theory(tables).predict(setting)",
        [tables, network.model_dump()],
    )
    expected = forecast(network, batch).log10
    # Lengths that no layer draws back (those of GELU and its kin) carry every difference along:
    # there the browser may be as far off as half a percent of gain takes them.
    nudged = forecast(network.replace(gain=1.005 * network.gain), batch).log10
    for column in expected.keys() & set(COLUMNS):
        carried = np.nanmax(np.abs(nudged[column] - expected[column]), initial=0)
        slack = carried if activation in UNSTABLE else 0
        np.testing.assert_allclose(
            found[column], expected[column], atol=0.02 + slack, err_msg=column
        )


def test_the_tolerance_sees_a_wrong_recursion(engine: Page) -> None:
    batch, network = Batch(), Network(depth=20, activation="tanh")
    tables = portable(network.replace(depth=1), batch, (128,))
    found = engine.evaluate(
        "([tables, setting]) => new hand.Theory(tables).predict(setting)",
        [tables, network.replace(gain=1.01).model_dump()],
    )
    off = np.abs(
        np.array(found["grad_preact_var"]) - forecast(network, batch).log10["grad_preact_var"]
    )
    assert off.max() > 0.02


def test_the_browsers_band_is_the_servers(engine: Page) -> None:
    for network in (
        Network(depth=50, gain=0.8),
        Network(activation="tanh", initializer="glorot_uniform", depth=30),
        Network(activation="tanh", initializer="orthogonal", gain=1.3, bias_std=0.2, width=64),
        Network(activation="sigmoid", initializer="glorot_uniform"),
        Network(activation="softplus", width=64, depth=10),
        Network(activation="selu", initializer="lecun_normal", width=64),
    ):
        tables = portable(
            network.replace(depth=1, gain=1.0, bias_std=0.0), Batch(), (network.width,)
        )
        ends = engine.evaluate(
            """([tables, setting]) => {
                const theory = new hand.Theory(tables).predict(setting);
                return new hand.Luck(tables).ends(setting, theory);
            }""",
            [tables, network.model_dump()],
        )
        for column, expected in luck(network, Batch()).ends.items():
            if column not in ends:
                continue
            reach = np.subtract(*expected[::-1]).max()
            outline = np.concatenate((expected[0], expected[1][::-1]))
            np.testing.assert_allclose(ends[column], outline, atol=0.12 * reach)


@pytest.mark.parametrize("log10", [-308.2, -15.0, -3.004, -0.3, 0, 1.5, 2.999, 3.9999, 17.2])
def test_numbers_are_worded_as_everywhere(engine: Page, log10: float) -> None:
    assert engine.evaluate("(x) => hand.words(x)", log10) == from_log10(log10)


class Wire:
    """Counts what the page says to the server."""

    def __init__(self, page: Page) -> None:
        self.sent = 0
        page.on("websocket", lambda socket: socket.on("framesent", self._count))

    def _count(self, _: object) -> None:
        self.sent += 1


@pytest.fixture
def wire(visit: Visit) -> Wire:
    return Wire(visit.page)


def thumb(visit: Visit, field: str) -> tuple[float, float]:
    said = visit.page.locator(f".st-key-{field} [data-testid=stSliderThumbValue]")
    box = said.locator("xpath=..").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def in_hand(visit: Visit, name: str = "theory", side: str = "gradient") -> list[float] | None:
    """Return log10 of a curve that is drawn under the finger."""
    return visit.page.evaluate(
        """([side, name]) => {
            const chart = document.querySelector(`.st-key-${side}_chart`);
            return chart.querySelector(`.hand .${name}`)?.values ?? null;
        }""",
        [side, name],
    )


def value(visit: Visit, field: str) -> float:
    return float(
        visit.page.locator(f".st-key-{field} [data-testid=stSliderThumbValue]").inner_text()
    )


def watch(visit: Visit) -> None:
    """Count, at every frame, how often the drawn curve changes, and the slider's values."""
    visit.page.evaluate(
        """() => {
            window.seen = {curves: new Set(), values: new Set()};
            const look = () => {
                const paths = [...document.querySelectorAll('.hand path')];
                const drawn = paths.map(p => p.getAttribute('d')).join();
                if (drawn) window.seen.curves.add(drawn);
                window.frame = requestAnimationFrame(look);
            };
            look();
        }"""
    )


# Two frames: the page has taken in the last movement, and drawn it.
FRAMES = """() => new Promise((done) =>
    requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"""


def listen(visit: Visit) -> None:
    """Wait for the script, which comes after the charts and hears nothing before."""
    visit.page.locator("[data-part=play]").evaluate(
        """(button) => new Promise((done) => {
            const look = () => button.onclick ? done(true) : requestAnimationFrame(look);
            look();
        })"""
    )


def drag(visit: Visit, field: str, by: float, steps: int = 40) -> set[float]:
    """Hold a slider and move it, without letting go; return the values that it passed."""
    listen(visit)
    x, y = thumb(visit, field)
    visit.page.mouse.move(x, y)
    visit.page.mouse.down()
    passed = set()
    for step in range(1, steps + 1):
        visit.page.mouse.move(x + by * step / steps, y)
        visit.page.evaluate(FRAMES)
        passed.add(value(visit, field))
    return passed


@pytest.mark.parametrize(
    ("field", "start", "by"),
    [
        ("depth", GLOROT, 40),
        ("width", "/?depth=30&inputs=digits&initializer=glorot_uniform", -80),
        ("gain", "/?depth=50&activation=tanh&initializer=glorot_uniform", 30),
        ("scale", "/?depth=30&activation=tanh&initializer=normal&scale=0.08", 40),
    ],
)
def test_a_held_slider_draws_without_a_word_and_says_one_at_release(
    visit: Visit, wire: Wire, field: str, start: str, by: float
) -> None:
    visit.open(start)
    before, measured = from_query(start[2:]), visit.curve("gradient")
    watch(visit)
    said = wire.sent
    passed = drag(visit, field, by)
    assert len(passed) > 2
    held = before.network.replace(**{field: value(visit, field)})
    visit.page.wait_for_function(
        "(depth) => document.querySelector('.hand .theory')?.values?.length === depth",
        arg=held.depth,
    )
    expected = np.log10(predict(held, before.batch)["grad_preact_var"])
    np.testing.assert_allclose(in_hand(visit), expected, atol=0.02)
    assert in_hand(visit, "measured") == pytest.approx(np.log10(measured))
    assert visit.page.evaluate("window.seen.curves.size") >= len(passed) - 1
    assert wire.sent == said
    drawn = place(visit, "chart => chart.querySelector('.hand .theory')")
    visit.page.mouse.up()
    visit.until("(field) => new URLSearchParams(location.search).has(field)", field)
    visit.page.wait_for_function("() => !document.querySelector('.hand')")
    assert wire.sent == said + 1
    assert place(visit, LANDED) == pytest.approx(drawn, abs=1)


LANDED = """chart => [...chart.querySelectorAll('.scatterlayer .trace')]
    .find(t => t.__data__[0].trace.name === 'theory').querySelector('path.js-line')"""


def place(visit: Visit, line: str) -> list[float]:
    """Return where the ends of a line lie in the gradient chart, in pixels."""
    return visit.page.evaluate(
        f"""() => {{
            const chart = document.querySelector('.st-key-gradient_chart');
            const [own, at] = [chart, ({line})(chart)].map(e => e.getBoundingClientRect());
            return [at.left - own.left, at.right - own.left, at.top - own.top, at.bottom - own.top];
        }}"""
    )


def test_a_gain_takes_the_measured_curve_along_where_it_is_only_a_factor(visit: Visit) -> None:
    visit.open(GLOROT)
    drag(visit, "gain", 25)
    network = Network(depth=50, initializer="glorot_uniform", gain=value(visit, "gain"))
    for side, column in (("activation", "act_var"), ("gradient", "grad_preact_var")):
        measured = np.log10(probe(network).table[column])
        visit.page.wait_for_function("() => document.querySelector('.hand .measured')?.values")
        np.testing.assert_allclose(in_hand(visit, "measured", side), measured, atol=1e-3)
    visit.page.mouse.up()


def test_letting_go_where_it_was_taken_changes_nothing(visit: Visit, wire: Wire) -> None:
    visit.open(GLOROT)
    said, (x, y) = wire.sent, thumb(visit, "depth")
    drag(visit, "depth", 30, steps=5)
    visit.page.mouse.move(x, y)
    visit.page.mouse.up()
    visit.page.wait_for_function("() => !document.querySelector('.hand')")
    assert wire.sent == said
    assert "depth=50" in visit.page.url


def test_held_arrow_keys_draw_too_and_say_one_word(visit: Visit, wire: Wire) -> None:
    visit.open(GLOROT)
    listen(visit)
    said = wire.sent
    visit.page.get_by_role("slider", name="Depth").focus()
    for _ in range(12):
        visit.page.keyboard.down("ArrowRight")
    visit.page.wait_for_function(
        "() => document.querySelector('.hand .theory')?.values?.length === 62"
    )
    assert wire.sent == said
    visit.page.keyboard.up("ArrowRight")
    visit.until("() => location.search.includes('depth=62')")
    assert wire.sent == said + 1


def test_a_single_press_leaves_the_charts_to_the_server(visit: Visit, wire: Wire) -> None:
    visit.open(GLOROT)
    listen(visit)
    said = wire.sent
    visit.page.get_by_role("slider", name="Depth").focus()
    visit.page.keyboard.down("ArrowRight")
    expect(visit.page.locator(".st-key-depth [data-testid=stSliderThumbValue]")).to_have_text("51")
    assert (visit.page.locator(".hand").count(), wire.sent) == (0, said)
    visit.page.keyboard.up("ArrowRight")
    visit.until("() => location.search.includes('depth=51')")
    assert (visit.page.locator(".hand").count(), wire.sent) == (0, said + 1)


def test_a_finger_on_a_phone_does_the_same(browser: Browser, address: str) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    visit = Visit(context.new_page(), address)
    wire = Wire(visit.page)
    visit.open(GLOROT)
    said, (x, y) = wire.sent, thumb(visit, "depth")
    touch = context.new_cdp_session(visit.page)

    def put(kind: str, *points: tuple[float, float]) -> None:
        touch.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": px, "y": py} for px, py in points]},
        )

    put("touchStart", (x, y))
    for step in range(1, 11):
        put("touchMove", (x + 3 * step, y))
    # Chromium answers before the page has heard of all of it.
    visit.page.wait_for_function(
        "(depth) => document.querySelector('.hand .theory')?.values?.length > depth", arg=50
    )
    visit.page.wait_for_function(FRAMES)
    depth = int(value(visit, "depth"))
    assert depth > 50
    visit.page.wait_for_function(
        "(depth) => document.querySelector('.hand .theory')?.values?.length === depth", arg=depth
    )
    assert wire.sent == said
    put("touchEnd")
    visit.until("(depth) => location.search.includes(`depth=${depth}`)", depth)
    assert wire.sent == said + 1
    assert visit.complaints == []
    context.close()


def test_a_tap_on_the_plane_goes_where_the_finger_is(browser: Browser, address: str) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    visit = Visit(context.new_page(), address)
    visit.open("/?activation=tanh&initializer=glorot_uniform&depth=12")
    # The links are in a menu here.
    visit.page.goto(visit.page.url.replace("/?", "/chaos?"))
    visit.until("() => document.querySelector('.st-key-plane .nsewdrag') !== null")
    for share in (0.7, 0.4):
        area = visit.page.locator(".st-key-plane .nsewdrag").first.bounding_box()
        x, y = area["x"] + share * area["width"], area["y"] + 0.5 * area["height"]
        visit.page.touchscreen.tap(x, y)
        expected = round(4 * share, 2)
        visit.until(
            """(expected) => {
                const scale = Number(new URLSearchParams(location.search).get('scale'));
                return Math.abs(scale * Math.sqrt(128) - expected) < 0.06;
            }""",
            expected,
        )
    # A direct link makes Streamlit look for its server below the page first.
    assert [c for c in visit.complaints if "/chaos/_stcore/" not in c] == []
    context.close()


def test_play_travels_forward_and_back_and_can_be_stopped(visit: Visit, wire: Wire) -> None:
    visit.open(GLOROT)
    said, drawn = wire.sent, visit.drawn_points("gradient")
    button = visit.page.get_by_role("button", name="Play")
    button.click()
    lengths = "[...document.querySelectorAll('.hand .measured')].map(p => p.values.length)"
    visit.page.wait_for_function(
        f"() => {{ const [a, g] = {lengths}; return a > 5 && a < 50 && g === 0; }}"
    )
    visit.page.wait_for_function(
        f"() => {{ const [a, g] = {lengths}; return a === 50 && g > 5 && g < 50; }}"
    )
    visit.page.wait_for_function("() => !document.querySelector('.hand')")
    assert visit.drawn_points("gradient") == drawn
    button.click()
    visit.page.get_by_role("button", name="Stop").click()
    visit.page.wait_for_function("() => !document.querySelector('.hand')")
    button.click()
    visit.page.wait_for_function("() => document.querySelector('.hand')")
    assert wire.sent == said


def test_less_motion_is_respected(browser: Browser, address: str) -> None:
    context = browser.new_context(reduced_motion="reduce")
    visit = Visit(context.new_page(), address).open(GLOROT)
    visit.page.evaluate(
        """() => {
            window.lengths = new Set();
            const look = () => {
                const path = document.querySelector('.st-key-activation_chart .hand .measured');
                if (path) window.lengths.add(path.values.length);
                requestAnimationFrame(look);
            };
            look();
        }"""
    )
    visit.page.get_by_role("button", name="Play").click()
    visit.page.wait_for_function("() => document.querySelector('.hand')")
    visit.page.wait_for_function("() => !document.querySelector('.hand')")
    assert visit.page.evaluate("[...window.lengths]") == [50]
    context.close()


@pytest.mark.parametrize(
    ("start", "asked"),
    [(GLOROT, 0), ("/?depth=12&activation=tanh&initializer=glorot_uniform", 1)],
    ids=["a factor", "probed"],
)
def test_the_gain_sweeps_without_the_server(
    visit: Visit, wire: Wire, start: str, asked: int
) -> None:
    visit.open(start)
    said, before = wire.sent, from_query(start[2:])
    visit.page.get_by_role("button", name="Sweep the gain").click()
    scrub = visit.page.get_by_role("slider", name="Gain of the sweep")
    scrub.wait_for()
    assert wire.sent == said + asked
    watch(visit)
    box = scrub.bounding_box()
    visit.page.mouse.move(box["x"] + 10, box["y"] + box["height"] / 2)
    visit.page.mouse.down()
    for step in range(40):
        visit.page.mouse.move(box["x"] + 10 + step * (box["width"] - 20) / 40, box["y"] + 5)
    words = visit.page.locator("[data-part=words]").inner_text()
    gain = float(words.removeprefix("Theory at gain ").partition(":")[0])
    network = before.network.replace(gain=gain)
    expected = np.log10(probe(network).table["grad_preact_var"])
    np.testing.assert_allclose(in_hand(visit, "measured"), expected, atol=0.03)
    np.testing.assert_allclose(
        in_hand(visit), np.log10(predict(network)["grad_preact_var"]), atol=0.02
    )
    assert visit.page.evaluate("window.seen.curves.size") > 30
    visit.page.mouse.up()
    critical = math.sqrt(2) if before.network.activation == "relu" else 1
    expect(visit.page.locator("[data-part=critical]")).to_have_text(f"critical gain {critical:.3g}")
    visit.page.get_by_role("button", name="Close the sweep").click()
    visit.page.wait_for_function("() => !document.querySelector('.hand')")
    assert wire.sent == said + asked


def test_a_hand_on_the_plane_moves_the_network(visit: Visit, wire: Wire) -> None:
    visit.open("/?activation=tanh&initializer=glorot_uniform&depth=12")
    listen(visit)
    visit.page.get_by_role("link", name="Edge of chaos").click()
    visit.until("() => document.querySelector('.st-key-plane .nsewdrag') !== null")
    area = visit.page.locator(".st-key-plane .nsewdrag").first.bounding_box()
    said = wire.sent
    visit.page.mouse.move(area["x"] + 0.3 * area["width"], area["y"] + 0.5 * area["height"])
    visit.page.mouse.down()
    for step in range(20):
        visit.page.mouse.move(
            area["x"] + (0.3 + step / 100) * area["width"], area["y"] + 0.6 * area["height"]
        )
    words = visit.page.locator("[data-part=words]")
    expect(words).to_contain_text("at σ_w 1.96")
    assert wire.sent == said
    line = in_hand(visit)
    visit.page.mouse.up()
    visit.until("() => location.search.includes('initializer=normal')")
    network = from_query(visit.page.evaluate("location.search.slice(1)")).network
    assert network.scale == pytest.approx(1.96 / math.sqrt(128), rel=1e-3)
    np.testing.assert_allclose(line, np.log10(predict(network)["grad_preact_var"]), atol=0.02)
    assert wire.sent == said + 1


def words_before(visit: Visit) -> str:
    """Return what the verdict says about the value that it belongs to, and that it is dimmed."""
    said, opacity = visit.page.evaluate(
        """() => {
            const box = document.querySelector('.st-key-verdict');
            return [getComputedStyle(box, '::before').content,
                    Number(getComputedStyle(box.firstElementChild).opacity)];
        }"""
    )
    assert (said == "none") == (opacity == 1)
    return said.strip('"')


def test_the_verdict_belongs_to_the_value_before_and_says_so(visit: Visit) -> None:
    visit.open(GLOROT)
    assert words_before(visit) == "none"
    x, y = thumb(visit, "gain")
    drag(visit, "gain", 25, steps=5)
    assert words_before(visit) == "Before, at gain 1:"
    visit.page.mouse.move(x, y)
    visit.page.evaluate(FRAMES)
    assert words_before(visit) == "none"
    visit.page.mouse.move(x + 25, y)
    visit.page.evaluate(FRAMES)
    visit.page.mouse.up()
    visit.until("() => location.search.includes('gain=')")
    visit.page.wait_for_function("() => !('before' in document.documentElement.dataset)")
    assert words_before(visit) == "none"
    visit.page.get_by_role("button", name="Sweep the gain").click()
    visit.page.wait_for_function("() => 'before' in document.documentElement.dataset")
    assert words_before(visit).startswith("Before, at gain 1.")
    visit.page.get_by_role("button", name="Close the sweep").click()
    assert words_before(visit) == "none"


# Where the network's own mark is on the plane, in the plane's units.
STANDS = """() => {
    const plane = document.querySelector('.st-key-plane .js-plotly-plot');
    const mark = [...plane.querySelectorAll('.scatterlayer .trace')]
        .find(t => t.__data__[0].trace.name === 'this network').querySelector('path');
    const {e, f} = mark.transform.baseVal.consolidate().matrix;
    return [plane._fullLayout.xaxis.p2d(e), plane._fullLayout.yaxis.p2d(f)];
}"""


def test_the_mark_on_the_plane_follows_a_slider(visit: Visit, wire: Wire) -> None:
    visit.open("/?activation=tanh&initializer=glorot_uniform&depth=12&bias_std=0.5")
    visit.page.get_by_role("link", name="Edge of chaos").click()
    visit.until("() => document.querySelector('.st-key-plane .nsewdrag') !== null")
    assert visit.page.evaluate(STANDS) == pytest.approx([1, 0.5], abs=1e-3)
    said, (x, y) = wire.sent, thumb(visit, "gain")
    drag(visit, "gain", 20, steps=5)
    gain = value(visit, "gain")
    assert gain > 1.1
    assert visit.page.evaluate(STANDS) == pytest.approx([gain, 0.5], abs=1e-3)
    dimmed = "e => Number(getComputedStyle(e).opacity)"
    assert visit.page.locator(".st-key-cobweb").evaluate(dimmed) < 1
    visit.page.mouse.move(x, y)
    visit.page.evaluate(FRAMES)
    visit.page.mouse.up()
    assert visit.page.evaluate(STANDS) == pytest.approx([1, 0.5], abs=1e-3)
    assert wire.sent == said
    drag(visit, "gain", 20, steps=5)
    visit.page.mouse.up()
    visit.until("(gain) => location.search.includes(`gain=${gain}`)", gain)
    assert visit.page.evaluate(STANDS) == pytest.approx([gain, 0.5], abs=1e-3)


def phone(browser: Browser, address: str) -> Iterator[Visit]:
    """Open a phone of 390 × 844 pixels."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    yield Visit(context.new_page(), address)
    context.close()


def test_charts_out_of_sight_are_drawn_small_while_a_slider_is_held(
    browser: Browser, address: str
) -> None:
    for visit in phone(browser, address):
        visit.open(GLOROT)
        drag(visit, "gain", 20, steps=3)
        small = visit.page.locator(".hand-dock")
        expect(small.locator(".hand .theory")).to_have_count(2)
        expect(small).to_contain_text("Theory at gain 1.")
        box, bar = small.bounding_box(), visit.page.locator(".st-key-gain").bounding_box()
        assert bar["y"] + bar["height"] <= box["y"]
        assert box["y"] + box["height"] == pytest.approx(844, abs=1)
        assert box["width"] <= 390
        visit.page.mouse.up()
        visit.until("() => location.search.includes('gain=')")
        expect(small).to_have_count(0)


def test_charts_under_a_popover_are_drawn_beside_it(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 700, "height": 800})
    visit.open(GLOROT)
    visit.page.get_by_role("button", name="More settings").click()
    visit.page.locator(".st-key-bias_std").wait_for()
    visit.settle()
    drag(visit, "bias_std", 20, steps=3)
    over = """e => e.contains((e.style.pointerEvents = 'auto',
        document.elementFromPoint(200, e.getBoundingClientRect().top + 50)))"""
    assert visit.page.locator(".hand-dock").evaluate(over)
    visit.page.mouse.up()
    visit.until("() => location.search.includes('bias_std=')")
    expect(visit.page.locator(".hand-dock")).to_have_count(0)


def test_another_width_of_the_window_gives_the_charts_back(visit: Visit) -> None:
    visit.open(GLOROT)
    drag(visit, "depth", 30, steps=3)
    visit.page.wait_for_function("() => document.querySelector('.hand')")
    visit.page.set_viewport_size({"width": 900, "height": 800})
    visit.page.wait_for_function("() => !document.querySelector('.hand')")
    visit.page.mouse.up()
    visit.until("() => !location.search.includes('depth=50')")
    visit.page.wait_for_function("() => !document.querySelector('.hand')")


def test_from_nothing_the_legend_says_what_is_drawn(visit: Visit) -> None:
    visit.open("/?gain=0")
    drag(visit, "gain", 30, steps=5)
    chart = visit.page.locator(".st-key-gradient_chart")
    for told in ("theory", "95 % of draws", "trains"):
        expect(chart.locator(".hand").get_by_text(told)).to_be_visible()
    expect(chart.locator(".hand").get_by_text("measured")).to_have_count(0)
    expect(chart.locator(".svg-container").last.locator(".legend")).to_have_count(0)
    visit.page.mouse.up()
    visit.until("() => !location.search.includes('gain=0&')")


def test_the_label_keeps_clear_of_the_curves(visit: Visit) -> None:
    visit.open(GLOROT)
    drag(visit, "depth", 30, steps=3)
    label = visit.page.locator(".st-key-gradient_chart .hand").get_by_text("measured at")
    frame = visit.page.locator(".st-key-gradient_chart .nsewdrag").bounding_box()
    legend = visit.page.locator(".st-key-gradient_chart .legend").first.bounding_box()
    box = label.bounding_box()
    assert frame["y"] + frame["height"] + 14 < box["y"]
    assert box["y"] + box["height"] <= legend["y"] + 4
    visit.page.mouse.up()


RANGE = (
    "() => document.querySelector('.st-key-gradient_chart .js-plotly-plot')._fullLayout.yaxis.range"
)


def test_a_sweep_has_a_window_of_its_own(visit: Visit) -> None:
    visit.open("/?depth=200&gain=1.54&initializer=he_normal")
    low, high = visit.page.evaluate(RANGE)
    assert high - low > 60
    visit.page.get_by_role("button", name="Sweep the gain").click()
    visit.page.wait_for_function("() => document.querySelector('.hand .theory')")
    power = visit.page.locator(".st-key-gradient_chart .hand text tspan").all_text_contents()
    assert max(abs(int(p.replace("−", "-"))) for p in power) <= 20


def test_a_story_starts_afresh(visit: Visit) -> None:
    visit.open("/?depth=200&gain=1.2")
    assert visit.page.evaluate(RANGE)[1] > 20
    visit.page.get_by_text("ReLU + He", exact=True).click()
    visit.until("() => location.search === '?depth=50'")
    assert visit.page.evaluate(RANGE) == [-4, 4]


def test_a_swipe_over_the_plane_scrolls_the_page(browser: Browser, address: str) -> None:
    for visit in phone(browser, address):
        visit.open("/?activation=tanh&initializer=glorot_uniform&depth=12")
        visit.page.goto(visit.page.url.replace("/?", "/chaos?"))
        visit.until("() => document.querySelector('.st-key-plane .nsewdrag') !== null")
        box = visit.page.locator(".st-key-plane .nsewdrag").first.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        url, finger = visit.page.url, visit.page.context.new_cdp_session(visit.page)
        for step in range(15):
            finger.send(
                "Input.dispatchTouchEvent",
                {
                    "type": "touchMove" if step else "touchStart",
                    "touchPoints": [{"x": x, "y": y - 10 * step}],
                },
            )
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        visit.page.wait_for_function(
            "() => document.querySelector('[data-testid=stMain]').scrollTop > 80"
        )
        visit.page.wait_for_function("() => !document.querySelector('.hand')")
        visit.settle()
        assert visit.page.url == url
        assert visit.page.evaluate(STANDS) == pytest.approx([1, 0], abs=1e-3)


def test_no_chart_is_ever_blank_while_the_next_one_is_made(visit: Visit) -> None:
    visit.open(GLOROT)
    visit.page.evaluate(
        """() => {
            window.blanks = 0;
            const look = () => {
                for (const side of ['activation', 'gradient'])
                    if (!document.querySelector(`.st-key-${side}_chart svg path`)) window.blanks++;
                requestAnimationFrame(look);
            };
            // After the copies for the standing-in were made.
            requestIdleCallback(() => requestIdleCallback(look));
        }"""
    )
    visit.page.get_by_text("ReLU + He", exact=True).click()
    visit.until("() => location.search === '?depth=50'")
    assert visit.page.evaluate("window.blanks") == 0
    assert visit.page.locator(".st-key-gradient_chart .svg-container").count() == 1


def test_no_stand_in_outlasts_the_chart_it_stood_in_for(visit: Visit) -> None:
    strays = visit.page.locator(".st-key-charts .svg-container:not(.js-plotly-plot *)")
    # The first pin makes Streamlit replace what holds the charts, on most visits.
    for _ in range(4):
        visit.open(GLOROT)
        visit.page.get_by_role("button", name="Pin").click()
        visit.until(
            """() => ['activation', 'gradient'].every(side =>
                document.querySelector(`.st-key-${side}_chart .js-plotly-plot`)?.data
                    ?.some(t => t.name?.startsWith('pinned')))"""
        )
        expect(strays).to_have_count(0)


def test_every_chart_is_drawn_once_a_move_and_those_below_the_screen_last(visit: Visit) -> None:
    visit.open(GLOROT)
    charts = "[...document.querySelectorAll('.js-plotly-plot')].filter(gd => gd._fullLayout)"
    visit.page.wait_for_function(f"() => {charts}.length === 4")
    visit.page.evaluate(
        """() => {
            window.draws = [];
            for (const gd of document.querySelectorAll('.js-plotly-plot')) gd.seen = true;
            let frames = 0;
            const count = () => requestAnimationFrame(count, frames++);
            count();
            const { react } = window.Plotly;
            window.Plotly.react = (gd, ...given) => react(gd, ...given).then((drawn) => {
                const key = gd.closest('[class*=st-key]')?.classList[2];
                const draw = () => window.draws.push([key, frames]);
                if (!gd.seen && gd.isConnected) {
                    draw();
                    gd.on('plotly_afterplot', draw);
                    gd.seen = true;
                }
                return drawn;
            });
        }"""
    )
    visit.page.get_by_role("slider", name="Depth").press("ArrowRight")
    visit.until("() => location.search.includes('depth=51')")
    visit.until("() => window.draws.length >= 4")
    visit.settle()
    keys, frames = zip(*visit.page.evaluate("window.draws"), strict=True)
    assert sorted(keys[:2]) == ["st-key-activation_chart", "st-key-gradient_chart"]
    assert sorted(keys[2:]) == ["st-key-histograms", "st-key-sizes"]
    assert max(frames[:2]) < min(frames[2:])
    shown = "document.querySelector('.st-key-sizes .js-plotly-plot').layout.xaxis.range[1]"
    assert visit.page.evaluate(shown) > 51


def test_a_slip_of_the_script_stays_inside_it(visit: Visit) -> None:
    visit.open(GLOROT)
    visit.page.evaluate(
        """() => document.querySelectorAll('.js-plotly-plot').forEach(c => {
            Object.defineProperty(c, 'data', {get() { throw new Error('slip'); }});
        })"""
    )
    drag(visit, "depth", 30, steps=5)
    visit.page.mouse.up()
    visit.page.wait_for_function("() => !location.search.includes('depth=50')")
    visit.settle()
    assert visit.slip == "Error: slip"
    visit.page.evaluate("() => { delete document.documentElement.dataset.handSlip; }")


def test_a_slip_while_playing_gives_the_button_back(visit: Visit) -> None:
    visit.open(GLOROT)
    visit.page.get_by_role("button", name="Play").click()
    visit.page.wait_for_function("() => document.querySelector('.hand')")
    visit.page.evaluate(
        "() => { SVGPathElement.prototype.setAttribute = () => { throw new Error('slip'); }; }"
    )
    expect(visit.page.get_by_role("button", name="Play")).to_be_visible()
    visit.page.wait_for_function("() => !document.querySelector('.hand')")
    expect(visit.page.locator("[data-part=words]")).to_have_text("")
    visit.page.evaluate(
        """() => {
            delete SVGPathElement.prototype.setAttribute;
            delete document.documentElement.dataset.handSlip;
        }"""
    )


def test_a_network_without_theory_is_told(visit: Visit) -> None:
    visit.open("/?" + to_query(Network(initializer="zeros"), Batch()))
    words = visit.page.locator("[data-part=words]")
    drag(visit, "depth", 30, steps=5)
    expect(words).to_contain_text("Theory has nothing to say about this network")
    visit.page.mouse.up()
    visit.page.wait_for_function("() => location.search.includes('depth=')")
    visit.settle()
    visit.page.get_by_role("button", name="Sweep the gain").click()
    expect(words).to_contain_text("there is no range of gains to sweep")


@pytest.mark.parametrize("query", ["normalization=layer", "dtype=float16&depth=5"])
def test_no_curve_is_called_measured_that_was_not(visit: Visit, query: str) -> None:
    visit.open("/?" + query)
    measured = np.log10(visit.curve("activation"))
    drag(visit, "gain", 25, steps=8)
    visit.page.wait_for_function("() => document.querySelector('.hand .measured')?.values")
    np.testing.assert_allclose(in_hand(visit, "measured", "activation"), measured)
    expect(visit.page.get_by_text("measured at gain 1").first).to_be_visible()
    visit.page.mouse.up()


def test_an_open_sweep_ends_when_the_page_goes_on(visit: Visit) -> None:
    button = visit.page.get_by_role("button", name="Sweep the gain")
    for go_on in (
        lambda: visit.page.get_by_role("button", name="New draw").click(),
        lambda: visit.page.get_by_text("tanh + Glorot", exact=True).click(),
        lambda: visit.page.get_by_role("link", name="Isometry").click(),
    ):
        visit.open(GLOROT)
        button.click()
        visit.page.wait_for_function("() => document.querySelector('.hand')")
        go_on()
        visit.page.wait_for_function("() => !document.querySelector('.hand')")
    visit.page.get_by_role("link", name="Explore").click()
    expect(button).to_be_visible()
    expect(visit.page.locator("[data-part=words]")).to_have_text("")


def test_a_sweep_opens_only_when_asked_for(visit: Visit) -> None:
    visit.open("/?depth=12&activation=tanh&initializer=glorot_uniform")
    visit.page.get_by_role("button", name="Sweep the gain").click()
    visit.page.get_by_role("button", name="Close the sweep").click()
    depth = visit.page.get_by_role("slider", name="Depth")
    for key, there in (("ArrowRight", 13), ("ArrowLeft", 12)):
        depth.press(key)
        visit.until("(depth) => location.search.includes(`depth=${depth}`)", there)
    visit.page.wait_for_function("() => !document.querySelector('.hand')")
    expect(visit.page.get_by_role("button", name="Sweep the gain")).to_be_visible()


@pytest.mark.parametrize(
    "query",
    [
        "depth=8&width=8&activation=tanh&initializer=normal",
        "depth=10&width=8&activation=tanh&initializer=normal&scale=0.001",
        "depth=10&width=16&activation=tanh&gain=0",
    ],
)
def test_any_network_can_be_swept(visit: Visit, query: str) -> None:
    visit.open("/?" + query)
    visit.page.get_by_role("button", name="Sweep the gain").click()
    visit.page.get_by_role("slider", name="Gain of the sweep").wait_for()
    visit.page.wait_for_function("() => document.querySelector('.hand .measured')?.values")
    expect(visit.page.get_by_text("measured undefined")).to_have_count(0)
    expect(visit.page.get_by_test_id("stException")).to_have_count(0)


def test_a_sweep_that_takes_too_long_is_refused(visit: Visit) -> None:
    visit.open("/?depth=200&width=256&activation=tanh")
    visit.page.get_by_role("button", name="Sweep the gain").click()
    expect(
        visit.page.get_by_text("A sweep measures this network at 40 gains, which would take about")
    ).to_be_visible()


def test_the_parts_of_streamlits_page_that_the_script_relies_on(visit: Visit) -> None:
    visit.open(GLOROT)
    parts = {
        "the app, with its state": "[data-testid=stApp][data-test-script-state]",
        "a slider": ".st-key-depth [data-testid=stSlider]",
        "its value": ".st-key-depth [data-testid=stSliderThumbValue]",
        "its range": ".st-key-depth [data-testid=stSlider] input[type=range]",
        "a chart": ".st-key-gradient_chart .js-plotly-plot",
        "its drawing": ".st-key-gradient_chart .svg-container > svg",
        "its curves": ".st-key-gradient_chart .scatterlayer .trace",
        "its ticks": ".st-key-gradient_chart .ytick text",
    }
    missing = [name for name, selector in parts.items() if not visit.page.locator(selector).count()]
    assert missing == [], f"Streamlit's page has no longer {missing}: mend PAGE in initviz/ui/hand"
    for selector in ("stApp", "stSlider", "stSliderThumbValue", "js-plotly-plot", "svg-container"):
        assert selector in SOURCE
