"""Golden cases: folders that a controller can read. Each is a job, a mapping, and what stands in each ledger's books afterwards."""
