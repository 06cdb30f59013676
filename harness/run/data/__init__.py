"""The data room of the control side: what is at hand, what the hub has, and what people see of it."""
