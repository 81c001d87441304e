"""By what values are compared: units of quantities, and the orders of versions."""
