# Sourced by scripts that need a TPM in software (swtpm): its own state, a free pair of ports of 127.0.0.1, ended by
# process ID.
# shellcheck shell=bash disable=SC2034

# What is missing for a software TPM; nothing if it can be used.
missing_for_tpm() {
  local each
  for each in swtpm tpm2_getcap tpm2_flushcontext; do
    command -v "$each" > /dev/null || { echo "$each is not installed"; return; }
  done
  [ -n "$(find /usr/lib /lib -name 'libtss2-tcti-swtpm.so.0' -print -quit 2> /dev/null)" ] ||
    echo "libtss2-tcti-swtpm0 is not installed"
}

# start_tpm DIRECTORY [FLAGS]: starts a TPM that keeps its state in DIRECTORY, waits until it listens, and exports TCTI,
# TPM2OPENSSL_TCTI and TPM2TOOLS_TCTI for it. Its process ID is in tpm_pid and in DIRECTORY/pid, its TCTI in
# DIRECTORY/tcti. A second call with another directory starts a second TPM and names that one. Wrong PINs lock it only
# after 1000 tries, or after three with the flag `locks`. Returns 1 if it does not start.
start_tpm() {
  local directory=$1 flags=${2:-} port try
  mkdir -p "$directory/state" || return 1
  for try in 1 2 3 4 5; do
    port=$((20000 + 2 * (RANDOM % 5000)))
    swtpm socket --tpm2 --tpmstate "dir=$directory/state" --server "type=tcp,bindaddr=127.0.0.1,port=$port" \
      --ctrl "type=tcp,bindaddr=127.0.0.1,port=$((port + 1))" --flags not-need-init,startup-clear \
      > "$directory/swtpm.log" 2>&1 &
    tpm_pid=$!
    while kill -0 "$tpm_pid" 2> /dev/null; do
      if (: < "/dev/tcp/127.0.0.1/$((port + 1))") 2> /dev/null; then break 2; fi
      read -r -t 0.01 < <(:) || true
    done
    wait "$tpm_pid" 2> /dev/null
  done
  kill -0 "$tpm_pid" 2> /dev/null || return 1
  echo "$tpm_pid" > "$directory/pid"
  use_tpm "swtpm:host=127.0.0.1,port=$port"
  echo "$TCTI" > "$directory/tcti"
  [ "$flags" = locks ] || tpm2_dictionarylockout --setup-parameters --max-tries=1000 --recovery-time=1000 \
    --lockout-recovery-time=1000
}

# use_tpm TCTI: names the TPM to programs.
use_tpm() {
  export TCTI=$1 TPM2OPENSSL_TCTI=$1 TPM2TOOLS_TCTI=$1 TSS2_LOG=all+NONE
}

# flush_tpm: unloads what other programs left in the TPM, which has no resource manager.
flush_tpm() {
  tpm2_flushcontext --transient-object && tpm2_flushcontext --loaded-session && tpm2_flushcontext --saved-session
}

# end_tpm DIRECTORY: ends the TPM that start_tpm started there.
end_tpm() {
  local pid
  read -r pid < "$1/pid" || return 1
  kill -KILL "$pid" && wait "$pid" 2> /dev/null
  rm -f "$1/pid"
}
