"""config.yaml, mappings and environment become frozen values, and every mistake a problem with its line."""
