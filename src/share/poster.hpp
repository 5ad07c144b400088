// Poster: the picture a person hands on by hand, a PNG of 750 × 1334 with product, price, host and QR code (SPEC 6).
//
// Drawn with Cairo and Pango (Chinese text wraps; up to three lines, then an ellipsis) and libqrencode, error
// correction M, each module a whole number of pixels with four modules of quiet zone, so that a phone reads it off a
// screen. A picture takes tens of milliseconds: for workers, outside transactions. Threads: any. Errors: internal, when
// a library refuses (out of memory, a URL too long for a QR code).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace lianbo::share {

inline constexpr int kPosterWidth = 750;
inline constexpr int kPosterHeight = 1334;

struct PosterText {
  std::string title;  // of the product, or what else is shared
  std::string price;  // "¥ 12.50"; empty: none
  std::string host;
  std::string url;
};

// One QR code: width × width modules, row by row, true = dark.
struct QrMatrix {
  int width = 0;
  std::vector<bool> dark;
  bool at(int x, int y) const { return dark[static_cast<std::size_t>(y * width + x)]; }
};
Result<QrMatrix> qr_matrix(std::string_view text);

// Where the poster's QR code stands: its first module's top left corner and the size of a module.
struct QrPlace {
  int x = 0, y = 0, module_px = 0;
};
QrPlace qr_place(int width);

// Does this machine have letters for all of the text?
bool can_draw(const std::string& text);
Result<std::string> draw_poster(const PosterText& text);

}  // namespace lianbo::share
