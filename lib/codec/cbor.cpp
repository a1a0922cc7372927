// CBOR by libcbor's stateless decoder, one item head at a time.
//
// `cbor_load` allocates what a head declares, keeps equal keys and ignores what follows the document; the stateless
// decoder returns single items and leaves the structure to its caller. This file checks the structure with a stack of
// open containers. A declared size only sets a counter, so a size that is too large allocates nothing; decoding then
// fails with "ends early".
//
// Left out on purpose: the meaning of tags (RFC 8949 section 3.4 lets a decoder ignore them), and numbers other than
// 64-bit integers. Simple values that libcbor 0.8 rejects are legal and are ignored here.
#include <cbor.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "codec/document.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

enum class ItemKind : unsigned char {
  kInteger,
  kText,
  kBytes,
  kTextChunks,
  kByteChunks,
  kMap,
  kArray,
  kNull,
  kTag,
  kOtherScalar,
  kBreak,
};

/// Marks a container that a break ends; no declared count reaches it.
constexpr std::uint64_t kIndefinite = std::numeric_limits<std::uint64_t>::max();

std::uint64_t declared(std::uint64_t count) {
  return std::min(count, kIndefinite - 1);
}

/// One item that libcbor decoded; for a container only its head.
struct Item {
  ItemKind kind = ItemKind::kOtherScalar;
  std::int64_t integer{};
  std::string_view bytes{};
  std::uint64_t count{};
};

Item& item_of(void* context) {
  return *static_cast<Item*>(context);
}

Item unsigned_item(std::uint64_t value) {
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return {};
  return {.kind = ItemKind::kInteger, .integer = static_cast<std::int64_t>(value)};
}

/// RFC 8949 section 3.1: major type 1 holds -1 - n.
Item negative_item(std::uint64_t n) {
  if (n > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return {};
  return {.kind = ItemKind::kInteger, .integer = -1 - static_cast<std::int64_t>(n)};
}

std::string_view view(cbor_data data, std::uint64_t size) {
  return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
}

/// Each callback only fills the Item: none allocates, so none can throw through C. The sizes are size_t in libcbor
/// 0.8 and uint64_t later, hence `auto`.
cbor_callbacks make_callbacks() {
  // The default Item stands for the scalars without a callback below.
  cbor_callbacks to = cbor_empty_callbacks;
  to.uint8 = [](void* item, std::uint8_t value) { item_of(item) = unsigned_item(value); };
  to.uint16 = [](void* item, std::uint16_t value) { item_of(item) = unsigned_item(value); };
  to.uint32 = [](void* item, std::uint32_t value) { item_of(item) = unsigned_item(value); };
  to.uint64 = [](void* item, std::uint64_t value) { item_of(item) = unsigned_item(value); };
  to.negint8 = [](void* item, std::uint8_t n) { item_of(item) = negative_item(n); };
  to.negint16 = [](void* item, std::uint16_t n) { item_of(item) = negative_item(n); };
  to.negint32 = [](void* item, std::uint32_t n) { item_of(item) = negative_item(n); };
  to.negint64 = [](void* item, std::uint64_t n) { item_of(item) = negative_item(n); };
  to.string = [](void* item, cbor_data data, auto size) {
    item_of(item) = {.kind = ItemKind::kText, .bytes = view(data, size)};
  };
  to.byte_string = [](void* item, cbor_data /*data*/, auto /*size*/) { item_of(item).kind = ItemKind::kBytes; };
  to.string_start = [](void* item) { item_of(item).kind = ItemKind::kTextChunks; };
  to.byte_string_start = [](void* item) { item_of(item).kind = ItemKind::kByteChunks; };
  to.map_start = [](void* item, auto count) { item_of(item) = {.kind = ItemKind::kMap, .count = declared(count)}; };
  to.array_start = [](void* item, auto count) { item_of(item) = {.kind = ItemKind::kArray, .count = declared(count)}; };
  to.indef_map_start = [](void* item) { item_of(item) = {.kind = ItemKind::kMap, .count = kIndefinite}; };
  to.indef_array_start = [](void* item) { item_of(item) = {.kind = ItemKind::kArray, .count = kIndefinite}; };
  to.tag = [](void* item, std::uint64_t /*number*/) { item_of(item).kind = ItemKind::kTag; };
  to.null = [](void* item) { item_of(item).kind = ItemKind::kNull; };
  to.indef_break = [](void* item) { item_of(item).kind = ItemKind::kBreak; };
  return to;
}

/// Decodes one CBOR document and passes its items to a Document.
class CborWalk {
 public:
  CborWalk(std::string_view payload, Document& document) : payload_(payload), document_(document) {}

  [[nodiscard]] Result<void> run() {
    do {
      FP_TRY_ASSIGN(const Item item, next_item());
      FP_TRY(take(item));
    } while (!containers_.empty() || tagged_);
    if (at_ != payload_.size()) return broken("data follows the document");
    return {};
  }

 private:
  struct Container {
    ItemKind kind;
    /// The number of items, or of pairs in a map, that must still follow; kIndefinite until a break.
    std::uint64_t left;
    /// In a map, between a key and its value.
    bool value_is_next = false;
    /// Chunks of a string that is itself the key of a map.
    bool is_key = false;
  };

  [[nodiscard]] tl::unexpected<Error> broken(std::string_view why) const {
    return malformed("the response is not usable CBOR: " + std::string(why) + " (byte " + std::to_string(at_) + ")");
  }

  [[nodiscard]] Result<Item> next_item() {
    static const cbor_callbacks callbacks = make_callbacks();
    const std::string_view rest = payload_.substr(at_);
    if (const std::size_t size = simple_value_size(rest); size != 0) {
      at_ += size;
      return Item{};
    }
    Item item;
    const cbor_decoder_result result =
        cbor_stream_decode(reinterpret_cast<cbor_data>(rest.data()), rest.size(), &callbacks, &item);
    switch (result.status) {
      case CBOR_DECODER_FINISHED: break;
      case CBOR_DECODER_NEDATA: return broken("it ends early");
      case CBOR_DECODER_ERROR: return broken("a byte that begins no item");
    }
    at_ += result.read;
    return item;
  }

  /// RFC 8949 section 3.3: the unassigned simple values, which libcbor 0.8 does not decode.
  [[nodiscard]] static std::size_t simple_value_size(std::string_view rest) {
    if (rest.empty()) return 0;
    const auto head = static_cast<unsigned char>(rest[0]);
    if (head >= 0xE0 && head <= 0xF3) return 1;
    if (head == 0xF8 && rest.size() > 1 && static_cast<unsigned char>(rest[1]) >= 32) return 2;
    return 0;
  }

  [[nodiscard]] Result<void> take(const Item& item) {
    if (item.kind == ItemKind::kBreak) return take_break();
    if (in_chunks()) return take_chunk(item);
    if (item.kind == ItemKind::kTag) {
      tagged_ = true;
      return {};
    }
    const bool tagged = std::exchange(tagged_, false);
    if (!containers_.empty() && containers_.back().kind == ItemKind::kMap && !containers_.back().value_is_next) {
      return take_key(item, tagged);
    }
    return take_value(item);
  }

  [[nodiscard]] bool in_chunks() const {
    return !containers_.empty() &&
           (containers_.back().kind == ItemKind::kTextChunks || containers_.back().kind == ItemKind::kByteChunks);
  }

  [[nodiscard]] Result<void> take_key(const Item& item, bool tagged) {
    switch (item.kind) {
      case ItemKind::kText:
        if (!is_utf8(item.bytes)) return broken("a key is not UTF-8");
        if (tagged) {
          document_.other_key();
        } else {
          FP_TRY(document_.key(item.bytes));
        }
        break;
      case ItemKind::kTextChunks:
        if (tagged) return broken("a key is a tagged text in chunks");
        open_chunks(item.kind, true);
        return {};
      case ItemKind::kMap:
      case ItemKind::kArray:
      case ItemKind::kByteChunks: return broken("a key is neither a text nor a number");
      case ItemKind::kInteger:
      case ItemKind::kBytes:
      case ItemKind::kNull:
      case ItemKind::kTag:
      case ItemKind::kOtherScalar:
      case ItemKind::kBreak: document_.other_key(); break;
    }
    containers_.back().value_is_next = true;
    return {};
  }

  [[nodiscard]] Result<void> take_value(const Item& item) {
    switch (item.kind) {
      case ItemKind::kInteger: FP_TRY(document_.integer(item.integer)); break;
      case ItemKind::kText:
        if (!is_utf8(item.bytes)) return broken("a text is not UTF-8");
        FP_TRY(document_.text(item.bytes));
        break;
      case ItemKind::kNull: FP_TRY(document_.null()); break;
      case ItemKind::kTextChunks:
      case ItemKind::kByteChunks: open_chunks(item.kind, false); return {};
      case ItemKind::kMap: FP_TRY(document_.begin_map()); return open(item);
      case ItemKind::kArray: FP_TRY(document_.begin_array()); return open(item);
      case ItemKind::kBytes:
      case ItemKind::kTag:
      case ItemKind::kOtherScalar:
      case ItemKind::kBreak: FP_TRY(document_.other()); break;
    }
    value_is_complete();
    return {};
  }

  [[nodiscard]] Result<void> open(const Item& item) {
    containers_.push_back({item.kind, item.count});
    if (item.count == 0) close();
    return {};
  }

  void open_chunks(ItemKind kind, bool is_key) {
    // The joined chunks are never longer than the payload, so the string is never reallocated and leaves no copy
    // behind.
    joined_.reserve(payload_.size());
    joined_.clear();
    containers_.push_back({kind, kIndefinite, false, is_key});
  }

  /// RFC 8949 section 3.2.3: every chunk is a string of definite length and of the same type, and each text chunk is
  /// valid UTF-8 by itself.
  [[nodiscard]] Result<void> take_chunk(const Item& item) {
    if (containers_.back().kind == ItemKind::kByteChunks) {
      if (item.kind != ItemKind::kBytes) return broken("a chunk of another type");
      return {};
    }
    if (item.kind != ItemKind::kText) return broken("a chunk of another type");
    if (!is_utf8(item.bytes)) return broken("a text is not UTF-8");
    joined_ += item.bytes;
    return {};
  }

  [[nodiscard]] Result<void> take_break() {
    if (tagged_ || containers_.empty() || containers_.back().left != kIndefinite || containers_.back().value_is_next) {
      return broken("an unexpected break");
    }
    if (!in_chunks()) {
      close();
      return {};
    }
    const Container chunks = containers_.back();
    containers_.pop_back();
    if (chunks.is_key) {
      containers_.back().value_is_next = true;
      return document_.key(joined_);
    }
    FP_TRY(chunks.kind == ItemKind::kTextChunks ? document_.text(joined_) : document_.other());
    value_is_complete();
    return {};
  }

  /// Ends the innermost map or array, and each outer one that is complete with it.
  void close() {
    containers_.pop_back();
    document_.end();
    value_is_complete();
  }

  void value_is_complete() {
    while (!containers_.empty()) {
      Container& parent = containers_.back();
      parent.value_is_next = false;
      if (parent.left == kIndefinite || --parent.left > 0) return;
      containers_.pop_back();
      document_.end();
    }
  }

  std::string_view payload_;
  Document& document_;
  std::size_t at_ = 0;
  std::vector<Container> containers_;
  bool tagged_ = false;
  std::string joined_;
  WipedAtEnd<std::string> wiped_{joined_};
};

void append_text(std::string& cbor, std::string_view text) {
  unsigned char head[9];
  const std::size_t size = cbor_encode_string_start(text.size(), head, sizeof head);
  cbor.append(reinterpret_cast<const char*>(head), size);
  cbor += text;
}

void append_map_head(std::string& cbor, std::size_t pairs) {
  unsigned char head[9];
  const std::size_t size = cbor_encode_map_start(pairs, head, sizeof head);
  cbor.append(reinterpret_cast<const char*>(head), size);
}

std::size_t cbor_bytes_max(const RequestFields& fields) {
  constexpr std::size_t kHeadMax = 9;
  std::size_t bytes = 3 * kHeadMax + fields.map_name.size();
  for (const auto& [name, value] : fields.texts) bytes += name.size() + value.size() + 2 * kHeadMax;
  if (fields.map != nullptr) {
    for (const auto& [name, value] : *fields.map) bytes += name.size() + value.size() + 2 * kHeadMax;
  }
  return bytes;
}

}  // namespace

Result<void> read_cbor(std::string_view payload, Document& document) {
  return CborWalk(payload, document).run();
}

Secret write_cbor(const RequestFields& fields) {
  std::string cbor;
  const WipedAtEnd wiped(cbor);
  cbor.reserve(cbor_bytes_max(fields));
  append_map_head(cbor, fields.texts.size() + (fields.map != nullptr ? 1 : 0));
  for (const auto& [name, value] : fields.texts) {
    append_text(cbor, name);
    append_text(cbor, value);
  }
  if (fields.map != nullptr) {
    append_text(cbor, fields.map_name);
    append_map_head(cbor, fields.map->size());
    for (const auto& [name, value] : *fields.map) {
      append_text(cbor, name);
      append_text(cbor, value);
    }
  }
  return Secret(cbor);
}

}  // namespace fleet_provision
