"""The keys of Slurm's outputs that are not read, with the reason."""

from __future__ import annotations

from collections.abc import Iterable

from placewise.formats.fleets.imports.account import Account

_REASONS = {
    "changes from moment to moment": """
        alloc_cpus alloc_memory alloc_idle_cpus allocmem idle_cpus free_mem free_memory freemem cpu_load cpuload
        cpualloc cpuerr tres_used tres_weighted alloctres alloc_tres gres_used gresused gres_drained gresdrain
        boot_time boottime last_busy lastbusytime slurmd_start_time slurmdstarttime reason reason_changed_at
        reason_set_by_user energy external_sensors extsensorsjoules extsensorswatts extsensorstemp power
        capwatts currentwatts avewatts lowestjoules consumedjoules next_state_after_reboot
        next_state_after_reboot_flags resume_after resumeaftertime reservation reservationname
        reason.description reason.time reason.user job.maximum timestamp user owner cpus(a/i/o/t) nodes(a/i)
        nodes(a/i/o/t) tls_cert_last_renewal active_features activefeatures cpus.allocated cpus.idle cpus.other
        cpus.total cpus.load nodes.allocated nodes.idle nodes.other memory.free memory.allocated gres.used
        features.active""",
    "says nothing of where jobs can run": """
        address burstbuffer_network_address comment extra hostname port slurmd_version version instance_id
        instance_type instanceid instancetype nodeaddr nodehostname node_addr mcs_label cpu_binding cert_flags
        weight weight.minimum weight.maximum cluster_name boards topology topology_str cfgtres tres prio_tier
        prio_job_factor priority.job_factor priority.tier priority_job_factor priority_tier priorityjobfactor
        prioritytier preempt_mode preemptmode alternate lln default hidden grace_time gracetime overtimelimit
        selecttypeparameters select_type suspend_time suspendtime resumetimeout suspendtimeout powerdownonidle
        totalcpus totalnodes defaulttime defmempernode defmempercpu jobdefaults defaults.job
        defaults.memory_per_cpu defaults.partition_memory_per_cpu defaults.partition_memory_per_node
        defaults.time default_memory_per_cpu default_time_limit alternative billing_weights
        preemption_grace_time preemption_mode over_time_limit total_cpus total_nodes tres.billing_weights
        tres.configured timeouts.resume timeouts.suspend node_sets nodesets nodes nodes.total nodes.addresses
        nodes.hostnames cluster cpus.task_binding tresbillingweights partition_memory_per_cpu topology.name
        maximums.over_time_limit specialized_cpus cpuspeclist gpu_spec gpuspec res_cores_per_gpu rescoresgpu
        rescorespergpu""",
    "limits jobs, and match does not hold them against it": """
        exclusivetopo maxcpuspersocket maximums.cpus_per_socket minimums""",
    "has limits of its own, which no file here says": "qos qos.assigned",
    "limits from where jobs are submitted": """
        allocnodes allowed_allocation_nodes nodes.allowed_allocation disablerootjobs""",
    "shares nodes among the jobs of one user, and keeps none away for good": "exclusiveuser",
}
_WHY = {key: reason for reason, keys in _REASONS.items() for key in keys.split()}
UNKNOWN = "the key is not known"


def drop_keys(account: Account, file: object, what: str, keys: Iterable[str]) -> None:
    """Note the keys of records that are not read, each once, with the reason."""
    for key in sorted(keys):
        account.drop(what, file, key, _WHY.get(key.lower(), UNKNOWN))
