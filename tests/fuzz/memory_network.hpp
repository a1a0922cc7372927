// A peer in memory: recv, send and poll of the linked program take the bytes of the input, whatever descriptor they are
// called with. The linker puts these functions in the place of those of the C library (--wrap), because a socket pair
// costs more time than what is tested.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fleet_provision::memory_network {

/// What the peer sends, at most `piece` bytes in each call of recv; then it closes the connection. Forgets what was
/// sent before.
void set_peer(std::string_view bytes, std::size_t piece);
/// The bytes of the peer that no recv has taken.
[[nodiscard]] std::string_view left();
/// What was sent to the peer.
[[nodiscard]] const std::string& sent();

}  // namespace fleet_provision::memory_network
