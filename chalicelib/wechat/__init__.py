"""The protocol between WeChat and us. Imports nothing of ours; could be a package of its own."""
