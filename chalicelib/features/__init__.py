"""What the product does: plain functions, `svc` first; no Chalice, no boto3, no sockets."""
