#include "core/html.hpp"

#include "core/text.hpp"

namespace fleet_provision {

void Html::escape(std::string_view printable_text) {
  for (const char c : printable_text) {
    switch (c) {
      case '&': out_ += "&amp;"; break;
      case '<': out_ += "&lt;"; break;
      case '>': out_ += "&gt;"; break;
      case '"': out_ += "&quot;"; break;
      case '\'': out_ += "&#39;"; break;
      default: out_ += c;
    }
  }
}

void Html::open(Literal name, std::initializer_list<Attribute> attributes) {
  out_ += '<';
  out_ += name.text();
  for (const auto& attribute : attributes) {
    out_ += ' ';
    out_ += attribute.name.text();
    if (attribute.value.empty()) continue;
    out_ += "=\"";
    escape(printable(attribute.value, kTextBytesMax));
    out_ += '"';
  }
  out_ += '>';
}

void Html::close(Literal name) {
  out_ += "</";
  out_ += name.text();
  out_ += '>';
}

Html& Html::element(Literal name, std::initializer_list<Attribute> attributes, std::string_view text) {
  open(name, attributes);
  this->text(text);
  close(name);
  return *this;
}

Html& Html::empty(Literal name, std::initializer_list<Attribute> attributes) {
  open(name, attributes);
  return *this;
}

Html& Html::text(std::string_view text) {
  escape(printable(text, kTextBytesMax));
  return *this;
}

Html& Html::lines(std::string_view text) {
  while (true) {
    const std::size_t end = text.find('\n');
    escape(printable(text.substr(0, end), kTextBytesMax));
    if (end == std::string_view::npos) return *this;
    out_ += '\n';
    text.remove_prefix(end + 1);
  }
}

Html& Html::verbatim(Literal markup) {
  out_ += markup.text();
  return *this;
}

}  // namespace fleet_provision
