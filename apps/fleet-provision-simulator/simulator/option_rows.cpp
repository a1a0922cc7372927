#include "simulator/option_rows.hpp"

#include <array>

namespace fleet_provision::simulator {
namespace {

constexpr std::array kRows{
    OptionRow{"state-dir", 0, "DIR", false, "a temporary directory, removed at exit",
              "keep the PKI, certificates, things (things/NAME.json) and event log in DIR across runs"},
    OptionRow{"listen", 0, "ADDRESS", false, "127.0.0.1", "listen on this IPv4 or IPv6 address"},
    OptionRow{"port", 0, "N", false, "a free port", "listen on TCP port N"},
    OptionRow{
        "san", 0, "NAME", true, "",
        "add a host name or IP address to the server certificate; repeatable; it always has localhost, 127.0.0.1, "
        "::1 and the address of --listen"},
    OptionRow{"template", 0, "FILE", true, "the built-in template gateway, which requires SerialNumber",
              "load a provisioning template, named after FILE: a template body in JSON, or a JSON document with a "
              "templateBody, as the AWS CLI prints it; repeatable"},
    OptionRow{"claim-policy", 0, "FILE", false, "least privilege for the templates, any client ID",
              "attach this AWS IoT policy document to the claim certificate"},
    OptionRow{
        "policy", 0, "NAME=FILE", true, "",
        "use this AWS IoT policy document for the PolicyName NAME of a template; repeatable; an unknown name allows "
        "everything, with a warning"},
    OptionRow{"claim-csr", 0, "FILE", false, "",
              "issue the claim certificate for the key of this certificate signing request; no claim key is written"},
    OptionRow{"claim-lifetime", 0, "SECONDS", false, "no limit",
              "issue a temporary claim, as CreateProvisioningClaim does: it is refused after this time"},
    OptionRow{
        "hook", 0, "deny|allow|FILE", false, "allow",
        "set the pre-provisioning hook: deny or allow every gateway, or run the program FILE, which reads the event "
        "from stdin and writes its response to stdout"},
    OptionRow{"rate", 0, "N", false, "no limit", "reject more than N operations per second with status 429"},
    OptionRow{"behaviour", 0, "NAME=VALUE", true, "",
              "choose how the service behaves where AWS does not document it, see below; repeatable"},
    OptionRow{"token-lifetime", 0, "SECONDS", false, "3600",
              "delete an issued certificate if RegisterThing does not use its ownership token in this time"},
    OptionRow{"fault", 0, "SPEC", true, "", "inject a fault, see below; repeatable"},
    OptionRow{"log", 0, "FILE", false, "events.jsonl in the state directory",
              "append one JSON line per event to FILE; no secrets are logged"},
    OptionRow{"report", 0, "FILE", false, "",
              "at exit, write a page in HTML to FILE that shows what happened on each connection"},
    OptionRow{"user", 0, "NAME", false, "the calling user",
              "run the simulator, mosquitto, the hook and COMMAND as NAME; only for root; the state directory must "
              "belong to NAME, or is created"},
    OptionRow{"help", 'h', "", false, "", "print this help and exit"},
    OptionRow{"version", 0, "", false, "", "print the version and exit"},
};

constexpr std::array kReportRows{
    OptionRow{"log", 0, "FILE", false, "", "read the event log FILE, or stdin if FILE is -"},
    OptionRow{"report", 0, "FILE", false, "stdout", "write the page to FILE"},
    OptionRow{"help", 'h', "", false, "", "print this help and exit"},
};

}  // namespace

std::span<const OptionRow> option_rows() {
  return kRows;
}

std::span<const OptionRow> report_option_rows() {
  return kReportRows;
}

}  // namespace fleet_provision::simulator
