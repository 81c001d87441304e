"""HTCondor: slots as condor_status prints them."""
