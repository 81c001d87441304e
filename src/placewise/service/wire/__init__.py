"""The protocols: .proto sources, and the modules generated from them by ``.ci/generate_protocols``."""
