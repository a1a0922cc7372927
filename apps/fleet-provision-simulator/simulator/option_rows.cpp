#include "simulator/option_rows.hpp"

#include <array>

namespace fleet_provision::simulator {
namespace {

constexpr std::array kRows{
    OptionRow{"state-dir", 0, "DIR", false, "a temporary directory, removed at the end",
              "PKI, certificates, things (things/NAME.json) and log; kept across runs"},
    OptionRow{"listen", 0, "ADDRESS", false, "127.0.0.1", "address to listen on"},
    OptionRow{"port", 0, "N", false, "a free one", "TCP port"},
    OptionRow{
        "san", 0, "NAME", true, "",
        "another name or address in the server's certificate; repeatable; always there: localhost, 127.0.0.1, ::1, "
        "the address of --listen"},
    OptionRow{"template", 0, "FILE", true, "a built-in gateway with a required SerialNumber",
              "an AWS provisioning template body in JSON, or a document with a templateBody as the AWS CLI prints it, "
              "named after "
              "the file; repeatable"},
    OptionRow{"claim-policy", 0, "FILE", false, "least privilege for the templates, any client id",
              "what the claim may do: an AWS IoT policy document"},
    OptionRow{"hook", 0, "deny|allow|FILE", false, "allow",
              "the pre-provisioning hook; FILE is a program that gets the event on stdin and answers on stdout"},
    OptionRow{"rate", 0, "N", false, "no limit", "operations per second; more are rejected with 429"},
    OptionRow{"behaviour", 0, "NAME=VALUE", true, "",
              "choose an undocumented property of the service, see below; repeatable"},
    OptionRow{"token-lifetime", 0, "SECONDS", false, "3600", "how long a certificate waits for RegisterThing"},
    OptionRow{"fault", 0, "SPEC", true, "", "inject a fault, see below; repeatable"},
    OptionRow{"log", 0, "FILE", false, "events.jsonl in the state directory",
              "one JSON line per event, without secrets"},
    OptionRow{
        "user", 0, "NAME", false, "who runs it",
        "as root: run the simulator, broker, hook and COMMAND as NAME; the state directory is NAME's, or is made"},
    OptionRow{"help", 'h', "", false, "", "print this text"},
    OptionRow{"version", 0, "", false, "", "print the version"},
};

}  // namespace

std::span<const OptionRow> option_rows() {
  return kRows;
}

}  // namespace fleet_provision::simulator
