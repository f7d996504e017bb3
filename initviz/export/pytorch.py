"""A draw as statements on a PyTorch parameter."""

from initviz.catalog.initializers import EYE, ORTHOGONAL, SPARSE, UNIFORM
from initviz.export.draws import Draw

# Noise that is drawn for a matrix, and the number of axes of the tensors that PyTorch takes it for.
_AXES = {ORTHOGONAL.name: range(2, 6), EYE.name: range(2, 3), SPARSE.name: range(2, 3)}


def initialize(draw: Draw, weight: str) -> str:
    """Return the statements that draw the parameter named `weight`, under `torch.no_grad`."""
    lines, target = [], weight
    if draw.centred:
        lines.append(f"nn.init.zeros_({weight})")
        target = f"{weight}[:, :, {', '.join(str(side // 2) for side in draw.shape[2:])}]"
    if draw.blocks > 1:
        lines.append(f"for part in {weight}.chunk({draw.blocks}):")
        lines += [f"    {line}" for line in _drawn(draw, "part")]
    else:
        lines += _drawn(draw, target)
    if draw.residuals > 1:
        lines.append(f"{weight}.div_(math.sqrt({draw.residuals}))")
    if draw.forget is not None:
        rows = f"{draw.forget.start}:{draw.forget.stop}"
        lines.append(f"{weight}[{rows}] = {draw.forget_bias!r}  # the forget gate")
    return "\n".join(lines)


def _drawn(draw: Draw, target: str) -> list[str]:
    weight, told = _matrix(draw, target), draw.told
    if told is not None and draw.initializer.noise is UNIFORM:
        return [f"bound = {told}", draw.spelled("torch", weight, "bound")]
    return [draw.spelled("torch", weight, told)]


def _matrix(draw: Draw, target: str) -> str:
    """Return `target` as a matrix of (rows, columns) where its initializer needs one."""
    axes = 2 if draw.centred else len(draw.shape)
    if axes in _AXES.get(draw.initializer.noise.name, range(6)):
        return target
    return f"{target}[:, None]" if axes == 1 else f"{target}.flatten(1)"
