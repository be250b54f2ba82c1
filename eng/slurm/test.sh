#!/usr/bin/env bash
# Runs samples/batch/score-array.sbatch on a real Slurm cluster of this one machine: munged, slurmctld and one slurmd of two CPUs on free
# loopback ports, all files in a temporary folder. One of four tasks is killed with SIGKILL and requeued; the merged result must have the
# same bytes as the unsharded run. Ends with 77 where Slurm is not installed or this is not root.
#   eng/slurm/test.sh PROGRAM      the built console program
set -euo pipefail
program="$(realpath "${1:?path of the built console program}")"
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"

for needed in munged slurmctld slurmd sbatch srun scontrol; do
  command -v "$needed" > /dev/null || { echo "skipped: $needed is not installed (Debian: slurm-wlm, munge)"; exit 77; }
done
[ "$(id -u)" -eq 0 ] || { echo "skipped: slurmd has to run as root"; exit 77; }

work="$(mktemp -d)"
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2> /dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2> /dev/null || true; done
  [ -n "${KEEP:-}" ] && echo "kept: $work" || rm -rf "$work"
}
trap finish EXIT

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
wait_for() { # SECONDS COMMAND...
  local patience=$1 start=$SECONDS
  shift
  until "$@"; do
    [ $((SECONDS - start)) -lt "$patience" ] || { echo "gave up waiting for: $*"; tail -n 20 "$work"/*.log; exit 1; }
    sleep 0.05
  done
}

start_cluster() {
  chmod 755 "$work"
  mkdir -p "$work"/{munge,state,spool}
  chmod 700 "$work/munge"
  dd if=/dev/urandom of="$work/munge/key" bs=1 count=1024 status=none
  chmod 400 "$work/munge/key"
  munged --foreground --force --key-file="$work/munge/key" --socket="$work/munge.socket" --pid-file="$work/munge/pid" \
    --seed-file="$work/munge/seed" --log-file="$work/munge/log" > "$work/munged.log" 2>&1 &
  pids+=($!)
  wait_for 20 test -S "$work/munge.socket"

  local host
  host="$(hostname -s)"
  cat > "$work/slurm.conf" << CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket
CredType=cred/munge
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=1,sched_interval=2
ReturnToService=2
MpiDefault=none
JobRequeue=1
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
  export SLURM_CONF="$work/slurm.conf"
  slurmctld -D -f "$work/slurm.conf" > "$work/slurmctld.log" 2>&1 &
  pids+=($!)
  slurmd -D -f "$work/slurm.conf" > "$work/slurmd.log" 2>&1 &
  pids+=($!)
  wait_for 60 is_idle
}
is_idle() { sinfo -h -o %T 2> /dev/null | grep -q '^idle'; }

prepare() {
  cd "$work"
  "$program" sample-data photos > prepare.txt 2>&1
  "$program" train photos --image-size 64 --backbone "$root/tests/Shared/Backbones/resnet10-tiny.safetensors" --run-dir run >> prepare.txt 2>&1
  # Some 2,000 images a task: thousands of rows, and seconds, between its first commit and its end, for the signal to fall into.
  find photos -name '*.jpg' | sort > pictures.txt
  for _ in $(seq "${REPEATS:-40}"); do cat pictures.txt; done > list.txt
  echo missing.jpg >> list.txt
}

job_is_done() { [ -z "$(squeue -h)" ]; }
# A task that is at work and has committed something; gives the process of its step.
victim() {
  for part in 0 1 2 3; do
    [ "$(grep -c '' "scores/part-$part.csv.journal" 2> /dev/null)" -ge 2 ] 2> /dev/null || continue
    [ -e "scores/part-$part.csv" ] && continue
    victim_pid="$(pgrep -f "^[^ ]*ImageTrainer.Cli score .*scores/part-$part.csv" | head -1)" && [ -n "$victim_pid" ] && victim_part=$part && return 0
  done
  return 1
}

export XDG_CACHE_HOME="$work/cache" IMAGETRAINER_OFFLINE=1
prepare
"$program" score run/model.zip list.txt --output whole.csv 2> whole.txt || [ $? -eq 5 ]
start_cluster
MODEL=run/model.zip INPUT=list.txt OUT=scores IMAGETRAINER="$program" sbatch --array=0-3 --output=task-%a.txt "$root/samples/batch/score-array.sbatch"
wait_for 60 victim
kill -KILL "$victim_pid"
echo "killed task $victim_part"
wait_for 300 job_is_done

cat task-*.txt
grep -q "requeueing" "task-$victim_part.txt" || { echo "FAILED: the killed task was not requeued"; exit 1; }
grep -Eq "[1-9][0-9]* of them from earlier runs" "task-$victim_part.txt" || { echo "FAILED: the killed task did not go on where it was"; exit 1; }
"$program" score merge merged.csv scores/part-*.csv
cmp merged.csv whole.csv
cmp merged.csv.errors.csv whole.csv.errors.csv
echo "passed: 4 tasks, one killed and requeued, $(($(wc -l < merged.csv) - 1)) rows, the same bytes as the unsharded run"
