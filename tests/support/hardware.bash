# Sourced by scripts of tests/cli and tests/fault_injection: a TPM (swtpm) and a token (SoftHSM) in software, with the
# claim of a running simulator in them. Functions return 1 with a message on stdout.
# shellcheck shell=bash disable=SC2034

PIN=471100
SOFTHSM_MODULE=/usr/lib/softhsm/libsofthsm2.so

# missing_for_hardware PROGRAM…: prints the first program that is not installed, or the library that swtpm needs; 1 if
# nothing is missing.
missing_for_hardware() {
  local each
  for each in "$@"; do
    command -v "$each" >/dev/null || { printf '%s\n' "$each" && return; }
    [ "$each" != swtpm ] || find /usr/lib /lib -name 'libtss2-tcti-swtpm.so.0' -print -quit 2>/dev/null | grep -q . ||
      { echo libtss2-tcti-swtpm0 && return; }
  done
  return 1
}

# quiet COMMAND…: its output only if it fails.
quiet() {
  local said
  said=$("$@" 2>&1) || { printf '%s: %s\n' "$*" "$said" && return 1; }
}

# launch_tpm DIRECTORY: a TPM with its state there (an absolute path); the programs use it from then on. Launching it again
# continues with its keys. Its process ID is tpm_pid. It is locked after 1000 wrong PINs instead of 3, because each kill
# of a program that uses a key with a PIN may count as one.
launch_tpm() {
  mkdir -p "$1"
  swtpm socket --tpm2 --tpmstate dir="$1" --server type=unixio,path="$1/socket" --ctrl type=unixio,path="$1/socket.ctrl" \
    --flags not-need-init,startup-clear >"$1/log" 2>&1 &
  tpm_pid=$!
  export TCTI=swtpm:path=$1/socket TPM2TOOLS_TCTI=swtpm:path=$1/socket TPM2OPENSSL_TCTI=swtpm:path=$1/socket
  for _ in {1..250}; do
    tpm2_getcap properties-fixed >"$1/properties" 2>&1 && quiet allow_wrong_pins 1000 && return
    sleep 0.02
  done
  cat "$1/log" "$1/properties"
  return 1
}

# allow_wrong_pins COUNT: the TPM is locked after this number of wrong PINs.
allow_wrong_pins() {
  tpm2_dictionarylockout --setup-parameters --max-tries="$1" --recovery-time=1000 --lockout-recovery-time=1000
}

# Removes what a killed process left in the TPM, as the kernel's resource manager does when a process ends.
flush_tpm() {
  local kind
  for kind in -t -l -s; do quiet tpm2_flushcontext "$kind" || return 1; done
}

# new_token DIRECTORY: a token named fleet with the PIN in DIRECTORY/pin; the programs use it from then on.
new_token() {
  mkdir -p "$1/tokens"
  printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$1/tokens" >"$1/softhsm2.conf"
  printf '%s' "$PIN" >"$1/pin"
  export SOFTHSM2_CONF=$1/softhsm2.conf
  quiet softhsm2-util --init-token --free --label fleet --so-pin 12345678 --pin "$PIN"
}

# import_claim_into_tpm DIRECTORY HANDLE: leaves claim.pub and claim.priv in DIRECTORY; the parent is at 0x81000001.
import_claim_into_tpm() {
  quiet tpm2_createprimary -Q -C o -G ecc -c "$1/primary.ctx" &&
    quiet tpm2_evictcontrol -Q -C o -c "$1/primary.ctx" 0x81000001 && quiet tpm2_flushcontext -t &&
    quiet tpm2_import -Q -C 0x81000001 -G ecc -i "$FLEET_PROVISION_CLAIM_KEY" -u "$1/claim.pub" -r "$1/claim.priv" &&
    quiet tpm2_load -Q -C 0x81000001 -u "$1/claim.pub" -r "$1/claim.priv" -c "$1/claim.ctx" &&
    quiet tpm2_evictcontrol -Q -C o -c "$1/claim.ctx" "$2" && quiet tpm2_flushcontext -t
}

# import_claim_into_token DIRECTORY: as the object claim; leaves claim.p8 in DIRECTORY.
import_claim_into_token() {
  quiet openssl pkcs8 -topk8 -nocrypt -in "$FLEET_PROVISION_CLAIM_KEY" -out "$1/claim.p8" &&
    quiet softhsm2-util --import "$1/claim.p8" --token fleet --label claim --id 01 --pin "$PIN"
}

fleet_token() { pkcs11-tool --module "$SOFTHSM_MODULE" --token-label fleet --login --pin "$PIN" "$@" 2>/dev/null; }
# token_keys [LABEL]: the number of private keys, of those whose label matches if it is given.
token_keys() {
  fleet_token --list-objects --type privkey | if [ $# -gt 0 ]; then grep -cxE " *label: +$1"; else grep -c '^Private Key Object'; fi
}
tpm_handles() { tpm2_getcap handles-persistent | sed 's/^- //'; }
