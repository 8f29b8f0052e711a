#!/usr/bin/env python3
"""Starts a program several times, as the ranks of one job: run_ranks.py --ranks N --by mpirun|store PROGRAM [ARGUMENT...]

mpirun: Open MPI's. store: the variables that torchrun sets. Exit status: 0 if every rank ended with 0, that of one that did not
otherwise; 77 and a message where there is no mpirun."""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import time


def rank_environment(ranks):
    """The cores shared among the ranks; Open MPI's leave for the root of a container."""
    cores = len(os.sched_getaffinity(0))
    return {**os.environ, "OMP_NUM_THREADS": str(max(1, cores // ranks)), "OMPI_ALLOW_RUN_AS_ROOT": "1",
            "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_rmaps_base_oversubscribe": "1",
            # Ranks that wait leave the core to those that work.
            "OMPI_MCA_mpi_yield_when_idle": "1", "OMPI_MCA_hwloc_base_binding_policy": "none",
            # A container may forbid a process to read another's memory.
            "OMPI_MCA_btl_vader_single_copy_mechanism": "none"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def store_variables(rank, ranks, port):
    return {"RANK": str(rank), "WORLD_SIZE": str(ranks), "LOCAL_RANK": str(rank), "LOCAL_WORLD_SIZE": str(ranks),
            "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}


def run_by_store(ranks, command):
    port, environment = free_port(), rank_environment(ranks)
    processes = [subprocess.Popen(command, env={**environment, **store_variables(rank, ranks, port)}) for rank in range(ranks)]
    status = 0
    while status == 0 and any(process.poll() is None for process in processes):
        time.sleep(0.05)
        status = next((process.returncode for process in processes if process.poll()), 0)
    for process in processes:  # as torchrun: one that fails takes the others along
        if process.poll() is None:
            process.kill()
        process.wait()
    return status or next((process.returncode for process in processes if process.returncode), 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ranks", type=int, required=True)
    parser.add_argument("--by", choices=("mpirun", "store"), required=True)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    if arguments.by == "store":
        return run_by_store(arguments.ranks, arguments.command)
    if not shutil.which("mpirun"):
        print("SKIPPED: mpirun is not installed (Debian package openmpi-bin)")
        return 77
    return subprocess.run(["mpirun", "-np", str(arguments.ranks), *arguments.command], env=rank_environment(arguments.ranks)).returncode


if __name__ == "__main__":
    sys.exit(main())
