"""RoBERTa (Liu et al. 2019), English only: XLM-R's network and special tokens, a vocabulary of its own."""

from dataclasses import replace

from harness.catalog.families import xlm_r

FAMILY = replace(xlm_r.FAMILY, name="roberta", model_class="RobertaModel", config_class="RobertaConfig")
