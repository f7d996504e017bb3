"""What a pass means: a verdict, the reason in one sentence, and a repair that was measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from initviz.engine.measurement import Measurement
from initviz.setting.network import Batch, Network
from initviz.verdict.drift import drift
from initviz.verdict.outlook import outlook
from initviz.verdict.repair import find_fix
from initviz.verdict.verdict import Verdict, verdict_on


@dataclass(frozen=True)
class Diagnosis:
    """The verdict and its reason; `fix` is looked for when first asked for.

    `drift` is the decades by which the gradient's variance changes a layer. Without a `network`
    and its `batch` no repair is looked for. `outlook` is how likely it learns, by optimizer; None
    where no such network was trained.
    """

    verdict: Verdict
    reason: str
    network: Network | None = None
    batch: Batch | None = None
    drift: float = 0.0
    outlook: Mapping[str, float] | None = None

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
    likely = outlook(measured)
    return Diagnosis(verdict, reason, measured.network, measured.batch, a_layer, likely)
