// Product files as merchants have them: Shopify (classic and new headers), WooCommerce, Lianbo's own, Taobao assistant,
// and plain price lists. Told apart by their header row, never by the file's name. Pure functions.
//
// - Reading gives every product or none: all errors are collected (the first 100), each with line and column.
// - Prices are plain decimals with at most two decimals; HTML becomes plain text; blank SKU codes are made from the
//   product's code and the option values, so that the same file makes the same codes.
// - Writing guards cells that a spreadsheet would run as a formula with an apostrophe, and reading takes it off:
//   parse(write(x)) = x for Shopify, WooCommerce and Lianbo.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.hpp"
#include "base/result.hpp"
#include "catalog/catalog.hpp"

namespace lianbo::catalog {

enum class CatalogFormat { lianbo, shopify, woocommerce, taobao, price_list };
std::string_view format_text(CatalogFormat format);
std::optional<CatalogFormat> parse_format(std::string_view text);

struct CatalogSku {
  std::string code, title;
  Fen price_fen = 0;
  std::int64_t stock = 0;
  int line = 0;  // of the file; not part of its value
  bool operator==(const CatalogSku& o) const {
    return code == o.code && title == o.title && price_fen == o.price_fen && stock == o.stock;
  }
};
struct CatalogProduct {
  std::string code, title, category, description, image_url;
  bool on_sale = true, no_return = false;
  std::vector<CatalogSku> skus;
  int line = 0;
  bool incomplete = false;  // off sale for want of a title or a price; see CatalogOptions
  bool operator==(const CatalogProduct& o) const {
    return code == o.code && title == o.title && category == o.category && description == o.description &&
           image_url == o.image_url && on_sale == o.on_sale && no_return == o.no_return && skus == o.skus;
  }
};
struct CatalogFile {
  CatalogFormat format = CatalogFormat::lianbo;
  // What the file has a column for; of the rest an import leaves what is known.
  bool has_category = true, has_description = true, has_image_url = true, has_on_sale = true, has_no_return = true,
       has_sku_title = true;
  std::vector<CatalogProduct> products;
  std::string code_column, sku_code_column;  // as the file names them, for errors
  std::vector<std::string> notes;  // what was left out or read otherwise than written, with its line; at most 200
};

struct CatalogOptions {
  std::int64_t default_stock = 0;    // first stock where the file gives none
  bool incomplete_off_sale = false;  // a product without title or with no usable price comes in off sale instead of
                                     // being an error: for real lists that also hold what was never sold
  bool dry_run = false;              // looks the file through and changes nothing
};

// bytes: as uploaded; gz, a byte order mark and UTF-16 are understood.
Result<CatalogFile> parse_catalog(std::string_view bytes, const CatalogOptions& options = {});

// lianbo, shopify or woocommerce.
Result<std::string> write_catalog(std::span<const CatalogProduct> products, CatalogFormat format);

// The rules for one product, wherever it came from. Makes its texts canonical. at: place for errors ("" or a pointer).
Status check_product(CatalogProduct& product, const std::string& at);

}  // namespace lianbo::catalog
