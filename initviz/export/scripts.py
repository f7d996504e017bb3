"""The scripts: a network's text in a framework's terms, filled in with how it is drawn."""

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from initviz.architectures import Architecture
from initviz.catalog.activations import ACTIVATIONS
from initviz.catalog.registry import index
from initviz.export import pytorch
from initviz.export.draws import Draw, Library, draws
from initviz.export.initializers import composed
from initviz.recipes.rules import Recipe
from initviz.runtime.words import listed, quoted
from initviz.setting.spec import Spec

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(()),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


@dataclass(frozen=True)
class Framework:
    """A library that networks are exported to.

    Its templates stand in the folder of its name: one for each architecture, which defines
    `build()`, and `frame`, what stands around it. They write a parameter's draw with `initialize`.
    """

    name: str
    label: str
    library: Library
    initialize: Callable[..., str]


FRAMEWORKS = index(
    (
        Framework("pytorch", "PyTorch", "torch", pytorch.initialize),
        Framework("keras", "Keras", "keras", partial(composed, library="keras")),
        Framework("flax", "Flax", "flax", partial(composed, library="flax")),
    )
)


def source(architecture: Architecture[Any], spec: Spec, recipe: Recipe, framework: str) -> str:
    """Return a complete script that builds the network and prints its parameters' variances.

    Its parameters follow the same distributions as those that `initviz.recipes.reinitialize`
    draws; the seed's draw is the framework's own.

    Raises:
        ValueError: if the framework is unknown, the recipe has no rule for a parameter's role, or
            divides by a number of residual branches that is 0.
    """
    if framework not in FRAMEWORKS:
        raise ValueError(f"framework must be one of {listed(FRAMEWORKS)}; got {quoted(framework)}")
    chosen = FRAMEWORKS[framework]
    fields = spec.model_dump()
    title = f"{architecture.label}: {', '.join(f'{k} {v}' for k, v in fields.items())}."
    about = f"Initialized by the recipe: {recipe.label}"
    about += f" ({recipe.reference})." if recipe.reference else "."
    if recipe.unit_variance:
        about += " What it then scales on a batch is left to you: it needs your data."
    return fill(
        chosen,
        architecture.name,
        draws(architecture, spec, recipe),
        title="\n".join(_wrapped(title)),
        about="\n".join(_wrapped(about)),
        **fields,
    )


def fill(framework: Framework, template: str, drawn: Mapping[str, Draw], **fields: Any) -> str:
    """Return a framework's template with its fields and draws, in the framework's frame."""

    def initialize(name: str, *target: str, **changed: Any) -> str:
        return framework.initialize(replace(drawn[name], **changed), *target)

    if "activation" in fields:
        record = ACTIVATIONS[fields["activation"]]
        fields["activation"] = getattr(record, framework.library)
    context = {**fields, "draws": drawn, "initialize": initialize}
    return _render(framework, "frame", {**context, "body": _render(framework, template, context)})


def _render(framework: Framework, template: str, context: Mapping[str, Any]) -> str:
    return _TEMPLATES.get_template(f"{framework.name}/{template}.txt").render(context)


def _wrapped(text: str) -> list[str]:
    """Return lines that can neither end nor spoil the docstring they stand in."""
    harmless = "".join(c if c.isprintable() else " " for c in text)
    return textwrap.wrap(harmless.replace("\\", "/").replace('"', "'"), 96)
