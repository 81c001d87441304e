"""Documents in and out: dicts, JSON and YAML end here, and model values go on."""
