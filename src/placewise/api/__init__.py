"""The Python surface: what `import placewise` offers, loaded name by name."""
