"""What an operator's machine does: locks, policies, resources, the local stack."""
