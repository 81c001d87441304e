"""One cluster as matching sees it: its containment tree, its places, and what is known of them."""
