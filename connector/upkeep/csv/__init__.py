"""An export from UpKeep's own screens as a source, for plans without API access."""
