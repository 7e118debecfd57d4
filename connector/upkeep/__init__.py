"""The sources of work orders: UpKeep's official REST API."""
