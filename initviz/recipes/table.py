"""The recipes: which initializer a parameter gets, by its role.

What PyTorch, Keras and Flax do by default, what the textbook recommends, what GPT-2 and BERT
did, and what Fixup and delta-orthogonal initialization are.
"""

from initviz.catalog.registry import index
from initviz.recipes.rules import Recipe, Rule

_STACKED = ("LSTM", "GRU", "RNN", "attention")
_NORM = {"norm.scale": Rule("ones"), "norm.shift": Rule("zeros")}
# Fixup's L^(−1/(2m−2)) for branches of m = 2 layers: one over the root of their number.
FIXUP_BRANCH = {
    "residual.inner": Rule("he_normal", over_residuals=True),
    "residual.last": Rule("zeros"),
}

RECIPES = index(
    (
        Recipe(
            name="pytorch",
            label="PyTorch's defaults",
            reference="PyTorch documentation, torch.nn: Linear, Conv2d, LSTM, Embedding, "
            "MultiheadAttention",
            rules={
                "dense.weight": Rule("torch_default"),
                "conv.weight": Rule("torch_default"),
                "bias": Rule("torch_default"),
                "recurrent.input": Rule("torch_default", hidden=True),
                "recurrent.hidden": Rule("torch_default", hidden=True),
                "recurrent.bias": Rule("torch_default"),
                "attention.in": Rule("glorot_uniform"),
                "attention.out": Rule("torch_default"),
                "attention.bias": Rule("zeros"),
                "embedding.weight": Rule("normal", scale=1.0),
                **_NORM,
            },
        ),
        Recipe(
            name="keras",
            label="Keras's defaults",
            reference="Keras documentation: Dense, Conv2D, LSTM, GRU, Embedding",
            rules={
                "dense.weight": Rule("glorot_uniform"),
                "conv.weight": Rule("glorot_uniform"),
                "bias": Rule("zeros"),
                "recurrent.input": Rule("glorot_uniform"),
                "recurrent.hidden": Rule("orthogonal"),
                "recurrent.bias": Rule("zeros", forget=1.0),
                "embedding.weight": Rule("uniform", scale=0.05),
                **_NORM,
            },
        ),
        Recipe(
            name="flax",
            label="Flax's defaults",
            reference="Flax documentation, nnx: Linear, Conv, LSTMCell, MultiHeadAttention, Embed",
            rules={
                "dense.weight": Rule("lecun_truncated"),
                "conv.weight": Rule("lecun_truncated"),
                "bias": Rule("zeros"),
                "recurrent.input": Rule("lecun_truncated"),
                "recurrent.hidden": Rule("orthogonal", per_gate=("LSTM",)),
                "attention.in": Rule("lecun_truncated"),
                "attention.out": Rule("lecun_truncated"),
                "embedding.weight": Rule("lecun_normal"),
                **_NORM,
            },
        ),
        Recipe(
            name="recommended",
            label="The textbook's advice",
            reference="He et al. 2015, arXiv:1502.01852; Glorot and Bengio 2010; Saxe et al. 2014, "
            "arXiv:1312.6120; Jozefowicz et al. 2015 (forget bias 1)",
            rules={
                "dense.weight": Rule("he_normal", matched=True),
                "readout.weight": Rule("glorot_uniform"),
                "conv.weight": Rule("he_normal"),
                "bias": Rule("zeros"),
                "recurrent.input": Rule("glorot_uniform", per_gate=_STACKED),
                "recurrent.hidden": Rule("orthogonal", per_gate=_STACKED),
                "recurrent.bias": Rule("zeros", forget=1.0),
                "attention.in": Rule("glorot_uniform", per_gate=_STACKED),
                "attention.out": Rule("glorot_uniform"),
                "embedding.weight": Rule("normal", scale=0.02),
                **_NORM,
            },
        ),
        Recipe(
            name="gpt2",
            label="GPT-2",
            reference="Radford et al. 2019, section 2.3, and OpenAI's code: N(0, 0.02²), residual "
            "projections divided by √N",
            rules={
                "dense.weight": Rule("normal", scale=0.02),
                "attention.in": Rule("normal", scale=0.02),
                "residual.last": Rule("normal", scale=0.02, over_residuals=True),
                "bias": Rule("zeros"),
                "embedding.weight": Rule("normal", scale=0.02),
                **_NORM,
            },
        ),
        Recipe(
            name="bert",
            label="BERT",
            reference="Devlin et al. 2019, arXiv:1810.04805, and Google's code: truncated at two "
            "standard deviations of 0.02",
            rules={
                "dense.weight": Rule("truncated_normal", scale=0.02),
                "bias": Rule("zeros"),
                "embedding.weight": Rule("truncated_normal", scale=0.02),
                **_NORM,
            },
        ),
        Recipe(
            name="fixup",
            label="Fixup",
            reference="Zhang, Dauphin and Ma 2019, arXiv:1901.09321, section 3, for branches of "
            "two layers",
            rules={
                "dense.weight": Rule("he_normal"),
                "conv.weight": Rule("he_normal"),
                "readout.weight": Rule("zeros"),
                "bias": Rule("zeros"),
                **FIXUP_BRANCH,
                **_NORM,
            },
        ),
        Recipe(
            name="delta_orthogonal",
            label="Delta-orthogonal",
            reference="Xiao et al. 2018, arXiv:1806.05393, section 2.4",
            rules={
                "dense.weight": Rule("orthogonal"),
                "conv.weight": Rule("orthogonal", centred=True),
                "bias": Rule("zeros"),
                **_NORM,
            },
        ),
        Recipe(
            name="lsuv",
            label="LSUV (from data)",
            reference="Mishkin and Matas 2016, arXiv:1511.06422: orthogonal, then each layer's "
            "outputs scaled to variance 1 on a batch",
            unit_variance=True,
            rules={
                "dense.weight": Rule("orthogonal"),
                "conv.weight": Rule("orthogonal"),
                "bias": Rule("zeros"),
                "embedding.weight": Rule("normal", scale=1.0),
                **_NORM,
            },
        ),
    )
)
