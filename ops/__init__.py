"""What runs on the machine of a developer or an operator, and never in Lambda."""
