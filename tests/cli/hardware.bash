# Sourced by the scripts hardware_*.test, after harness.bash: claims and device keys in a TPM and in a token.
# shellcheck shell=bash disable=SC2034
# shellcheck source=tests/support/hardware.bash
. "$(dirname -- "${BASH_SOURCE[0]}")/../support/hardware.bash" || exit 1

TOKEN="pkcs11:token=fleet"
PIN_SOURCE="pin-source=file:$PWD/token/pin"
ENGINE=$(find /usr/lib -path '*/engines-3/pkcs11.so' | head -n 1)
PROVIDER=$(find /usr/lib -path '*/ossl-modules/tpm2.so' | head -n 1)

need_programs() {
  local missing
  if missing=$(missing_for_hardware "$@"); then skip "$missing is not installed"; fi
}

# start_tpm NAME: uses a TPM with its state in the directory NAME until `stop_tpm` or the end.
start_tpm() {
  launch_tpm "$PWD/$1" || failed "the TPM $1 does not start"
  CHILDREN+=("$tpm_pid")
}
stop_tpm() { kill "$tpm_pid" && wait "$tpm_pid"; }
start_token() {
  new_token "$PWD/token" || failed "the token is not initialised"
  cp token/pin pin
  # Debian's package registers the module with p11-kit, so that most runs need not name it.
  if ! [ -e /usr/share/p11-kit/modules/softhsm2.module ] && ! [ -e /etc/pkcs11/modules/softhsm2.module ]; then
    echo "not tried: a registered module"
    export FLEET_PROVISION_PKCS11_MODULE=$SOFTHSM_MODULE
  fi
}
claim_in_tpm() { import_claim_into_tpm . "$1" || failed "the claim is not in the TPM"; }
claim_in_token() { import_claim_into_token . || failed "the claim is not in the token"; }
