"""torchrun's own settings where its agents meet, whoever starts them."""

# Else agents and processes share a store, in which processes that are started again meet keys of those before.
SETTINGS = {"TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}
RESTARTS = 3  # of all processes, after a node or a process was lost
