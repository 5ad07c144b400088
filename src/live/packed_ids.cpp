#include "live/packed_ids.hpp"

#include <algorithm>
#include <charconv>

#include "base/check.hpp"

namespace lianbo::live {
namespace {

constexpr char kGaps = 'g', kHex = 'h';
constexpr std::size_t kHexDigits = 16;

bool unpack_hex(std::string_view digits, std::vector<std::int64_t>& out) {
  if (digits.size() % kHexDigits != 0) return false;
  for (; !digits.empty(); digits.remove_prefix(kHexDigits)) {
    const char* const end = digits.data() + kHexDigits;
    std::int64_t id = 0;
    if (const auto [at, ec] = std::from_chars(digits.data(), end, id, 16); ec != std::errc{} || at != end) return false;
    out.push_back(id);
  }
  std::sort(out.begin(), out.end());
  return true;
}

}  // namespace

std::string pack_ids(std::span<const std::int64_t> sorted) {
  std::string out;
  out.reserve(1 + sorted.size() * 5);
  out += kGaps;
  std::uint64_t before = 0;
  for (const std::int64_t id : sorted) {
    CHECK(id >= 0);
    const auto now = static_cast<std::uint64_t>(id);
    std::uint64_t gap = now - before;
    for (; gap >= 0x80; gap >>= 7) out += static_cast<char>(0x80 | (gap & 0x7f));
    out += static_cast<char>(gap);
    before = now;
  }
  return out;
}

bool unpack_ids(std::string_view packed, std::vector<std::int64_t>& out) {
  out.clear();
  if (packed.empty()) return true;
  const char form = packed.front();
  packed.remove_prefix(1);
  if (form == kHex) return unpack_hex(packed, out);
  if (form != kGaps) return false;
  std::uint64_t id = 0, gap = 0;
  unsigned shift = 0;
  for (const char c : packed) {
    const auto byte = static_cast<unsigned char>(c);
    if (shift > 63) return false;
    gap |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte & 0x80) {
      shift += 7;
      continue;
    }
    id += gap;
    out.push_back(static_cast<std::int64_t>(id));
    gap = 0;
    shift = 0;
  }
  return shift == 0;
}

}  // namespace lianbo::live
