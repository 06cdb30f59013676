"""Small sweeps and a cluster that several tests begin with."""

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
# Its model and tokenizer are made by the sweep itself.
SCRATCH = """
name: scratch
models: [{name: toy, architecture: xlm_r/toy, tokenizer: {algorithm: words, vocabulary: 90}, text: [{task: toy_text}],
  pretrain: {duration: {unit: epochs, amount: 1}, batch_size: 16, learning_rate: 1e-3}}]
intermediate: [toy_qa]
epochs: 1
batch_size: 16
targets: [{task: toy_senses, languages: [en, ha]}]
"""
