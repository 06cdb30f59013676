"""Llama 3.1 (Grattafiori et al. 2024): the largest dense decoder whose weights are open."""

from harness.spec.model import Architecture, CatalogModel

MODELS = (
    CatalogModel(
        name="llama/3.1-405b",
        architecture=Architecture(
            "llama", 126, 16384, 128, 8, 53248, 128_256, 131_072, gated=True, bidirectional=False
        ),
        hub_id="meta-llama/Llama-3.1-405B",
        revision="b906e4dc842aa489c962f9db26554dcfdde901fe",
        recipe={"learning_rate": 5e-6, "dropout": 0.0},
        licence="Llama 3.1 Community",
        untied=True,  # that revision's tensors are 405,853,388,800: one matrix of the vocabulary more
        unverified=("the licence", "the learning rate", "the special tokens"),
    ),
)
