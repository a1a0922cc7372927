// Responses are validated: the program either accepts a response or rejects it with exit code 76 and a message, with
// bounded memory and without writing any of its bytes unescaped to a terminal.
#include "tests/flow/rows.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision::test;
using nlohmann::json;

namespace {

constexpr std::size_t kPayloadMax = 128 * 1024;

using Change = std::function<void(json& document)>;

/// Sends the normal response after a change to its JSON.
Act changed(const Change& change) {
  return [change](Turn& turn) {
    json document = turn.answer();
    change(document);
    turn.accept(turn.encoded(document));
    return Then::kGoOn;
  };
}

/// Sends the normal response after a change to its bytes.
Act rewritten(const std::function<std::string(const std::string&)>& rewrite) {
  return [rewrite](Turn& turn) {
    turn.accept(rewrite(turn.encoded(turn.answer())));
    return Then::kGoOn;
  };
}

Act bytes(const std::string& payload) {
  return rewritten([payload](const std::string&) { return payload; });
}

/// Sends these bytes instead of an MQTT packet.
Act raw(const std::string& packet) {
  return [packet](Turn& turn) {
    turn.connection.send(turn.acknowledgement() + packet);
    while (!turn.connection.packet().empty()) {
    }
    return Then::kEnd;
  };
}

Change set(const std::string& name, const json& value) {
  return [=](json& document) { document[name] = value; };
}

Change without(const std::string& name) {
  return [=](json& document) { document.erase(name); };
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

Change pem(const std::function<std::string(const std::string&)>& rewrite) {
  return [rewrite](json& document) { document["certificatePem"] = rewrite(document["certificatePem"]); };
}

std::string inserted(const std::string& text, const std::string& members) {
  return "{" + members + "," + text.substr(1);
}

Act with_members(const std::string& members) {
  return rewritten([members](const std::string& text) { return inserted(text, members); });
}

/// Pads the payload to exactly `size` bytes with an unknown field.
Act padded(std::size_t size) {
  return rewritten([size](const std::string& text) {
    const std::string empty = inserted(text, R"("padding":"")");
    return inserted(text, R"("padding":")" + std::string(size - empty.size(), 'x') + "\"");
  });
}

std::string cbor_text(const std::string& text) {
  const auto encoded = json::to_cbor(json(text));
  return {encoded.begin(), encoded.end()};
}

/// Encodes the map with indefinite length and its texts in chunks of at most 1000 bytes.
std::string indefinite(const json& value) {
  if (value.is_object()) {
    std::string bytes = "\xBF";
    for (const auto& [name, each] : value.items()) bytes += indefinite(json(name)) + indefinite(each);
    return bytes + "\xFF";
  }
  const auto& text = value.get_ref<const std::string&>();
  std::string bytes = "\x7F";
  for (std::size_t at = 0; at < text.size(); at += 1000) bytes += cbor_text(text.substr(at, 1000));
  return bytes + "\xFF";
}

const std::vector<std::string> kCbor{"--payload-format", "cbor"};
const std::vector<std::string> kKeys{"--method", "keys"};

Row refused(std::string name, Step step, Act act, std::string kind = "malformed-answer",
            std::vector<std::string> options = {}) {
  return {.name = std::move(name),
          .options = std::move(options),
          .deviation = {step, 0, std::move(act)},
          .code = 76,
          .kind = std::move(kind)};
}

Row taken(std::string name, Step step, Act act, std::string said = "", std::vector<std::string> options = {}) {
  return {.name = std::move(name),
          .options = std::move(options),
          .deviation = {step, 0, std::move(act)},
          .said = std::move(said)};
}

std::string other_certificate() {
  return ByteService::claim().certificate;
}

std::string certificate_with_dates(Turn& turn, long from, long to) {
  CertificateWish wish;
  wish.valid_from = from;
  wish.valid_to = to;
  const json request = json::parse(payload_of(turn.v5, turn.packet));
  return ByteService::pki().certify(request.at("certificateSigningRequest").get<std::string>(), wish);
}

Act dated(long from, long to) {
  return [=](Turn& turn) {
    json document = turn.answer();
    document["certificatePem"] = certificate_with_dates(turn, from, to);
    turn.accept(turn.encoded(document));
    return Then::kGoOn;
  };
}

}  // namespace

TEST_CASE("a certificate that cannot be this gateway's is rejected") {
  const auto create = Step::kCreate;
  const std::vector<std::string> short_wait{"--request-timeout", "1"};
  check_rows({
      refused("for another key", create, changed(set("certificatePem", other_certificate())),
              "certificate-key-mismatch", short_wait),
      refused("for another key, with the keys method", create, changed(set("certificatePem", other_certificate())),
              "certificate-key-mismatch", kKeys),
      refused("not PEM", create, changed(set("certificatePem", "certificate")), "issued-certificate-unusable"),
      refused("a key instead", create, changed(set("certificatePem", ByteService::claim().key)),
              "issued-certificate-unusable"),
      refused("broken base64", create, changed(pem([](const std::string& text) { return replaced(text, "M", "*"); })),
              "issued-certificate-unusable"),
      refused("cut off", create, changed(pem([](const std::string& text) { return text.substr(0, text.size() / 2); })),
              "issued-certificate-unusable"),
      refused("two certificates", create,
              changed(pem([](const std::string& text) { return text + other_certificate(); })),
              "issued-certificate-unusable"),
      refused("the right one second", create,
              changed(pem([](const std::string& text) { return other_certificate() + text; })),
              "issued-certificate-unusable"),
      refused("empty", create, changed(set("certificatePem", ""))),
      refused("expired", create, dated(-7200, -3600), "issued-certificate-expired"),
      refused("a private key that is none", create, changed(set("privateKey", "key")), "malformed-answer", kKeys),
      refused("no private key", create, changed(without("privateKey")), "malformed-answer", kKeys),
      refused("another private key", create, changed(set("privateKey", ByteService::claim().key)),
              "certificate-key-mismatch", kKeys),
  });
}

TEST_CASE("fields that are missing, empty, or of another type are rejected") {
  std::vector<Row> rows;
  for (const std::string name : {"certificateId", "certificatePem", "certificateOwnershipToken"}) {
    rows.push_back(refused("no " + name, Step::kCreate, changed(without(name))));
    rows.push_back(refused("empty " + name, Step::kCreate, changed(set(name, ""))));
    rows.push_back(refused("null " + name, Step::kCreate, changed(set(name, nullptr))));
    rows.push_back(refused("number " + name, Step::kCreate, changed(set(name, 1)), "malformed-answer", kCbor));
    rows.push_back(refused("list " + name, Step::kCreate, changed(set(name, json::array({"x"})))));
  }
  for (const std::string& id :
       {std::string(63, 'a'), std::string(65, 'a'), std::string(63, 'a') + "g", std::string(63, 'a') + "\n",
        std::string(64, '\0'), std::string("cert \x1b[31m 1"), std::string(127'000, 'a')}) {
    rows.push_back(
        refused("certificateId " + json(id).dump().substr(0, 70), Step::kCreate, changed(set("certificateId", id))));
  }
  for (const json& name : {json(""), json("../../etc/passwd"), json("a b"), json("x\x1b[31mred"), json("n\xC3\xA4me"),
                           json("gateway\nname"), json(std::string(129, 'x')), json(std::string(10'000, 'x')), json(7),
                           json::array(), json::object(), json(true)}) {
    rows.push_back(refused("thingName " + name.dump().substr(0, 30), Step::kRegister, changed(set("thingName", name))));
  }
  for (const json& configuration :
       {json("text"), json(1), json::array({"a"}), json{{"a", 1}}, json{{"a", {{"b", "c"}}}}, json{{"a", {"b"}}},
        json{{"a", nullptr}}, json{{"a", true}}}) {
    rows.push_back(refused("deviceConfiguration " + configuration.dump(), Step::kRegister,
                           changed(set("deviceConfiguration", configuration))));
  }
  check_rows(rows);
}

TEST_CASE("malformed documents are rejected") {
  std::vector<Row> rows;
  for (const Step step : {Step::kCreate, Step::kRegister}) {
    const std::string deep(kPayloadMax / 2, '[');
    const std::string deep_maps = [] {
      std::string text;
      while (text.size() + 5 < kPayloadMax) text += "{\"a\":";
      return text;
    }();
    const std::string known = step == Step::kCreate ? "certificateId" : "thingName";
    const std::vector<std::pair<std::string, Act>> json_rows{
        {"no bytes", bytes("")},
        {"not JSON", bytes("<html>\x1b]0;title\x07</html>")},
        {"a list", bytes("[]")},
        {"a text", bytes("\"text\"")},
        {"null", bytes("null")},
        {"cut off", rewritten([](const std::string& text) { return text.substr(0, text.size() / 2); })},
        {"trailing bytes", rewritten([](const std::string& text) { return text + "{}"; })},
        {"a trailing NUL", rewritten([](const std::string& text) { return text + '\0'; })},
        {"128 KiB of lists", bytes(deep + std::string(deep.size(), ']'))},
        {"128 KiB of open lists", bytes(deep + deep)},
        {"128 KiB of open maps", bytes(deep_maps)},
        {"nested too deep in an unknown field",
         with_members("\"x\":" + std::string(1000, '[') + std::string(1000, ']'))},
        {"a key twice", with_members("\"" + known + R"(":"x")")},
        {"a key twice, once in escapes",
         with_members("\"\\u00" + std::string(step == Step::kCreate ? "63" : "74") + known.substr(1) + R"(":"x")")},
        {"an unknown key twice", with_members(R"("x":1,"x":1)")},
        {"a key twice further down", with_members(R"("x":{"y":1,"y":2})")},
        {"bytes that are not UTF-8", with_members("\"x\":\"\xFF\xFE\"")},
        {"an overlong form", with_members("\"x\":\"\xC0\x9B[31m\"")},
        {"half a surrogate", with_members(R"("x":"\ud800")")},
        {"a raw control character", with_members("\"x\":\"\x1b[2J\"")},
        {"over 128 KiB", padded(kPayloadMax + 1)},
        {"CBOR on a JSON topic",
         [](Turn& turn) {
           turn.cbor = true;
           turn.accept(turn.encoded({{"thingName", "x"}}));
           return Then::kGoOn;
         }},
    };
    for (const auto& [name, act] : json_rows) {
      rows.push_back(refused(name + " at step " + std::to_string(static_cast<int>(step)), step, act));
    }
    const std::string eight_gigabytes("\x00\x00\x00\x02\x00\x00\x00\x00", 8);
    const std::vector<std::pair<std::string, Act>> cbor_rows{
        {"JSON on a CBOR topic", bytes(R"({"thingName":"x"})")},
        {"a text of gigabytes", bytes("\xA1\x61x\x7B" + eight_gigabytes + "abc")},
        {"bytes of gigabytes", bytes("\xA1\x61x\x5B" + eight_gigabytes + "abc")},
        {"a list of gigabytes", bytes("\xA1\x61x\x9B" + eight_gigabytes + "abc")},
        {"a map of gigabytes", bytes("\xBB" + eight_gigabytes + "abc")},
        {"the largest size", bytes("\xBB\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF")},
        {"128 KiB of lists", bytes(std::string(kPayloadMax, '\x81'))},
        {"128 KiB of open lists", bytes(std::string(kPayloadMax, '\x9F'))},
        {"128 KiB of tags", bytes(std::string(kPayloadMax, '\xC1'))},
        {"a map without its end", bytes("\xBF\x61x\x61y")},
        {"a break alone", bytes("\xFF")},
        {"text that is not UTF-8", bytes("\xA1\x61x\x62\xFF\xFE")},
        {"a key twice", bytes("\xA2\x61x\x61y\x61x\x61y")},
        {"trailing bytes", rewritten([](const std::string& text) { return text + '\xF6'; })},
        {"no bytes", bytes("")},
    };
    for (const auto& [name, act] : cbor_rows) {
      rows.push_back(refused("CBOR: " + name + " at step " + std::to_string(static_cast<int>(step)), step, act,
                             "malformed-answer", kCbor));
    }
  }
  check_rows(rows);
}

TEST_CASE("malformed packets are rejected, at no cost of memory") {
  const Act flood = [](Turn& turn) {
    // Declares 200 MB and sends as long as the client reads.
    turn.connection.send(std::string("\x30\x80\xA8\xD6\x5F\x00\x01t", 8));
    const std::string chunk(1 << 18, 'x');
    for (int i = 0; i < 800; ++i) turn.connection.send(chunk);
    return Then::kEnd;
  };
  std::vector<Row> rows;
  for (const bool v5 : {true, false}) {
    const std::vector<std::string> options{"--mqtt-version", v5 ? "5" : "3.1.1"};
    const auto add = [&](const std::string& name, Act act) {
      rows.push_back(
          refused(name + (v5 ? " (5)" : " (3.1.1)"), Step::kRegister, std::move(act), "malformed-answer", options));
    };
    add("200 MB", flood);
    add("a length of five bytes", raw("\x30\xFF\xFF\xFF\xFF\x7F"));
    add("a topic longer than the packet", raw(std::string("\x30\x04\x7F\xFFxx", 6)));
    add("an empty topic", raw(std::string("\x30\x03\x00\x00\x00", 5)));
    add("a topic with a wildcard", raw(std::string("\x30\x04\x00\x01#\x00", 6)));
    add("a topic that is not UTF-8", raw(std::string("\x30\x04\x00\x01\xFF\x00", 6)));
    add("QoS 3", raw(std::string("\x36\x04\x00\x01t\x00", 6)));
    add("QoS 1 with packet id 0", raw(std::string("\x32\x06\x00\x01t\x00\x00\x00", 8)));
    add("a packet of type 0", raw(std::string("\x00\x00", 2)));
    add("a CONNECT", raw(std::string("\x10\x00", 2)));
    add("a SUBSCRIBE", raw(std::string("\x82\x00", 2)));
    add("HTTP", raw("HTTP/1.1 200 OK\r\nServer: \x1b[2J\r\n\r\n" + std::string(100, 'x')));
  }
  check_rows(rows);
}

TEST_CASE("a rejection's text is printed complete and harmless, and a malformed rejection is an error") {
  const auto reject = [](const std::string& payload) {
    return [payload](Turn& turn) {
      turn.reject(payload);
      return Then::kGoOn;
    };
  };
  const auto document = [](const json& status, const json& code, const json& message) {
    return json{{"statusCode", status}, {"errorCode", code}, {"errorMessage", message}}.dump();
  };
  std::vector<Row> rows;
  // NOLINTBEGIN(misc-misleading-bidirectional)
  for (const Step step : {Step::kCreate, Step::kRegister}) {
    for (const std::string& said :
         {std::string("\x1b[31mred\x1b]0;title\x07\r\b"),
          std::string("\xC2\x9B"
                      "2J \xE2\x80\xAE"
                      "desrever"),
          std::string("\xEF\xBF\xBD \x7F end"), std::string(10'000, 'x'), std::string("two\nlines")}) {
      // NOLINTEND(misc-misleading-bidirectional)
      Row row = refused("words " + json(said.substr(0, 20)).dump(), step, reject(document(400, "Invalid", said)));
      row.code = 69;
      row.kind = "rejected";
      rows.push_back(row);
    }
    rows.push_back(refused("a code in escapes", step, reject(document(400, "\x1b[31m", ""))));
    rows.back().code = 69;
    rows.back().kind = "rejected";
    for (const std::string& payload :
         {std::string(""), std::string("[]"), std::string("\x1b[31m"), std::string("{\"statusCode\":"),
          document("text", "x", "y"), document(json::array(), "x", "y"), document(400, 1, "y"),
          document(1e300, "x", "y"), std::string("{\"statusCode\":99999999999999999999999}"),
          std::string(60'000, '{')}) {
      rows.push_back(refused("refusal " + json(payload.substr(0, 30)).dump(), step, reject(payload)));
    }
  }
  check_rows(rows);
}

TEST_CASE("unusual but legal responses are accepted") {
  const auto create = Step::kCreate;
  const auto enroll = Step::kRegister;
  const Act in_pieces = [](Turn& turn) {
    turn.accept(indefinite(turn.answer()));
    return Then::kGoOn;
  };
  check_rows({
      taken("indefinite CBOR at create", create, in_pieces, "", kCbor),
      taken("indefinite CBOR at register", enroll, in_pieces, "", kCbor),
      taken("a PEM with CRLF", create,
            changed(pem([](const std::string& text) { return replaced(text, "\n", "\r\n"); }))),
      taken("a PEM without its last line end", create,
            changed(pem([](const std::string& text) { return text.substr(0, text.size() - 1); }))),
      taken("a PEM with words before", create,
            changed(pem([](const std::string& text) { return "subject=/CN=x\n" + text; }))),
      taken("a PEM with words and escapes behind", create,
            changed(pem([](const std::string& text) { return text + "\x1b[31mwords\n" + std::string(50'000, 'x'); }))),
      taken("a certificateId in capitals", create, changed(set("certificateId", std::string(64, 'A'))), "fingerprint"),
      taken("no thingName", enroll, changed(without("thingName"))),
      taken("thingName null", enroll, changed(set("thingName", nullptr))),
      taken("the longest thingName", enroll, changed(set("thingName", std::string(128, 'x')))),
      taken("every character of a thingName", enroll, changed(set("thingName", "Az09:_-"))),
      taken("unknown keys", create, changed(set("more", {{"a", {1, 2.5, true, nullptr, {{"b", json::array()}}}}}))),
      taken("unknown keys in CBOR", enroll, changed(set("more", {{"a", {1, -2, 2.5, true, nullptr}}})), "", kCbor),
      taken("no deviceConfiguration", enroll, changed(without("deviceConfiguration"))),
      taken("an empty deviceConfiguration", enroll, changed(set("deviceConfiguration", json::object()))),
      // NOLINTBEGIN(misc-misleading-bidirectional)
      taken(
          "a deviceConfiguration of odd text", enroll,
          changed(set("deviceConfiguration", {{"\x1b[31m", "\x1b]0;x\x07"}, {"", ""}, {"\xE2\x80\xAE", "\xC2\x9B"}}))),
      // NOLINTEND(misc-misleading-bidirectional)
      taken("certificateId is another fingerprint", create, changed(set("certificateId", std::string(64, '0'))),
            "fingerprint"),
      taken("valid from tomorrow", create, dated(86'400, 172'800), "valid from"),
      taken("exactly 128 KiB", enroll, padded(kPayloadMax)),
      taken("a byte order mark", create, rewritten([](const std::string& text) { return "\xEF\xBB\xBF" + text; })),
      taken("blanks around", enroll, rewritten([](const std::string& text) { return "\r\n\t " + text + " \n"; })),
      taken("a private key nobody asked for", create, changed(set("privateKey", ByteService::claim().key))),
      taken("keys", create, changed([](json&) {}), "", kKeys),
  });
}
