"""Records of builds, records with outcomes, and the model of success that is learned from them."""
