"""RemBERT (Chung et al. 2021): 32 layers behind embeddings 256 wide; 110 languages of Wikipedia and Common Crawl."""

from harness.spec.model import Architecture, CatalogModel

MODELS = (
    CatalogModel(
        name="rembert/base",
        architecture=Architecture("rembert", 32, 1152, 18, 18, 4608, 250_300, embedding=256),
        hub_id="google/rembert",
        revision="65da5133da36e29dfca67d4f0dd9f7f9db21b563",
        recipe={"learning_rate": 1e-5, "dropout": 0.0},  # transformers' RemBertConfig drops nothing
        licence="Apache-2.0",
        spoken=110,
        unverified=("the licence", "the learning rate", "that the pinned revision holds safetensors"),
    ),
)
