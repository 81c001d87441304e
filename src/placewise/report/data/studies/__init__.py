"""The numbers of studies: experiments, levels of metadata, what metadata is worth, and how sure that is."""
