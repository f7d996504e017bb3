"""What a training run is besides its networks: data, optimizer, length, arithmetic and seed."""

from typing import Annotated, ClassVar

from pydantic import Field

from initviz.setting.network import Real, Whole, one_of
from initviz.setting.spec import Spec

DATA = {
    "digits": "Handwritten digits",
    "breast_cancer": "Breast cancer",
    "moons": "Two moons",
}
OPTIMIZERS = {"sgd": "SGD with momentum 0.9", "adam": "Adam"}
# Half precision would need its loss scaled to train at all, and that hides what is looked at.
DTYPES = ("float32", "float64")
MOST_NETWORKS = 5


class Training(Spec):
    """How networks are trained: on the same batches in the same order, by the same optimizer."""

    choices: ClassVar = {"data": tuple(DATA), "optimizer": tuple(OPTIMIZERS), "dtype": DTYPES}

    data: Annotated[str, one_of(DATA)] = Field(
        "digits", title="Data", description="What is learned: all of it ships with scikit-learn."
    )
    optimizer: Annotated[str, one_of(OPTIMIZERS)] = Field(
        "sgd", title="Optimizer", description="The rule that turns gradients into steps."
    )
    learning_rate: Real = Field(
        0.01,
        ge=1e-6,
        le=10,
        title="Learning rate",
        description="What a step is multiplied by, 10⁻⁶ to 10.",
    )
    steps: Whole = Field(
        300, ge=1, le=2000, title="Steps", description="Steps of the optimizer, 1 to 2000."
    )
    batch_size: Whole = Field(
        128, ge=2, le=375, title="Batch size", description="Examples a step, 2 to 375."
    )
    dtype: Annotated[str, one_of(DTYPES)] = Field(
        "float32", title="Number format", description="The floating-point format computed in."
    )
    seed: Whole = Field(
        0,
        ge=0,
        le=2**32 - 1,
        title="Seed",
        description="Picks the first weights and the order of the data; same seed, same bits.",
    )
