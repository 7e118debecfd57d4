"""The connector against what nobody here wrote: the vendors' own schemas, recorded exchanges and official examples."""
