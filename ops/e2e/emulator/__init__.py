"""ministack as a place to deploy to: what it lacks for `chalice deploy` is added to it from outside, in its process."""
