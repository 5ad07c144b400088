// Products and SKUs: the types, their limits, and the pure rules about them (SPEC 4).
//
// - A product belongs to one brand and is found again by its code (the brand's handle); a SKU by its own code, unique
// in
//   the brand. Codes are compared byte by byte: a real shop has 15056BL beside 15056bl.
// - Every product has at least one SKU. The SKU of a product that has no options has an empty title.
// - What is kept is plain text in a canonical form (no control characters, no runs of blanks, no HTML), so that an
//   export read again gives the same.
// Values, no threads.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/money.hpp"

namespace lianbo {

using CampaignId = Id<struct CampaignTag>;
using CouponId = Id<struct CouponTag>;

}  // namespace lianbo

namespace lianbo::catalog {

struct Product {
  ProductId id;
  BrandId brand;
  std::string code, title, category, description, image_url;
  bool on_sale = true;
  bool no_return = false;  // exempt from the seven-day return
  Instant created_at = 0, updated_at = 0;
  std::int64_t version = 0;  // also raised by a change of its SKUs
};

struct Sku {
  SkuId id;
  BrandId brand;
  ProductId product;
  std::string code, title;
  Fen price_fen = 0;
  std::int32_t position = 0;
  std::int64_t version = 0;
};

inline constexpr std::size_t kMaxProductCode = 128;  // characters, as all of these
inline constexpr std::size_t kMaxSkuCode = 200;
inline constexpr std::size_t kMaxTitle = 255;
inline constexpr std::size_t kMaxCategory = 255;
inline constexpr std::size_t kMaxDescription = 20'000;
inline constexpr std::size_t kMaxImageUrl = 2'048;
inline constexpr std::size_t kMaxSkusOfProduct = 250;
inline constexpr std::size_t kMaxProductsOfBrand = 100'000;
inline constexpr std::int64_t kMaxStock = 1'000'000'000;  // units of one SKU ever received

// One line: trimmed, control characters and runs of blanks become one blank.
std::string canonical_line(std::string_view text);
// Several lines, each canonical; at most one empty line between two; none at the ends.
std::string canonical_text(std::string_view text);
// HTML to canonical text: tags dropped, block ends become line ends, entities decoded, scripts and styles gone. Text
// without any tag keeps its line ends.
std::string plain_text(std::string_view html);
// The way back: plain_text(html_text(t)) = t for canonical t.
std::string html_text(std::string_view text);
// "" or an http(s) address without blanks; "//host/…" gets https.
bool usable_image_url(std::string& url);

}  // namespace lianbo::catalog
