"""Why a cluster does not match, and what to relax."""
