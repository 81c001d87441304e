"""What Spack knows of sites: configured externals and compilers, lockfiles, installed packages, build caches."""
