// JSON (RFC 8259), and the parts of templates and policies: references, functions, statements, conditions.
#include <array>

#include "tests/fuzz/mutators/formats.hpp"

namespace fleet_provision::mutators {
namespace {

enum Kind : std::uint32_t {
  kLiteral,  ///< a number, true, false, null: as it is
  kText,     ///< what stands between the quotation marks
  kArray,
  kObject,
  kMember,  ///< `bytes` is the name as it stands between the quotation marks; one child
};
constexpr std::size_t kDepthMax = 70;

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  std::optional<Node> value(std::size_t depth) {
    skip_blanks();
    if (rest_.empty() || depth > kDepthMax) return std::nullopt;
    switch (rest_.front()) {
      case '{': return several({kObject, {}}, '}', depth);
      case '[': return several({kArray, {}}, ']', depth);
      case '"': return text(kText);
      default: return literal();
    }
  }
  [[nodiscard]] bool at_end() {
    skip_blanks();
    return rest_.empty();
  }

 private:
  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }
  bool take(char wanted) {
    skip_blanks();
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::optional<Node> text(std::uint32_t kind) {
    if (!take('"')) return std::nullopt;
    std::size_t end = 0;
    while (end < rest_.size() && rest_[end] != '"') end += rest_[end] == '\\' ? 2 : 1;
    if (end >= rest_.size()) return std::nullopt;
    Node node{kind, std::string(rest_.substr(0, end))};
    rest_.remove_prefix(end + 1);
    return node;
  }
  std::optional<Node> literal() {
    const std::size_t end = std::min(rest_.find_first_of(" \t\r\n,:[]{}\""), rest_.size());
    if (end == 0) return std::nullopt;
    Node node{kLiteral, std::string(rest_.substr(0, end))};
    rest_.remove_prefix(end);
    return node;
  }
  std::optional<Node> member(std::size_t depth) {
    auto node = text(kMember);
    if (!node || !take(':')) return std::nullopt;
    auto child = value(depth + 1);
    if (!child) return std::nullopt;
    node->children.push_back(std::move(*child));
    return node;
  }
  std::optional<Node> several(Node node, char end, std::size_t depth) {
    rest_.remove_prefix(1);
    if (take(end)) return node;
    while (true) {
      auto child = node.kind == kObject ? member(depth) : value(depth + 1);
      if (!child) return std::nullopt;
      node.children.push_back(std::move(*child));
      if (take(end)) return node;
      if (!take(',')) return std::nullopt;
    }
  }

  std::string_view rest_;
};

/// Without what would end the text early.
void write_text(std::string_view content, std::string& out) {
  out += '"';
  for (std::size_t i = 0; i < content.size(); ++i) {
    if (content[i] == '\\' && i + 1 < content.size()) {
      out += content.substr(i++, 2);
    } else if (content[i] != '"' && content[i] != '\\') {
      out += content[i];
    }
  }
  out += '"';
}

void write_value(const Node& node, std::string& out) {
  switch (node.kind) {
    case kLiteral: out += node.bytes; return;
    case kText: return write_text(node.bytes, out);
    case kMember:
      // A member that came to stand in an array is its value, and one that lost its value is null.
      if (node.children.empty()) {
        out += "null";
      } else {
        write_value(node.children.front(), out);
      }
      return;
    default: break;
  }
  out += node.kind == kObject ? '{' : '[';
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    const Node& each = node.children[i];
    if (i > 0) out += ',';
    if (node.kind == kObject) {
      write_text(each.kind == kMember || each.kind == kText ? each.bytes : "member", out);
      out += ':';
    }
    write_value(each, out);
  }
  out += node.kind == kObject ? '}' : ']';
}

std::optional<Node> read(std::string_view text) {
  Reader reader(text);
  auto tree = reader.value(0);
  return reader.at_end() ? std::move(tree) : std::nullopt;
}

constexpr std::array<std::string_view, 38> kParts{
    R"({"Ref":"SerialNumber"})",
    R"({"Ref":"A"})",
    R"({"Ref":"AWS::IoT::Certificate::Id"})",
    R"({"Fn::Join":["-",["a",{"Ref":"A"}]]})",
    R"({"Fn::Join":["",{"Fn::Split":["-",{"Ref":"SerialNumber"}]}]})",
    R"({"Fn::Select":["0",["a","b"]]})",
    R"({"Fn::Select":[1,{"Fn::Split":[",",{"Ref":"Region"}]}]})",
    R"({"Fn::Split":["|",{"Ref":"Region"}]})",
    R"({"Fn::Sub":"${SerialNumber}-x"})",
    R"({"Fn::Sub":"x/${A}"})",
    R"({"Fn::Sub":["${x}/${A}",{"x":{"Ref":"B"}}]})",
    R"({"Fn::FindInMap":["M","b","x"]})",
    R"({"Fn::FindInMap":["M",{"Ref":"B"},"l"]})",
    R"({"M":{"b":{"x":"y","l":["*"]}}})",
    R"({"Type":"String","Default":"d"})",
    R"({"Type":"AWS::IoT::Thing","Properties":{"ThingName":{"Ref":"SerialNumber"},"AttributePayload":{"a":"b"},"ThingTypeName":"t","ThingGroups":["g"],"BillingGroup":"b"},"OverrideSettings":{"AttributePayload":"MERGE","ThingTypeName":"REPLACE","ThingGroups":"DO_NOTHING"}})",
    R"({"Type":"AWS::IoT::Certificate","Properties":{"CertificateId":{"Ref":"AWS::IoT::Certificate::Id"},"Status":"Active","ThingPrincipalType":"EXCLUSIVE_THING"}})",
    R"({"Type":"AWS::IoT::Policy","Properties":{"PolicyName":"gateway"}})",
    R"({"Type":"AWS::IoT::Policy","Properties":{"PolicyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]}}})",
    R"({"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:*:*:topic/${iot:ClientId}"})",
    R"({"Effect":"Deny","Action":["iot:Connect","iot:Subscribe"],"Resource":["*"]})",
    R"({"Effect":"Allow","Action":"iot:*","Resource":"*","Condition":{"StringLike":{"iot:ClientId":["g*"]}}})",
    R"({"Bool":{"iot:Connection.Thing.IsAttached":["true"]}})",
    R"({"StringNotEquals":{"aws:SourceIp":"127.0.0.1"}})",
    R"("arn:aws:iot:eu-central-1:123456789012:client/*")",
    R"("iot:Receive")",
    R"("MERGE")",
    R"("${*}${?}${$}")",
    R"("")",
    R"("\u0000\ud83d\ude00")",
    R"(null)",
    R"(true)",
    R"(0)",
    R"(-9223372036854775808)",
    R"(1e400)",
    R"([])",
    R"({})",
    R"({"a":{"a":[[{}]]}})",
};
constexpr std::array<std::string_view, 14> kNames{"Parameters",  "Mappings",
                                                  "Resources",   "DeviceConfiguration",
                                                  "Properties",  "Type",
                                                  "Statement",   "Condition",
                                                  "Effect",      "Action",
                                                  "Resource",    "Default",
                                                  "FallbackUrl", "OverrideSettings"};

Node invent_part(const Node& parent, Random& random) {
  Node part = read(kParts[random() % kParts.size()]).value_or(Node{kLiteral, "null"});
  if (parent.kind != kObject) return part;
  return {kMember, std::string(kNames[random() % kNames.size()]), {std::move(part)}};
}

}  // namespace

Format json_format(std::size_t prefix) {
  return {
      .read = read,
      .write =
          [](const Node& tree) {
            std::string out;
            write_value(tree, out);
            return out;
          },
      .invent = invent_part,
      .has_content = [](const Node& node) { return node.kind <= kText || node.kind == kMember; },
      .prefix = prefix,
  };
}

}  // namespace fleet_provision::mutators
