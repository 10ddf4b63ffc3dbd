"""Answers as WeChat's hosts do: what our code calls."""
