"""Data sets of the hub, each at one revision: namespaced, Parquet, without a loading script.

No hub was reachable where these were written down. The revisions were read in public code that pins them; where the
main branch held a loading script, it is the commit of the hub's own conversion (refs/convert/parquet).
"""

from harness.spec.task import Hub

PINNED = "pinned in public code, not checked against the hub"
CONVERTED = "a commit of refs/convert/parquet pinned in public code, not checked against the hub"

ANLI = Hub("facebook/anli", "8e4813d81f46d313dac7892e1c28076917cfcdf9", PINNED)
COMMONSENSE_QA = Hub("tau/commonsense_qa", "94630fe30dad47192a8546eb75f094926d47e155", PINNED)
COSMOS_QA = Hub("allenai/cosmos_qa", "ed50fe83db62b355759053b1cd5eef344ee371e0", CONVERTED)
GLUE = Hub("nyu-mll/glue", "bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c", PINNED)
HELLASWAG = Hub("Rowan/hellaswag", "218ec52e09a7e7462a5400043bb9a69a41d06b76", PINNED)
PAWS_X = Hub("google-research-datasets/paws-x", "4cd8187c404bda33cb1f62b49b001115862acf37", PINNED)
SIQA = Hub("allenai/social_i_qa", "537a2ec8ec565adc0b70b70752893e59e024df26", CONVERTED)
SNLI = Hub("stanfordnlp/snli", "cdb5c3d5eed6ead6e5a341c8e56e669bb666725b", PINNED)
SQUAD = Hub("rajpurkar/squad", "7b6d24c440a36b6815f21b70d25016731768db1f", PINNED)
SQUAD_V2 = Hub("rajpurkar/squad_v2", "3ffb306f725f7d2ce8394bc1873b24868140c412", PINNED)
SUPER_GLUE = Hub("aps/super_glue", "3de24cf8022e94f4ee4b9d55a6f539891524d646", PINNED)
XCOPA = Hub("cambridgeltl/xcopa", "042f78955ba48e6404616762fa6e05e839c3907a", PINNED)
XNLI = Hub("facebook/xnli", "b8dd5d7af51114dbda02c0e3f6133f332186418e", PINNED)
XQUAD = Hub("google/xquad", "51adfef1c1287aab1d2d91b5bead9bcfb9c68583", PINNED)
# XTREME's own data sets, converted. Not used: `udpos.*`, which splits fused words where XTREME's preparation keeps
# them, and `bucc18.*`, which has gold pairs alone and none of the sentences to be searched.
XTREME = Hub("google/xtreme", "ec5f1f46e9af79639a90684a7a70a956c4998f04", PINNED)
