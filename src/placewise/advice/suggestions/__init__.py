"""Which changes of a fleet, or of what jobs ask, are worth making: each applied before it is suggested."""
