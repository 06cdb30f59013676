"""torchrun's own settings where its agents meet, whoever starts them."""

# Else agents and processes share a store, in which processes that are started again meet keys of those before.
SETTINGS = {"TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}
RESTARTS = 3  # of all processes, after a node or a process was lost
# Seconds that an agent waits for the first one's store: many nodes read Python and torch from one file system at once.
PATIENT = "read_timeout=300"
