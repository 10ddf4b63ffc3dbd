"""`make e2e`: the real deploy onto an emulated AWS that enforces IAM, and what each role needs, proven."""
