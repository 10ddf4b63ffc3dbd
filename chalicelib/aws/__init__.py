"""Where things are kept: the only folder that knows boto3."""
