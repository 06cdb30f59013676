"""Sweeps and a cluster for the tests of the command line."""

CLUSTER = "{name: local, accelerator: cpu, processes_per_node: 2, launches: 2}\n"
SWEEP = """
name: made
models: [xlm_r/base]
intermediate: [toy_qa]
epochs: [1, 2]
batch_size: 16
targets: [{task: toy_senses, languages: [en], limit: 20, train_limit: 32}]
recipe: {target: {toy_senses: {batch_size: 16}}}
"""
REAL = """
name: real
models: [xlm_r/base]
intermediate: [anli]
epochs: 1
batch_size: 16
targets: [{task: udpos, languages: [en, af], split: dev}]
"""
