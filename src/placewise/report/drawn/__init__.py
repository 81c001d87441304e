"""Figures as pictures, by matplotlib."""
