"""The quick part of `make e2e`: its judge and its transcript, without a deploy."""
