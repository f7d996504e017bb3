"""A draw as an initializer that Keras or Flax calls with a shape: one inside another."""

from initviz.catalog.initializers import EYE, ORTHOGONAL, UNIFORM
from initviz.export.draws import Draw, Library


def composed(draw: Draw, library: Library) -> str:
    """Return the expression of the initializer, in which the frame's own functions may stand."""
    told = draw.told
    # Keras would have to be told both bounds.
    unit = told is not None and draw.initializer.noise is UNIFORM and library == "keras"
    text = draw.spelled(library, told="1" if unit else told)
    if _needs_matrix(draw):
        text = f"flat({text})"
    if draw.centred:
        text = f"centred({text})"
    if draw.blocks > 1:
        text = f"in_blocks({text}, {draw.blocks})"
    if unit:
        text = f"scaled({text}, {told})"
    if draw.gain != 1:
        text = f"scaled({text}, {draw.gain!r})"
    if draw.residuals > 1:
        text = f"scaled({text}, 1 / math.sqrt({draw.residuals}))"
    if draw.forget is not None:
        rows = f"slice({draw.forget.start}, {draw.forget.stop})"
        text = f"with_forget_gate({text}, {rows}, {draw.forget_bias!r})"
    return text


def _needs_matrix(draw: Draw) -> bool:
    axes, noise = 2 if draw.centred else len(draw.shape), draw.initializer.noise
    return (noise is EYE and axes != 2) or (noise is ORTHOGONAL and axes < 2)
