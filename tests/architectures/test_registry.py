"""Every architecture: built, drawn by every recipe that knows its roles, and probed."""

import numpy as np
import pytest
import torch

from initviz import probe
from initviz.architectures import ARCHITECTURES
from initviz.recipes.drawing import reinitialize
from initviz.recipes.roles import slots
from initviz.recipes.table import RECIPES

# The recipes that lack a role that the architecture has.
REFUSED = {
    "cnn": {"gpt2", "bert"},
    "residual": {"gpt2", "bert"},
    "recurrent": {"gpt2", "bert", "fixup", "delta_orthogonal", "lsuv"},
    "transformer": {"fixup", "delta_orthogonal"},
}


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_recipe_draws_it_or_names_the_role_it_lacks(name: str, recipe: str) -> None:
    architecture = ARCHITECTURES[name]
    spec = architecture.spec()
    module, roles = architecture.build(spec), architecture.roles(spec)
    chosen = architecture.recipe(spec, RECIPES[recipe])
    inputs = architecture.inputs(spec, 16, 0)
    if recipe in REFUSED[name]:
        with pytest.raises(ValueError, match="has no rule for the role"):
            reinitialize(module, chosen, roles=roles, inputs=inputs)
        return
    table = reinitialize(module, chosen, seed=1, roles=roles, inputs=inputs)
    assert set(table.name) == {slot.name for slot in slots(module, roles)}
    signals = probe(module, inputs)
    assert np.isfinite(signals.table["preact_var"]).all()
    assert np.isfinite(signals.table["grad_weight_var"]).all()
    assert signals.diagnosis.verdict


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_building_repeats_itself_and_leaves_the_global_state(name: str) -> None:
    architecture = ARCHITECTURES[name]
    built = []
    for seed in (5, 6):
        before = torch.manual_seed(seed).get_state()
        built.append(architecture.build(architecture.spec()).state_dict())
        assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(built[0][k], built[1][k]) for k in built[0])


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_inputs_follow_the_seed_and_the_size(name: str) -> None:
    architecture = ARCHITECTURES[name]
    spec = architecture.spec()
    drawn, same, other = (architecture.inputs(spec, 12, seed) for seed in (3, 3, 4))
    assert len(drawn) == 12
    assert torch.equal(drawn, same)
    assert not torch.equal(drawn, other)
    with pytest.raises(ValueError, match="size must be"):
        architecture.inputs(spec, 5000, 0)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_fields_are_described_and_mistakes_named(name: str) -> None:
    spec = ARCHITECTURES[name].spec
    assert all(field.title and field.description for field in spec.model_fields.values())
    with pytest.raises(ValueError, match="there is no field 'colour'"):
        spec(colour="red")
    for field, names in spec.choices.items():
        with pytest.raises(ValueError, match=rf"{field} must be one of .*{names[-1]}.*got 'wrong'"):
            spec(**{field: "wrong"})
