"""What a stage keeps and watches: one CloudFormation template, and what CloudFormation cannot do."""

from .direct import apply

__all__ = ["apply"]
