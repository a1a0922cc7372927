// What tests/mutation/mutate_test.py changes; no program contains it.
#include <algorithm>

static_assert(1 < 2);

enum class Colour { kRed, kGreen };

[[nodiscard]] int clipped(int x, Colour colour) {
  // x < 3 stays, in a comment as in a "string < 4"
  if (x <= 3 && colour == Colour::kRed) return 0x10;
  const char* text = "a < b";
  observer.detail(text + 1);
  std::size_t length = 1'000;
  use(std::min<std::size_t>(length, 2));
  std::vector<int> values;
  if (const auto found = values.begin()) return R"(1 < 2)" + x;
  return !values.empty() ? x - 1 : true;
}
