"""torchrun's own settings, for every launcher that starts its agents."""

# torchrun passes signals of these names on to its processes. Versions before 2.11 read another variable, or none.
_HEARD = "SIGTERM,SIGINT,SIGHUP,SIGQUIT,SIGUSR1"
CHECKPOINT_SECONDS = 120  # that processes have to write a checkpoint, once they are asked to end
SETTINGS = {
    "PET_SIGNALS_TO_HANDLE": _HEARD,
    "TORCHELASTIC_SIGNALS_TO_HANDLE": _HEARD,
    "TORCH_ELASTIC_SHUTDOWN_TIMEOUT": str(CHECKPOINT_SECONDS),
    # Else agents and processes share a store, in which processes that are started again meet keys of those before.
    "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1",
}
RESTARTS = 3  # of all processes, after a node or a process was lost
