"""When and where flows run: in this process, by APScheduler."""
