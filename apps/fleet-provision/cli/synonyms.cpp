#include "cli/synonyms.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "core/text.hpp"

namespace fleet_provision {
namespace {

using Id = OptionId;

/// In a note, {name} is the option of that name, spelled as the reader spells options.
struct Synonyms {
  /// In lower case, without dashes and underscores, with blanks between.
  std::string_view names;
  std::optional<Id> ours;
  std::string_view note;
};

constexpr std::string_view kClaimNote = "{key} is an existing key of this device, not the claim key";
constexpr std::string_view kPassphraseNote = "give a file that holds the passphrase";
constexpr std::string_view kCredentialsNote = "omit it: the claim certificate is the only credential";
constexpr std::string_view kSessionNote = "omit it: topics and MQTT session are fixed by the service";

// From the samples of AWS's device SDKs (C++, Python, JavaScript, Java), aws-iot-device-client, Greengrass and
// Greengrass lite, the AWS CLI, mosquitto_pub, curl, openssl, pkcs11-tool, tpm2-tools and step.
constexpr std::array kSynonyms{
    // Claim.
    Synonyms{
        "cert certfile certpath certfilepath certificate certificatefile certificatepath certificatepem clientcert "
        "clientcertificate claimcertificate claimcertfile claimcertpath claimcertificatefile claimcertificatepath "
        "bootstrapcert bootstrapcertificate provisioningcert provisioningcertificate",
        Id::kClaimCert, "{claim-key} is its key; {key} is an existing key of this device"},
    Synonyms{"keyfile keypath keyfilepath privatekey privatekeyfile privatekeypath privkey clientkey certkey "
             "claimprivatekey claimprivatekeyfile claimprivatekeypath claimkeyfile claimkeypath "
             "claimcertificateprivatekey claimcertificateprivatekeypath bootstrapkey provisioningkey",
             Id::kClaimKey, kClaimNote},
    Synonyms{"pass passphrase passphrasefile passin password passwordfile keypass keypassphrase keypassphrasefile "
             "keypassword keypasswordfile claimkeypassphrase claimkeypassword",
             Id::kClaimKeyPassphraseFile, kPassphraseNote},
    Synonyms{"id mqttclientid deviceid clientidentifier", Id::kClientId, ""},
    Synonyms{"deleteclaim removeclaimfiles deleteclaimfiles eraseclaim", Id::kRemoveClaim, ""},
    // Service.
    Synonyms{
        "host hostname broker brokerhost brokeraddress server address url uri connect dataendpoint iotendpoint "
        "iotdataendpoint iotcoreendpoint awsiotendpoint awsendpoint endpointurl endpointaddress mqtthost mqttbroker",
        Id::kEndpoint, ""},
    Synonyms{"mqttport brokerport serverport iotport", Id::kPort, ""},
    Synonyms{"ca cacert cacertfile cacertificate cacertpath rootca rootcafile rootcapath rootcacert rootcert "
             "rootcertificate rootcertfile root roots trustanchor trustedca truststore",
             Id::kCaFile, ""},
    Synonyms{"capath cadir", Id::kCaFile, "give one file that holds all CA certificates"},
    Synonyms{"alpnprotocol alpnprotocols alpnlist tlsalpn", Id::kAlpn, ""},
    Synonyms{"sni tlsservername servernameindication verifyhostname", Id::kServerName, ""},
    Synonyms{"proxyhost proxyport proxyaddress proxyurl proxyuser proxyusername httpproxy httpsproxy httpproxyconfig "
             "enablehttpproxy httpproxyhost httpproxyport",
             Id::kProxy, "give one URL, http://[USER@]HOST:PORT"},
    Synonyms{"proxypass proxypassword httpproxypassword", Id::kProxyPasswordFile,
             "give a file that holds the password"},
    Synonyms{"mqtt5 mqtt3 mqtt311", Id::kMqttVersion, "give 5 or 3.1.1"},
    Synonyms{"mqttprotocol mqttprotocolversion protocolversion mqttv", Id::kMqttVersion, ""},
    Synonyms{"insecure noverifyssl noverify nocheckcertificate skipverify tlsinsecure insecureskipverify", std::nullopt,
             "verification cannot be disabled; trust the server's CA with {ca-file}"},
    Synonyms{"usewebsocket usewebsockets websocket websockets signingregion", std::nullopt,
             "omit it: only MQTT over TLS is supported; {port} 443 passes most firewalls"},
    Synonyms{"awsregion iotregion", std::nullopt, "omit it: {endpoint} includes the region"},
    Synonyms{"profile awsprofile accesskey accesskeyid awsaccesskeyid secretkey secretaccesskey awssecretaccesskey "
             "sessiontoken awssessiontoken rolearn rolealias iotrolealias credentialendpoint iotcredendpoint "
             "iotcredentialendpoint username user",
             std::nullopt, kCredentialsNote},
    Synonyms{"topic topics message qos keepalive cleansession cleanstart willtopic willpayload count", std::nullopt,
             kSessionNote},
    Synonyms{"tlsversion tlsuseoscerts ciphers cipher ciphersuites tls13 tlsv13 tls12 tlsv12 tlsv1.2 tlsv1.3",
             std::nullopt, "omit it: TLS 1.3 or 1.2 is negotiated with the server"},
    // Template.
    Synonyms{"templatename templateid provisioningtemplate provisioningtemplatename fleetprovisioningtemplate "
             "fleetprovisioningtemplatename fleettemplate fleettemplatename",
             Id::kTemplate, ""},
    Synonyms{"templatearn provisioningtemplatearn", Id::kTemplate, "give the name, not the ARN"},
    Synonyms{"templatebody templatefile", Id::kTemplate,
             "give the name of a template in the account; its body is not needed"},
    Synonyms{"templateparameters templateparams templateparametersfile params parametersfile "
             "parameterfile parametersjson provisioningparameters fleetprovisioningtemplateparameters attributes",
             Id::kParameters, "give a file or - for stdin, or use {parameter} KEY=VALUE"},
    Synonyms{"param templateparam templateparameter setparameter attribute", Id::kParameter, "each as KEY=VALUE"},
    Synonyms{"thing thingname thingid devicename", std::nullopt,
             "the template names the thing; give the template's parameters with {parameter} KEY=VALUE"},
    Synonyms{"serial serialnumber", std::nullopt,
             "give it as a template parameter, e.g. {parameter} SerialNumber=VALUE"},
    Synonyms{"thinggroup thinggroups thinggroupname thingtype thingtypename policyname policy billinggroup",
             std::nullopt, "omit it: the template sets type, groups and policy of the thing"},
    // Identity.
    Synonyms{"createkeysandcertificate keysandcertificate createkeys provisioningmethod", Id::kMethod, ""},
    Synonyms{"usecbor cbor payload encoding", Id::kPayloadFormat, ""},
    Synonyms{"csrfile csrpath csrpem certificatesigningrequest fleetprovisioningcsrfile", Id::kCsr, ""},
    Synonyms{"subj subject subjectdn csrcommonname csrcn commonname cn", Id::kCsrSubject, "e.g. CN=NAME"},
    Synonyms{"devicekey devicekeyfile devicekeypath deviceprivatekey csrkey csrprivatekey csrprivatekeypath "
             "signprivatekeypath fleetprovisioningdevicekey",
             Id::kKey, ""},
    Synonyms{"kty keyalg keyalgorithm algorithm newkey curve crv keysize rsabits", Id::kKeyType,
             "e.g. ec-p256 or rsa-2048"},
    // Keys in hardware.
    Synonyms{"pin pinvalue pincode userpin tokenpin tokenuserpin hsmpin pkcs11pin secureelementpin login", Id::kPinFile,
             "give a file that holds the PIN; other users can read an argument"},
    Synonyms{"sopin", std::nullopt, "omit it: only the user PIN of a token is used, see {pin-file}"},
    Synonyms{"pkcs11lib pkcs11library pkcs11libpath pkcs11modulepath pkcs11provider module modulepath",
             Id::kPkcs11Module, ""},
    Synonyms{"tokenlabel token tokenserial slot slotid slotindex keylabel objectlabel label secureelementtokenlabel "
             "secureelementkeylabel secureelementslotid",
             std::nullopt,
             "name token and key in one URI, pkcs11:token=LABEL;object=NAME: {key-store} makes a new key, {claim-key} "
             "and {key} use an existing one"},
    Synonyms{"enablesecureelement secureelement pkcs11 usepkcs11 enablepkcs11 hsm usehsm", Id::kKeyStore,
             "give pkcs11:token=LABEL;object=NAME for a new key; {claim-key} and {key} take such a URI"},
    Synonyms{"tpm tpm2 usetpm usetpm2 enabletpm tpmkey tpm2key", Id::kKeyStore,
             "give tpm2 for a new key; {claim-key} and {key} take handle:0x81..."},
    Synonyms{"handle keyhandle tpmhandle tpmkeyhandle persistenthandle", Id::kKeyStore,
             "give tpm2:HANDLE for a new key; {claim-key} and {key} take handle:HANDLE"},
    Synonyms{"tcti tpmtcti tpmdevice", std::nullopt,
             "set the variable TPM2OPENSSL_TCTI, e.g. to device:/dev/tpmrm0, which is the default"},
    Synonyms{"keyauth tpmpin tpmpassword tpmauth tpmkeyauth tpmkeypassword", Id::kPinFile,
             "give a file that holds the authorization value"},
    Synonyms{"ownerauth ownerpassword tpmownerauth tpmownerpassword hierarchyauth ownerhierarchyauth",
             Id::kTpmOwnerPasswordFile, "give a file that holds the password"},
    Synonyms{"engine provider keyform certform providerpath", std::nullopt,
             "omit it: {claim-key} and {key} take a PEM file, handle:0x81... or pkcs11:..."},
    Synonyms{"out outdir outputdir outputdirectory datadir certdir certsdir certificatedir storagedir savedir rootpath "
             "outcertpath outkeypath certificatepemoutfile certificateoutfile privatekeyoutfile publickeyoutfile",
             Id::kStateDir, "certificate and key are stored in its subdirectory identity/"},
    Synonyms{"overwrite reprovision replace forceprovisioning", Id::kForce, ""},
    Synonyms{"chown fileowner", Id::kOwner, ""},
    // Batch. Also from the bulk registration of the AWS CLI, GNU parallel, xargs and load generators.
    Synonyms{"input inputfile inputfilekey inputcsv csv csvfile csvpath jsonl units unitsfile unitlist devicelist "
             "devicesfile serials serialnumbers arg argfile",
             Id::kManifest, "give a CSV or JSON Lines file with one unit a row to `fleet-provision batch`"},
    Synonyms{"inputformat manifesttype colsep delimiter header", Id::kManifestFormat,
             "csv has commas and a header row, jsonl one object a line"},
    Synonyms{"results resultdir resultsdir resultsdirectory reportdir outputbucket", Id::kOutputDir, ""},
    Synonyms{"unitname nametemplate unitpattern", Id::kUnit, "the name of a column in braces is replaced by its value"},
    Synonyms{"parallel parallelism workers threads concurrency concurrent concurrentunits maxprocs maxjobs processes "
             "numworkers",
             Id::kJobs, ""},
    Synonyms{"ratelimit maxrate tps rps qps opspersecond requestspersecond throttle", Id::kRate,
             "operations per second, of which a unit needs two"},
    Synonyms{"shards numshards shardindex shardcount totalshards jobcompletionindex arraytaskid sshlogin "
             "sshloginfile",
             Id::kShard, "give I/N, counted from 1, to the batch on each station"},
    Synonyms{"halt haltonerror failfast maxfailures maxerrors maxfail", Id::kStopAfter, ""},
    Synonyms{"resume resumefailed continue joblog", std::nullopt, "omit it: rerun the same command to resume"},
    // Afterwards, run, output.
    Synonyms{"exec hook posthook postcommand postinstall runafter onsuccesscommand", Id::kOnSuccess, ""},
    Synonyms{"dryrun check test validate", std::nullopt, "run `fleet-provision check`, which creates nothing"},
    Synonyms{"enablefleetprovisioning", std::nullopt, "omit it: fleet-provision without a command provisions"},
    Synonyms{"fleetprovisioning", std::nullopt, "omit it; set its members directly: {template}, {parameters}"},
    Synonyms{"maxtime totaltimeout runtimeout deadline", Id::kTimeout, ""},
    Synonyms{"connecttimeout connectiontimeout operationtimeout responsetimeout mqtttimeout", Id::kRequestTimeout, ""},
    Synonyms{"retry retries maxretries retrycount maxattempts tries", Id::kAttempts,
             "the first connection counts as well"},
    Synonyms{"jitter delay randomdelay randomizeddelay randomizeddelaysec startdelay", Id::kSplay, ""},
    Synonyms{"output outputformat format", Id::kJson, ""},
    Synonyms{"silent nowarnings", Id::kQuiet, ""},
    Synonyms{"debug verbosity trace loglevel", Id::kVerbose, "-vv also prints every packet"},
    Synonyms{"log logfile logtype logging enablelogging", std::nullopt,
             "redirect stderr instead; {log-format} and {verbose} change its content"},
    Synonyms{"colour nocolor nocolour", Id::kColor, "give auto, always or never"},
    Synonyms{"conf configfile configpath configuration configurationfile cliinputjson", Id::kConfig, ""},
    Synonyms{"usage", Id::kHelp, ""},
    Synonyms{"yes assumeyes noninteractive noninput batchmode", std::nullopt, "omit it: the program never prompts"},
};

/// Short options of other tools.
struct Letter {
  char letter;
  std::string_view hint;
};
constexpr std::array kLetters{
    Letter{'c', "use {config} for a configuration file, {claim-cert} for the claim certificate"},
    Letter{'C', "use {config} for a configuration file, {claim-cert} for the claim certificate"},
    Letter{'E', "use {claim-cert} for the claim certificate"},
    Letter{'e', "use {endpoint}"},
    Letter{'i', "use {client-id}"},
    Letter{'j', "use {jobs} with `fleet-provision batch`"},
    Letter{'k', "verification cannot be disabled; trust the server's CA with {ca-file}"},
    Letter{'p', "use -P KEY=VALUE for a template parameter, {port} for a port"},
    Letter{'V', "use -v for more output, {version} for the version"},
    Letter{'x', "use {proxy}"},
    Letter{'y', "omit it: the program never prompts"},
};

/// `template_name`, `templateName` and `Template-Name` are one name.
std::string bare(std::string_view name) {
  std::string text = in_lower_case(name);
  std::erase_if(text, [](char c) { return c == '-' || c == '_'; });
  return text;
}

bool is_among(std::string_view names, std::string_view name) {
  while (!names.empty()) {
    const std::size_t end = std::min(names.find(' '), names.size());
    if (names.substr(0, end) == name) return true;
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return false;
}

std::string with_options_spelled(std::string_view note, Spelling spelling) {
  std::string text;
  while (!note.empty()) {
    const std::size_t open = std::min(note.find('{'), note.size());
    text += note.substr(0, open);
    note.remove_prefix(open);
    if (note.empty()) break;
    const std::size_t close = note.find('}');
    const OptionRow* option = find_option(note.substr(1, close - 1));
    if (option != nullptr) text += spelled(*option, spelling);
    note.remove_prefix(close + 1);
  }
  return text;
}

bool has(const OptionRow& option, Spelling spelling) {
  switch (option.scope) {
    case OptionScope::kEverywhere: return true;
    case OptionScope::kNotInFile: return spelling != Spelling::kKey;
    case OptionScope::kCommandLine: return spelling == Spelling::kOption;
  }
  return false;
}

const OptionRow* same_but_for_dashes(std::string_view name) {
  for (const OptionRow& each : option_table()) {
    if (bare(each.name) == name) return &each;
  }
  return nullptr;
}

std::string by_meaning(std::string_view name, Spelling spelling) {
  const auto found = std::find_if(kSynonyms.begin(), kSynonyms.end(),
                                  [name](const Synonyms& each) { return is_among(each.names, name); });
  if (found == kSynonyms.end()) return {};
  std::string note = with_options_spelled(found->note, spelling);
  if (!found->ours) return note;
  const OptionRow& option = row(*found->ours);
  const std::string ours = spelled(option, has(option, spelling) ? spelling : Spelling::kOption);
  return "use " + ours + (note.empty() ? "" : "; ") + note;
}

std::string by_letter(std::string_view name) {
  if (name.size() != 1) return {};
  for (const Letter& each : kLetters) {
    if (name.front() == each.letter) return with_options_spelled(each.hint, Spelling::kOption);
  }
  for (const OptionRow& each : option_table()) {
    const bool other_case = each.letter != 0 && (each.letter ^ name.front()) == 0x20;
    if (other_case) return std::string("did you mean -") + each.letter + "?";
  }
  return {};
}

}  // namespace

std::string spelled(const OptionRow& option, Spelling spelling) {
  switch (spelling) {
    case Spelling::kOption: return "--" + std::string(option.name);
    case Spelling::kKey: return "\"" + std::string(option.name) + "\"";
    case Spelling::kVariable: return environment_name(option);
  }
  return {};
}

std::string suggest_option(std::string_view name, Spelling spelling) {
  const auto meant = [spelling](const OptionRow* option) {
    if (option == nullptr || !has(*option, spelling)) return std::string();
    return "did you mean " + spelled(*option, spelling) + "?";
  };
  const std::string plain = bare(name);
  if (auto hint = meant(same_but_for_dashes(plain)); !hint.empty()) return hint;
  if (auto hint = by_meaning(plain, spelling); !hint.empty()) return hint;
  if (auto hint = spelling == Spelling::kOption ? by_letter(name) : std::string(); !hint.empty()) return hint;
  std::string dashed = in_lower_case(name);
  std::replace(dashed.begin(), dashed.end(), '_', '-');
  return meant(find_option(nearest_option(dashed)));
}

}  // namespace fleet_provision
