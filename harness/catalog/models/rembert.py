"""RemBERT (Chung et al. 2021): 32 layers behind embeddings 256 wide; 110 languages of Wikipedia and Common Crawl."""

from harness.spec.model import Architecture, CatalogModel

MODELS = (
    CatalogModel(
        name="rembert/base",
        architecture=Architecture("rembert", 32, 1152, 18, 18, 4608, 250_300, embedding=256),
        hub_id="google/rembert",
        recipe={"learning_rate": 1e-5, "dropout": 0.0},  # transformers' RemBertConfig drops nothing
        licence="Apache-2.0",
        unverified=("the licence", "the learning rate"),
    ),
)
