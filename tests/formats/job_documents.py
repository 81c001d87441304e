"""Jobs as other schedulers have them."""

SBATCH = """#!/bin/bash
#SBATCH -J solver -N 2 --ntasks-per-node=16
#SBATCH --cpus-per-task=2 --mem=64G
#SBATCH --gres=gpu:a100:2,nic:1
#SBATCH -C "(milan|icelake)&ib" -p gpu -t 1-00:00:00 --exclusive
#SBATCH --qos=high --mail-type=END -o out.txt --frobnicate=3
rm -rf /
#SBATCH -N 99
"""
PBS = """#!/bin/sh
#PBS -N pbsjob
#PBS -l select=2:ncpus=8:mem=16gb:ngpus=1:fast=True+1:ncpus=4
#PBS -l walltime=02:00:00,place=scatter:excl
#PBS -q long -j oe
echo
"""
POD_JOB = {
    "apiVersion": "batch/v1",
    "kind": "Job",
    "metadata": {"name": "train"},
    "spec": {
        "parallelism": 4,
        "template": {
            "spec": {
                "nodeSelector": {"zone": "a"},
                "affinity": {
                    "nodeAffinity": {
                        "requiredDuringSchedulingIgnoredDuringExecution": {
                            "nodeSelectorTerms": [
                                {
                                    "matchExpressions": [
                                        {"key": "gpu", "operator": "In", "values": ["A100", "H100"]},
                                        {"key": "old", "operator": "DoesNotExist"},
                                        {"key": "n", "operator": "Gt", "values": ["3"]},
                                    ]
                                },
                                {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["k7"]}]},
                            ]
                        }
                    }
                },
                "tolerations": [{"key": "gpu", "operator": "Exists"}],
                "containers": [
                    {"resources": {"requests": {"cpu": "1500m", "memory": "8Gi"}, "limits": {"nvidia.com/gpu": 1}}},
                    {"resources": {"limits": {"cpu": "1"}}},
                ],
                "initContainers": [{"resources": {"requests": {"memory": "16Gi"}}}],
            }
        },
    },
}
IMAGE = {
    "version": "v1alpha1",
    "compatibilities": [
        {
            "rules": [
                {
                    "name": "a",
                    "matchFeatures": [
                        {"feature": "kernel.loadedmodule", "matchExpressions": {"vfio": {"op": "Exists"}}},
                        {"feature": "cpu.cpuid", "matchName": {"op": "InRegexp", "value": ["^AVX"]}},
                    ],
                    "matchAny": [
                        {
                            "matchFeatures": [
                                {
                                    "feature": "pci.device",
                                    "matchExpressions": {
                                        "vendor": {"op": "In", "value": [vendor]},
                                        "class": {"op": "In", "value": ["0200"]},
                                    },
                                }
                            ]
                        }
                        for vendor in ("0eee", "0fff")
                    ],
                }
            ]
        }
    ],
}
COMPSPEC = {
    "version": "0.0.0",
    "kind": "CompatibilitySpec",
    "compatibilities": [{"name": "org.x", "attributes": {"mpi.version": "4.1", "hardware.gpu.available": "no"}}],
}
