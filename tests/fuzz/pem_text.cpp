// A file of a key, a certificate or a CSR, in PEM or in what users have instead of it: each block and fault has its
// place in the file, an objection can be shown and says what to do.
#include <algorithm>
#include <array>

#include "core/file_advice.hpp"
#include "core/file_format.hpp"
#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;

namespace {

bool is_shown(const std::string& text) {
  return printable(text, 8 * text.size() + 8) == text;
}

std::size_t lines(std::string_view text) {
  return 1 + static_cast<std::size_t>(
                 std::count_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }));
}

void read_blocks(std::string_view bytes) {
  const PemText pem = read_pem(bytes);
  const char* end = bytes.data();
  std::size_t line = 0;
  for (const PemBlock& each : pem.blocks) {
    must_hold(each.text.data() >= end && each.text.data() + each.text.size() <= bytes.data() + bytes.size(),
              "blocks follow each other in the text");
    end = each.text.data() + each.text.size();
    must_hold(each.line > line && each.line <= lines(bytes), "a block begins on a later line of the text");
    line = each.line;
    must_hold(is_shown(damage_of(each)), "a damage can be shown");
    const PemText alone = read_pem(each.text);
    must_hold(alone.blocks.size() == 1 && alone.blocks[0].text == each.text && alone.blocks[0].label == each.label,
              "a block alone is the same block");
  }
  for (const BrokenPem& each : pem.broken) must_hold(each.line >= 1 && each.line <= lines(bytes), "a fault has a line");
}

/// Two roles for each input, by its length: all six would take most of the time.
void advise(std::string_view bytes) {
  constexpr std::array kRoles{FileRole::kClaimCertificate, FileRole::kClaimKey, FileRole::kClaim, FileRole::kRoots,
                              FileRole::kDeviceKey,        FileRole::kCsr};
  for (const std::size_t number : {bytes.size(), bytes.size() + 3}) {
    const FileRole role = kRoles[number % kRoles.size()];
    const auto objection = objection_to(bytes, role, "/etc/it's/file.pem");
    if (!objection) must_hold(!wanted_block(bytes, role).text.empty(), "what is not objected to is there");
    if (objection) {
      must_hold(!objection->what.empty() && !objection->hint.empty(), "an objection says what to do");
      must_hold(is_shown(objection->what) && is_shown(objection->hint), "an objection can be shown");
    }
    must_hold(is_shown(where_damaged(bytes, role)), "a damage can be shown");
  }
}

/// The names of files in a command for a shell: one word each, whatever the name holds.
void quote(std::string_view bytes) {
  const std::string name(bytes.substr(0, bytes.find('\0')));
  const std::string word = shell_word(name);
  must_hold(is_shown(word) && !word.empty(), "a word of a command can be shown");
  bool quoted = false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] == '\'') quoted = !quoted;
    if (!quoted && word[i] == '\\')
      ++i;
    else if (!quoted)
      must_hold(std::string_view(" \t\n\"$`;&|<>()*?[]#~!{}").find(word[i]) == std::string_view::npos ||
                    (i > 0 && word[i] == '~'),
                "a word is one word");
  }
  must_hold(!quoted, "each quotation mark of a word is closed");
  must_hold(is_shown(new_file_word(name, ".pem")), "a new name can be shown");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = as_text(data, size);
  read_blocks(bytes);
  advise(bytes);
  if (size <= 100) quote(bytes);
  const DetectedFile file = detect_format(bytes);
  if (const auto wide = wide_encoding(bytes)) must_hold(!name_of_encoding(*wide).empty(), "an encoding has a name");
  if (file.format == FileFormat::kDer)
    must_hold(is_der_sequence(bytes) || file.object != FileObject::kUnknown, "DER is DER");
  must_hold(is_shown(describe_not_pem(bytes)), "a description can be shown");
  must_hold(without_byte_order_mark(bytes).size() + 3 >= size, "at most a byte order mark is removed");
  return 0;
}
