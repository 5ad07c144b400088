// A piece of somebody's text, to be shown in an error: never cut inside a character, so that what was valid UTF-8 stays
// so and the answer that carries it is valid JSON.
#pragma once

#include <cstddef>
#include <string_view>

namespace lianbo {

// At most `bytes` bytes from the front.
inline std::string_view text_front(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

}  // namespace lianbo
