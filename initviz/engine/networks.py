"""A `Network` measured: by the dense stack's own pass, or layer by layer as `torch.nn` has it."""

import numpy as np

from initviz.engine import homogeneous
from initviz.engine.columns import Columns
from initviz.engine.losses import BatchLoss
from initviz.engine.measurement import SIZES, Layers, Measurement
from initviz.engine.module_statistics import Observation
from initviz.engine.modules import observe, observe_exactly
from initviz.engine.statistics import Floats
from initviz.runtime.turns import TURNS
from initviz.setting import cost
from initviz.setting.data import draw_inputs
from initviz.setting.network import DTYPES, Batch, Network, build, fans

# Above this root mean square, a format may already have made an infinity of something.
_NEAR_OVERFLOW = {"float32": 30.0, "float64": 300.0}


def measure(network: Network, batch: Batch) -> Measurement:
    """Send one batch forward and one gradient back, and measure every hidden layer.

    Raises:
        ValueError: if the work is over budget.
    """
    cost.check(network, batch)
    with TURNS.turn():
        if network.normalization == "none" and batch.dtype in ("float32", "float64"):
            return _dense(network, batch)
        observation, nonfinite = _observe_built(network, batch)
    return observed(observation, nonfinite, batch.dtype, network, batch)


def observed(
    observation: Observation,
    nonfinite: Floats,
    dtype: str,
    network: Network | None = None,
    batch: Batch | None = None,
) -> Measurement:
    """Return an observed pass as a measurement, with the share that its own format lost."""
    values = observation.values | {"nonfinite_fraction": nonfinite}
    with np.errstate(divide="ignore", invalid="ignore"):
        log10 = {c: np.log10(values[c]) for c in SIZES}
    return Measurement(
        layers=Layers(observation.names, observation.kinds),
        values=values,
        log10=log10,
        samples=observation.samples,
        dtype=dtype,
        network=network,
        batch=batch,
        unseen=observation.unseen,
    )


def _observe_built(network: Network, batch: Batch) -> tuple[Observation, Floats]:
    inputs, labels = draw_inputs(batch, fans(network, batch)[0][0])
    observation, nonfinite = observe_exactly(
        build(network, batch), inputs.to(DTYPES[batch.dtype]), BatchLoss(batch, labels)
    )
    hidden = slice(network.depth)
    values = {c: v[hidden] for c, v in observation.values.items()}
    if batch.loss == "gaussian":
        # As in the dense pass: the cotangent stands for that of any readout.
        values["distinct_fraction"][-1] = values["computed_fraction"][-1]
    return (
        Observation(
            observation.names[hidden],
            observation.kinds[hidden],
            values,
            {q: s.first(network.depth) for q, s in observation.samples.items()},
        ),
        nonfinite[hidden],
    )


def _dense(network: Network, batch: Batch) -> Measurement:
    measured = homogeneous.measure(network, batch)
    values, log10 = _true_sizes(measured)
    largest = float(np.max(list(log10.values()))) / 2
    values["nonfinite_fraction"] = _nonfinite(network, batch, largest)
    return Measurement(
        layers=Layers(
            tuple(f"linear_{layer + 1}" for layer in range(network.depth)),
            ("linear",) * network.depth,
        ),
        values=values,
        log10=log10,
        samples=measured.samples,
        dtype=batch.dtype,
        network=network,
        batch=batch,
    )


def _true_sizes(measured: Columns) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Return every column with its exponents put back, and log10 of the sizes."""
    values = dict(measured.values)
    sizes = np.array([values[c] for c in SIZES])
    with np.errstate(over="ignore", divide="ignore"):
        logs = np.log10(sizes)
        if any(e.any() for e in measured.exponents.values()):
            doublings = np.array([measured.exponents[c] for c in SIZES])
            logs += 2 * np.log10(2) * doublings
            sizes = np.ldexp(sizes, 2 * doublings)
            for column in measured.exponents.keys() - SIZES:
                values[column] = np.ldexp(values[column], measured.exponents[column])
    values |= zip(SIZES, sizes, strict=True)
    return values, dict(zip(SIZES, logs, strict=True))


def _nonfinite(network: Network, batch: Batch, largest: float) -> Floats:
    """Return what the dtype itself makes of the pass: the share of NaN and ±inf.

    Only where the largest root mean square, in decades, comes near the end of the range is
    the plain pass run to see.
    """
    if largest < _NEAR_OVERFLOW[batch.dtype]:
        return np.zeros(network.depth)
    inputs, labels = draw_inputs(batch, fans(network, batch)[0][0])
    plain = observe(build(network, batch), inputs.to(DTYPES[batch.dtype]), BatchLoss(batch, labels))
    return plain.values["nonfinite_fraction"][: network.depth]
