"""The pure core: values and decisions of the books. No I/O, no clock, no chance."""
