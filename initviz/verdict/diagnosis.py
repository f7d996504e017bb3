"""What a pass means: a verdict, the reason in one sentence, and a repair that was measured."""

from dataclasses import dataclass
from functools import cached_property

from initviz.engine.measurement import Measurement
from initviz.setting.network import Batch, Network
from initviz.verdict.drift import drift
from initviz.verdict.repair import find_fix
from initviz.verdict.verdict import Verdict, verdict_on


@dataclass(frozen=True)
class Diagnosis:
    """The verdict and its reason; `fix` is looked for when first asked for.

    `drift` is the decades by which the gradient's variance changes a layer. Without a `network`
    and its `batch` no repair is looked for.
    """

    verdict: Verdict
    reason: str
    network: Network | None = None
    batch: Batch | None = None
    drift: float = 0.0

    @cached_property
    def fix(self) -> Network | None:
        """The smallest change found that is stable over several seeds, or None."""
        if self.verdict == "stable" or self.network is None or self.batch is None:
            return None
        return find_fix(self.network, self.batch, self.drift)


def diagnose(measured: Measurement) -> Diagnosis:
    """Judge a pass."""
    verdict, reason = verdict_on(measured)
    whole = drift(measured.log10["grad_preact_var"][::-1], "", "layer", backward=True).decades
    a_layer = whole / max(1, len(measured.layers) - 1)
    return Diagnosis(verdict, reason, measured.network, measured.batch, a_layer)
