"""A fixed outgoing address for the token call, for accounts whose IP whitelist WeChat enforces (errcode 40164)."""
