"""The lease: who may produce, over the chain as register, or over a record in a store."""
