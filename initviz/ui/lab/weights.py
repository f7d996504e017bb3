"""The parts of the page about a file of weights."""

import math

import pandas as pd
import streamlit as st

from initviz.checkpoints.example import NAME, example
from initviz.checkpoints.findings import answer, called, notes, verdict, warnings
from initviz.checkpoints.tensors import MAX_BYTES, MIB
from initviz.checkpoints.weights import RULES, Layer, Weights
from initviz.figures.checkpoints import plot_singular, plot_sizes
from initviz.runtime.words import number
from initviz.theory.independent import edges
from initviz.ui import parts
from initviz.ui.cache import weights_of
from initviz.ui.text import plain

_PROMISE = (
    "Which initializer may have drawn these weights? The file is read and never run, stays in this "
    "session's memory, and is gone when you remove it or close the page."
)
_MADE = "In PyTorch such a file is made by `safetensors.torch.save_file(model.state_dict(), path)`."
_SIZES = (
    "Solid: the variance of each layer's weights times the number of inputs of a unit, n. He makes "
    "it 2, which is what ReLU needs to keep a signal's size; LeCun makes it 1, PyTorch's default a "
    "third; Glorot depends on the number of outputs too. A layer of zeros is not drawn."
)


def show() -> None:
    """Take a file, and say and show what is in it."""
    chosen = _file()
    if chosen is None:
        return
    key, name, data = chosen
    try:
        weights = _looked_at(key, name, data)
    except ValueError as error:
        st.error(plain(f"{error}."), icon=":material/error:")
        return
    with st.container(border=True, key="weights_answer"):
        st.markdown(plain(answer(weights)))
    if found := warnings(weights):
        st.warning("  \n".join(map(plain, found)), icon=":material/warning:")
    if weights.layers:
        _charts(weights)
        _table(weights)
    st.caption(plain(" ".join(notes(weights))))


def _file() -> tuple[str, str, bytes] | None:
    """Return what tells the file from others, its name and its bytes, if there is one."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="source"):
        uploaded = st.file_uploader(
            "A file of weights (safetensors)",
            key="uploaded",
            max_upload_size=MAX_BYTES // MIB,
            help=_MADE,
            on_change=_choose,
            args=("file",),
        )
        with st.container(horizontal=True, width="content", key="examples"):
            st.button(
                "Use an example",
                key="use_example",
                icon=":material/science:",
                on_click=_choose,
                args=("example",),
                help="A network of 11 layers for handwritten digits, as PyTorch draws it.",
            )
            st.download_button(
                "Download it",
                example,
                NAME,
                "application/octet-stream",
                icon=":material/download:",
                on_click="ignore",
                type="tertiary",
            )
    st.caption(_PROMISE)
    if st.session_state.get("weights_from") == "example":
        return "example", NAME, example()
    return None if uploaded is None else (uploaded.file_id, uploaded.name, uploaded.getvalue())


def _choose(source: str) -> None:
    st.session_state["weights_from"] = source


def _looked_at(key: str, name: str, data: bytes) -> Weights:
    """Look at a file once; what was found stays in the session as long as the file."""
    kept = st.session_state.get("looked_at")
    if kept is None or kept[0] != key:
        st.session_state.pop("looked_at", None)
        kept = (key, weights_of(data, name))
        st.session_state["looked_at"] = kept
    found: Weights = kept[1]
    return found


def _charts(weights: Weights) -> None:
    known = [i for i, layer in enumerate(weights.layers) if layer.singular is not None]
    chosen = _layer_picker(weights, known)
    figures = {"sizes": plot_sizes(weights, parts.colours())}
    alts = {"sizes": answer(weights)}
    told = [_SIZES]
    if chosen is not None:
        layer = weights.layers[chosen]
        figures["singular"] = plot_singular(layer, chosen + 1, parts.colours())
        alts["singular"] = _stretching(layer, chosen + 1)
        told.append(alts["singular"])
    with st.container(horizontal=True, key="charts"):
        for key, figure in figures.items():
            st.plotly_chart(figure, key=f"{key}_chart", config=parts.PLOTLY, alt=alts[key])
    st.caption(plain(" ".join(told)))
    parts.csv_button("These charts (CSV)", figures, "weights_charts.csv")


def _layer_picker(weights: Weights, known: list[int]) -> int | None:
    if not known:
        return None
    return st.selectbox(
        "Singular values of",
        known,
        format_func=lambda i: f"Layer {i + 1}: {called(weights.layers[i].name)}",
        # A file's own, or the name of another file's layer would stay in it.
        key=f"layer_of_{st.session_state['looked_at'][0]}",
        width=420,
    )


def _stretching(layer: Layer, at: int) -> str:
    """Say how far a layer stretches, and how far independent weights would."""
    values = layer.singular
    if values is None or not values.size:
        return ""
    low, high = edges(*layer.sides, layer.variance)
    return (
        f"Layer {at} stretches its inputs by {number(float(values[-1]))} to "
        f"{number(float(values[0]))}; independent weights of this variance would by about "
        f"{number(low)} to {number(high)} (dashed). What training has learnt stands out beyond."
    )


def _table(weights: Weights) -> None:
    table = pd.DataFrame([_row(i, layer) for i, layer in enumerate(weights.layers, start=1)])
    st.dataframe(table, hide_index=True, alt="Every layer of weights, a row each")
    st.download_button(
        "Table (CSV)",
        lambda: table.to_csv(index=False),
        "weights.csv",
        "text/csv",
        icon=":material/table:",
        on_click="ignore",
    )


def _row(at: int, layer: Layer) -> dict[str, object]:
    values = layer.singular
    return {
        "Layer": at,
        "Name": called(layer.name),
        "Looks like": verdict(layer),
        "Strays by (%)": _said(100 * layer.likeness.stray),
        "Variance": _said(layer.variance),
        **{f"× {rule}": _said(layer.ratio(rule)) for rule in RULES},
        "Fan-in": layer.fan_in,
        "Fan-out": layer.fan_out,
        "Kind": layer.kind,
        "Shape": " × ".join(map(str, layer.shape)),
        "Type": layer.dtype,
        "Mean": _said(layer.mean),
        "Dead rows": layer.dead,
        "Copies": layer.copies,
        "Not finite": layer.nonfinite,
        "Largest singular value": "" if values is None else number(float(values[0])),
        "Smallest": "" if values is None else number(float(values[-1])),
    }


def _said(value: float) -> str:
    return "" if math.isnan(value) else number(value)
