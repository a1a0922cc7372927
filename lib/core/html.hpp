// HTML that is well formed by construction: elements nest as calls do, and every text of a log is escaped.
//
// Names of elements and attributes, and the few texts that are written as they are, must be literals of the program.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace fleet_provision {

/// Text that stands in the program: no other can be made.
class Literal {
 public:
  consteval Literal(const char* text) : text_(text) {}
  [[nodiscard]] constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

struct Attribute {
  Literal name;
  /// Any text.
  std::string value;
};

class Html {
 public:
  /// `<name attributes>content()</name>`.
  template <class Content>
  requires std::is_invocable_v<Content> Html& element(Literal name, std::initializer_list<Attribute> attributes,
                                                      Content content) {
    open(name, attributes);
    content();
    close(name);
    return *this;
  }
  /// With `text` as its content.
  Html& element(Literal name, std::initializer_list<Attribute> attributes, std::string_view text);
  /// An element without content or end tag: `<meta>`.
  Html& empty(Literal name, std::initializer_list<Attribute> attributes);
  /// Any text, also hostile: it stays text, and control and bidirectional characters and bytes that are not UTF-8
  /// become visible. Longer texts are cut after kTextBytesMax.
  Html& text(std::string_view text);
  /// The same, with line feeds and blanks as they are.
  Html& lines(std::string_view text);
  /// As it is: the style sheet, the script, the DOCTYPE.
  Html& verbatim(Literal markup);

  [[nodiscard]] std::string take() { return std::move(out_); }

  static constexpr std::size_t kTextBytesMax = 600;

 private:
  void open(Literal name, std::initializer_list<Attribute> attributes);
  void close(Literal name);
  void escape(std::string_view printable_text);

  std::string out_;
};

}  // namespace fleet_provision
