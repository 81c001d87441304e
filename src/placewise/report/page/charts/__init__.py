"""The interactive charts of the page: their specifications, and the libraries that draw them."""
