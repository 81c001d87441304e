"""What Spack's repository says and its files do not: which packages are compilers, and which provide what.

The names are those of https://packages.spack.io.
"""

from __future__ import annotations

MPI = "mpi"

COMPILER_OF = {
    **{name: name for name in ("gcc", "aocc", "nvhpc", "apple-clang", "cce", "fj", "nag", "xl", "msvc")},
    "llvm": "clang",
    "llvm-amdgpu": "rocmcc",
    "acfl": "arm",
    "intel-oneapi-compilers": "oneapi",
    "intel-oneapi-compilers-classic": "intel",
}
"""What a package is called as a compiler."""

LANGUAGES = {
    "cc": "c",
    "cxx": "c++",
    "f77": "fortran",
    "fc": "fortran",
    "c": "c",
    "c++": "c++",
    "fortran": "fortran",
}
"""The language of each program that compilers.yaml and `extra_attributes` name."""

PROVIDERS = {
    MPI: (
        *("openmpi", "mpich", "mvapich", "mvapich2", "mvapich-plus", "intel-mpi", "intel-oneapi-mpi", "cray-mpich"),
        *("cray-mvapich2", "spectrum-mpi", "hpcx-mpi", "fujitsu-mpi", "mpt", "msmpi", "mpitrampoline", "mpi-serial"),
        *("nmpi", "parastation-mpi", "psmpi"),
    ),
    "blas": ("openblas", "intel-oneapi-mkl", "intel-mkl", "cray-libsci", "blis", "amdblis", "atlas"),
    "lapack": ("openblas", "intel-oneapi-mkl", "intel-mkl", "cray-libsci", "netlib-lapack", "amdlibflame", "atlas"),
    "fftw-api": ("fftw", "amdfftw", "cray-fftw", "intel-oneapi-mkl", "intel-mkl"),
}
"""Packages that provide a virtual one, whatever their variants; all of them for `mpi`."""

VIRTUAL = frozenset(
    (
        *PROVIDERS,
        *("armci", "c", "cxx", "daal", "elf", "flame", "fortran", "fuse", "gl", "glu", "glx", "golang", "iconv", "ipp"),
        *("java", "jpeg", "libc", "libgfortran", "libglx", "libllvm", "lua-lang", "luajit", "mariadb-client", "mkl"),
        *("mysql-client", "onedal", "opencl", "osmesa", "pbs", "pil", "pkgconfig", "qmake", "rpc", "scalapack", "sycl"),
        *("tbb", "unwind", "uuid", "xxd", "yacc", "zlib-api"),
    )
)
"""Packages that only others provide."""

OF_MACHINES = (
    *("cluster", "core", "cpu", "disk", "filesystem", "gpu", "host", "interconnect", "memory", "network", "node"),
    *("partition", "property", "queue", "ram", "rank", "scratch", "site", "socket", "storage"),
)
"""Subsystems of machines and of what runs them: nothing that Spack writes is about these."""
