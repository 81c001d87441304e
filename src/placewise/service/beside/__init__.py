"""Work that others cannot wait for: on threads in turn by caller, and long documents in processes of their own."""
