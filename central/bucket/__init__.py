"""Video in a bucket of an object store (S3): where it is kept when this machine has room only for what is looked at."""
