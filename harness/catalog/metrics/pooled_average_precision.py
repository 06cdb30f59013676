"""Mean average precision where the pool says which queries each candidate answers, as in LAReQA."""

import dataclasses

from harness.catalog.metrics import mean_average_precision

# LAReQA's mAP@20 is a mean over the questions of all languages; each has as many, so the mean over languages equals it.
METRIC = dataclasses.replace(mean_average_precision.METRIC, name="pooled_average_precision", reads_pool=True)
