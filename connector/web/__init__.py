"""What is reached over HTTP: the vendors' deliveries, and whether the schedule is alive."""
