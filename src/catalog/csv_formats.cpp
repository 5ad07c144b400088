#include "catalog/csv_formats.hpp"

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "base/crypto.hpp"
#include "base/csv.hpp"
#include "base/json.hpp"

namespace lianbo::catalog {
namespace {

constexpr std::size_t kMaxNotes = 200;
constexpr std::string_view kNoReturnTag = "no-return";
constexpr std::string_view kDefaultTitle = "Default Title";  // Shopify's word for "no options"

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string quoted(std::string_view text) {
  std::string cut(text.substr(0, 60));
  while (!cut.empty() && !valid_utf8(cut)) cut.pop_back();
  return "\"" + cut + "\"";
}

// "red shirt (L)" → "red-shirt-l"; texts without Latin letters get a name from their digest, the same each time.
std::string made_handle(std::string_view title) {
  std::string out;
  for (const char c : lower(title)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
      out += c;
    else if (!out.empty() && out.back() != '-')
      out += '-';
    if (out.size() >= 80) break;
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  const bool ascii =
      std::all_of(title.begin(), title.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (!ascii || out.empty()) out += (out.empty() ? "p-" : "-") + to_hex(sha256(title)).substr(0, 12);
  return out;
}

std::string made_sku_code(std::string_view product_code, std::string_view sku_title) {
  std::string out(product_code);
  if (!sku_title.empty()) out.append("/").append(sku_title);
  if (utf8_length(out) > kMaxSkuCode) {
    std::string head = out.substr(0, 120);
    while (!valid_utf8(head)) head.pop_back();
    out = head + "-" + to_hex(sha256(out)).substr(0, 12);
  }
  return out;
}

std::string joined(const std::vector<std::string>& values) {
  std::string out;
  for (const auto& v : values) {
    if (v.empty()) continue;
    if (!out.empty()) out += " / ";
    out += v;
  }
  return out == kDefaultTitle ? std::string() : out;
}

// WooCommerce lists: separated by commas, a comma within is written "\,".
std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> out(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == ',') {
      out.back() += ',';
      ++i;
    } else if (text[i] == ',') {
      out.emplace_back();
    } else {
      out.back() += text[i];
    }
  }
  for (auto& item : out) item = canonical_line(item);
  return out;
}
std::string list_item(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ',') out += '\\';
    out += c;
  }
  return out;
}

bool has_tag(std::string_view tags) {
  for (const auto& tag : split_list(tags))
    if (lower(tag) == kNoReturnTag) return true;
  return false;
}

// What is wrong with a product, after its texts were made canonical. sku −1: the product itself.
using Report = std::function<void(std::string_view field, int sku, std::string what)>;

void check(CatalogProduct& p, const Report& report) {
  const auto text = [&](std::string_view field, int sku, std::string& value, std::size_t min, std::size_t max) {
    value = canonical_line(value);
    const std::size_t n = utf8_length(value);
    if (n == 0 && min > 0)
      report(field, sku, "is missing; it must have 1 to " + std::to_string(max) + " characters");
    else if (n > max)
      report(field, sku, "has " + std::to_string(n) + " characters; at most " + std::to_string(max) + " are possible");
  };
  text("code", -1, p.code, 1, kMaxProductCode);
  text("title", -1, p.title, 1, kMaxTitle);
  text("category", -1, p.category, 0, kMaxCategory);
  p.description = canonical_text(p.description);
  if (const std::size_t n = utf8_length(p.description); n > kMaxDescription)
    report("description", -1,
           "has " + std::to_string(n) + " characters; at most " + std::to_string(kMaxDescription) + " are possible");
  p.image_url = canonical_line(p.image_url);
  if (!usable_image_url(p.image_url))
    report("image_url", -1, quoted(p.image_url) + " is not a web address; one is like https://example.com/a.jpg");
  else if (p.image_url.size() > kMaxImageUrl)
    report("image_url", -1, "is longer than " + std::to_string(kMaxImageUrl) + " characters");
  if (p.skus.empty()) report("skus", -1, "a product has at least one SKU");
  if (p.skus.size() > kMaxSkusOfProduct)
    report("skus", static_cast<int>(kMaxSkusOfProduct),
           "the product has " + std::to_string(p.skus.size()) + " SKUs; at most " + std::to_string(kMaxSkusOfProduct) +
               " are possible");
  for (std::size_t i = 0; i < p.skus.size(); ++i) {
    auto& s = p.skus[i];
    const int at = static_cast<int>(i);
    text("title", at, s.title, 0, kMaxTitle);
    if (s.title == kDefaultTitle) s.title.clear();
    s.code = canonical_line(s.code);
    if (s.code.empty() && !p.code.empty()) s.code = made_sku_code(p.code, s.title);
    text("code", at, s.code, 1, kMaxSkuCode);
    if (s.price_fen < 0 || s.price_fen > kMaxAmountFen)
      report("price_fen", at, "a price is 0 to " + format_fen(kMaxAmountFen));
    if (s.stock < 0 || s.stock > kMaxStock) report("stock", at, "a stock is 0 to " + std::to_string(kMaxStock));
  }
}

// Column numbers, −1 where the file has none; named in errors.
struct Columns {
  int code = -1, title = -1, category = -1, description = -1, image_url = -1, on_sale = -1, no_return = -1;
  int sku_code = -1, sku_title = -1, price = -1, stock = -1;
};

class Reader {
 public:
  Reader(Csv csv, const CatalogOptions& options, CatalogFormat format) : csv_(std::move(csv)), options_(options) {
    file_.format = format;
  }

  Result<CatalogFile> shopify(bool classic);
  Result<CatalogFile> woocommerce();
  Result<CatalogFile> lianbo();
  Result<CatalogFile> price_list();
  Result<CatalogFile> taobao();

 private:
  std::string_view cell(const CsvRow& row, int column) const { return csv_trim(Csv::cell(row, column)); }
  std::string text(const CsvRow& row, int column) const { return std::string(cell(row, column)); }
  void bad(const CsvRow& row, int column, std::string_view what) {
    errors_.add(row.line, csv_.column_name(column), what);
  }
  void note(std::int64_t line, std::string what) {
    if (file_.notes.size() < kMaxNotes)
      file_.notes.push_back(csv_place(line) + ": " + std::move(what));
    else if (file_.notes.size() == kMaxNotes)
      file_.notes.push_back("there are more of these");
  }

  // A price; an empty or unusable one is an error, or takes the product off sale where the caller asked for that.
  Fen price(const CsvRow& row, int column, CatalogProduct& product, bool may_lack = false) {
    const std::string_view value = cell(row, column);
    if (value.empty()) {
      if (options_.incomplete_off_sale || may_lack) {
        off_sale(product, row, "has no price");
        return 0;
      }
      bad(row, column, "is empty; a price is like 12.50");
      return 0;
    }
    const auto fen = parse_decimal_fen(value);
    if (fen) return *fen;
    const std::size_t point = value.find('.');
    const bool fraction = point != std::string_view::npos && point > 0 &&
                          value.find_first_not_of("0123456789.") == std::string_view::npos &&
                          value.find('.', point + 1) == std::string_view::npos;
    if (options_.incomplete_off_sale && fraction)
      off_sale(product, row, "has the price " + quoted(value) + ", which is not a whole number of the smallest coin");
    else
      bad(row, column, fen.error().detail);
    return 0;
  }
  void off_sale(CatalogProduct& product, const CsvRow& row, const std::string& why) {
    product.on_sale = false;
    product.incomplete = true;
    note(row.line, quoted(product.code) + " " + why + ": it comes in off sale");
  }
  std::int64_t stock(const CsvRow& row, int column, bool negative_is_none) {
    std::string_view value = cell(row, column);
    if (value.empty()) return options_.default_stock;
    const bool negative = value.front() == '-';
    if (negative) value.remove_prefix(1);
    if (const std::size_t point = value.find('.'); point != std::string_view::npos && point > 0 &&
                                                   value.find_first_not_of('0', point + 1) == std::string_view::npos)
      value = value.substr(0, point);
    std::int64_t n = 0;
    for (const char c : value) {
      if (c < '0' || c > '9' || n > kMaxStock) {
        bad(row, column, quoted(cell(row, column)) + " is not a number of units, 0 to " + std::to_string(kMaxStock));
        return 0;
      }
      n = n * 10 + (c - '0');
    }
    if (value.empty() || n > kMaxStock || (negative && n > 0 && !negative_is_none)) {
      bad(row, column, quoted(cell(row, column)) + " is not a number of units, 0 to " + std::to_string(kMaxStock));
      return 0;
    }
    if (negative && n > 0) {
      note(row.line, "a stock of " + quoted(cell(row, column)) + " is read as 0");
      return 0;
    }
    return n;
  }
  bool flag(const CsvRow& row, int column, bool fallback) {
    const std::string value = lower(cell(row, column));
    if (value.empty()) return fallback;
    for (const std::string_view yes : {"true", "1", "yes", "y", "active", "是"})
      if (value == yes) return true;
    for (const std::string_view no : {"false", "0", "no", "n", "-1", "draft", "archived", "unlisted", "否"})
      if (value == no) return false;
    bad(row, column, quoted(cell(row, column)) + " is neither true nor false");
    return fallback;
  }

  CatalogProduct* known(const std::string& code) {
    const auto it = by_code_.find(code);
    return it == by_code_.end() ? nullptr : &file_.products[it->second];
  }
  CatalogProduct& add(const CsvRow& row, std::string code) {
    by_code_.emplace(code, file_.products.size());
    auto& p = file_.products.emplace_back();
    p.code = std::move(code);
    p.line = static_cast<int>(row.line);
    return p;
  }
  void title_or_off_sale(CatalogProduct& p, const CsvRow& row) {
    if (!p.title.empty() || !options_.incomplete_off_sale || p.code.empty()) return;
    p.title = p.code;
    off_sale(p, row, "has no title");
  }
  bool begin() {
    if (csv_.rows.empty()) {
      errors_.add(csv_.header.line, "the file has a header and nothing below it");
      return false;
    }
    errors_.add_ragged(csv_);
    return errors_.empty();
  }
  bool need(int column, std::string_view name) {
    if (column >= 0) return true;
    errors_.add(csv_.header.line, "there is no column " + std::string(name));
    return false;
  }
  Result<CatalogFile> finish(const Columns& columns);

  Csv csv_;
  const CatalogOptions& options_;
  CatalogFile file_;
  CsvErrors errors_;
  std::unordered_map<std::string, std::size_t> by_code_;
};

Result<CatalogFile> Reader::finish(const Columns& columns) {
  const auto column_of = [&](std::string_view field, bool sku) {
    if (field == "code") return sku ? columns.sku_code : columns.code;
    if (field == "title") return sku ? columns.sku_title : columns.title;
    if (field == "category") return columns.category;
    if (field == "description") return columns.description;
    if (field == "image_url") return columns.image_url;
    if (field == "price_fen") return columns.price;
    if (field == "stock") return columns.stock;
    return -1;
  };
  std::unordered_map<std::string, int> lines;
  for (auto& p : file_.products) {
    check(p, [&](std::string_view field, int sku, const std::string& what) {
      const bool of_sku = sku >= 0 && static_cast<std::size_t>(sku) < p.skus.size();
      const int column = column_of(field, of_sku);
      errors_.add(of_sku ? p.skus[static_cast<std::size_t>(sku)].line : p.line,
                  column >= 0 ? csv_.column_name(column) : std::string(field == "skus" ? "" : field), what);
    });
    for (const auto& s : p.skus) {
      const auto [first, fresh] = lines.emplace(s.code, s.line);
      if (!fresh)
        errors_.add(s.line, columns.sku_code >= 0 ? csv_.column_name(columns.sku_code) : "SKU",
                    "the SKU code " + quoted(s.code) + " is at line " + std::to_string(first->second) +
                        " already; each SKU needs a code of its own");
    }
  }
  if (file_.products.size() > kMaxProductsOfBrand)
    errors_.add(file_.products.back().line, "more than " + std::to_string(kMaxProductsOfBrand) + " products");
  if (errors_.empty() && file_.products.empty())
    errors_.add(csv_.header.line, "the file has no product that could be taken over");
  TRY_OK(errors_.status());
  if (columns.code >= 0) file_.code_column = csv_.column_name(columns.code);
  file_.sku_code_column = columns.sku_code >= 0 ? csv_.column_name(columns.sku_code) : "SKU";
  file_.has_category = columns.category >= 0;
  file_.has_description = columns.description >= 0;
  file_.has_image_url = columns.image_url >= 0;
  file_.has_on_sale = columns.on_sale >= 0;
  file_.has_no_return = columns.no_return >= 0;
  file_.has_sku_title = columns.sku_title >= 0;
  return std::move(file_);
}

Result<CatalogFile> Reader::shopify(bool classic) {
  Columns c;
  c.code = csv_.column({"Handle", "URL handle"});
  c.title = csv_.column("Title");
  c.description = csv_.column({"Body (HTML)", "Description"});
  c.category = csv_.column("Type");
  c.image_url = csv_.column({"Image Src", "Product image URL"});
  c.on_sale = csv_.column({"Published", "Published on online store"});
  c.sku_code = csv_.column({"Variant SKU", "SKU"});
  c.price = csv_.column({"Variant Price", "Price"});
  c.stock = csv_.column({"Variant Inventory Qty", "Inventory quantity"});
  const int status = csv_.column("Status"), tags = csv_.column("Tags"),
            product_category = csv_.column("Product Category");
  c.no_return = tags;
  const int options[3] = {csv_.column({"Option1 Value"}), csv_.column({"Option2 Value"}),
                          csv_.column({"Option3 Value"})};
  c.sku_title = options[0];
  if (classic) need(c.price, "Variant Price");
  if (!begin()) return finish(c);

  for (const auto& row : csv_.rows) {
    std::string handle = canonical_line(cell(row, c.code));
    const std::string title = text(row, c.title);
    const bool made = handle.empty();
    if (made && (classic || title.empty())) {
      bad(row, c.code >= 0 ? c.code : c.title, "is missing; every row names its product by it");
      continue;
    }
    if (made) handle = made_handle(canonical_line(title));
    CatalogProduct* p = known(handle);
    const bool first = !p;
    if (p && made) {
      bad(row, c.title, "is at line " + std::to_string(p->line) + " already; give each of the two a URL handle");
      continue;
    }
    if (first) {
      p = &add(row, handle);
      p->title = title;
      p->description = plain_text(cell(row, c.description));
      p->category = text(row, c.category);
      if (p->category.empty()) p->category = text(row, product_category);
      p->image_url = text(row, c.image_url);
      const bool published = flag(row, c.on_sale, true), active = flag(row, status, true);
      p->on_sale = published && active;
      p->no_return = has_tag(cell(row, tags));
      title_or_off_sale(*p, row);
    } else {
      if (!title.empty() && canonical_line(title) != canonical_line(p->title))
        bad(row, c.title,
            "differs from the title of " + quoted(handle) + " at line " + std::to_string(p->line) +
                "; one handle is one product");
      if (p->image_url.empty()) p->image_url = text(row, c.image_url);
    }
    const bool variant = first || !cell(row, c.sku_code).empty() || !cell(row, c.price).empty() ||
                         !cell(row, options[0]).empty() || !cell(row, options[1]).empty();
    if (!variant) continue;  // one more image
    CatalogSku s;
    s.line = static_cast<int>(row.line);
    s.title = joined({canonical_line(cell(row, options[0])), canonical_line(cell(row, options[1])),
                      canonical_line(cell(row, options[2]))});
    s.code = text(row, c.sku_code);
    s.price_fen = price(row, c.price, *p, !classic);
    s.stock = stock(row, c.stock, true);
    p->skus.push_back(std::move(s));
  }
  return finish(c);
}

// WooCommerce writes a line end as "\n", and those two characters as "\\n".
std::string woo_lines(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 3) == "\\\\n") {
      out += "\\n";
      i += 2;
    } else if (text.substr(i, 2) == "\\n") {
      out += '\n';
      i += 1;
    } else {
      out += text[i];
    }
  }
  return out;
}
std::string woo_escape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "\\n") out += '\\';
    out += text[i];
  }
  return out;
}

Result<CatalogFile> Reader::woocommerce() {
  Columns c;
  c.code = c.sku_code = csv_.column("SKU");
  c.title = csv_.column("Name");
  c.description = csv_.column("Description");
  c.category = csv_.column("Categories");
  c.image_url = csv_.column("Images");
  c.on_sale = csv_.column("Published");
  c.price = csv_.column("Regular price");
  c.stock = csv_.column("Stock");
  const int id = csv_.column("ID"), type = csv_.column("Type"), parent = csv_.column("Parent"),
            tags = csv_.column("Tags");
  c.no_return = tags;
  const int sale = csv_.column("Sale price"), short_text = csv_.column("Short description");
  const int in_stock = csv_.column("In stock?");
  const int sale_from = csv_.column("Date sale price starts"), sale_to = csv_.column("Date sale price ends");
  std::vector<int> attributes;
  for (int n = 1; n <= 50; ++n) {
    const int column = csv_.column({"Attribute " + std::to_string(n) + " value(s)"});
    if (column < 0) break;
    attributes.push_back(column);
  }
  c.sku_title = attributes.empty() ? -1 : attributes[0];
  if (!begin()) return finish(c);

  const auto add_sku = [&](const CsvRow& row, CatalogProduct& p, std::string title) {
    CatalogSku s;
    s.line = static_cast<int>(row.line);
    s.title = std::move(title);
    s.code = canonical_line(cell(row, c.sku_code));
    if (s.code.empty() && !cell(row, id).empty()) s.code = "woo-" + canonical_line(cell(row, id));
    bool on_offer = !cell(row, sale).empty();
    if (on_offer && (!cell(row, sale_from).empty() || !cell(row, sale_to).empty())) {
      note(row.line, "the sale price has dates; the regular price is taken");
      on_offer = false;
    }
    s.price_fen = price(row, on_offer ? sale : c.price, p);
    const bool none = cell(row, c.stock).empty() && cell(row, in_stock) == "0";
    s.stock = none ? 0 : stock(row, c.stock, true);
    p.skus.push_back(std::move(s));
  };
  // Parents first: a variation may stand before its parent.
  std::unordered_map<std::string, std::size_t> parents;
  std::vector<const CsvRow*> variations;
  for (const auto& row : csv_.rows) {
    const auto types = split_list(lower(cell(row, type)));
    const auto is = [&](std::string_view t) { return std::find(types.begin(), types.end(), t) != types.end(); };
    if (is("variation")) {
      variations.push_back(&row);
      continue;
    }
    if (!is("simple") && !is("variable")) {
      note(row.line, quoted(cell(row, c.title)) + " is of type " + quoted(cell(row, type)) +
                         ", which has no goods of its own here: left out");
      continue;
    }
    std::string code = canonical_line(cell(row, c.code));
    const std::string number = canonical_line(cell(row, id));
    if (code.empty() && !number.empty()) code = "woo-" + number;
    if (code.empty()) {
      bad(row, c.code, "is missing, and so is the ID; a product is found again by one of them");
      continue;
    }
    if (const auto* before = known(code)) {
      bad(row, c.code, "the SKU " + quoted(code) + " is at line " + std::to_string(before->line) + " already");
      continue;
    }
    auto& p = add(row, code);
    p.title = text(row, c.title);
    p.description = plain_text(woo_lines(cell(row, c.description)));
    if (p.description.empty()) p.description = plain_text(woo_lines(cell(row, short_text)));
    const auto categories = split_list(cell(row, c.category));
    p.category = categories[0];
    if (categories.size() > 1) note(row.line, "of several categories the first is taken: " + quoted(p.category));
    p.image_url = split_list(cell(row, c.image_url))[0];
    p.on_sale = flag(row, c.on_sale, true);
    p.no_return = has_tag(cell(row, tags));
    title_or_off_sale(p, row);
    if (is("variable")) {
      if (!cell(row, c.code).empty()) parents.emplace("sku:" + code, file_.products.size() - 1);
      if (!number.empty()) parents.emplace("id:" + number, file_.products.size() - 1);
    } else {
      add_sku(row, p, {});
    }
  }
  for (const CsvRow* row : variations) {
    const std::string named = canonical_line(cell(*row, parent));
    auto it = parents.find("sku:" + named);
    if (it == parents.end() && lower(named.substr(0, 3)) == "id:") it = parents.find("id:" + named.substr(3));
    if (it == parents.end()) {
      bad(*row, parent,
          named.empty() ? "is missing; a variation names its product by SKU or id:NUMBER"
                        : "no variable product has the SKU or id " + quoted(named));
      continue;
    }
    if (!flag(*row, c.on_sale, true)) {
      note(row->line, "a variation that is not published: left out");
      continue;
    }
    std::vector<std::string> values;
    for (const int column : attributes) values.push_back(split_list(cell(*row, column))[0]);
    add_sku(*row, file_.products[it->second], joined(values));
  }
  std::erase_if(file_.products, [&](const CatalogProduct& p) {
    if (!p.skus.empty()) return false;
    note(p.line, quoted(p.code) + " has no variations: left out");
    return true;
  });
  return finish(c);
}

constexpr std::string_view kLianboColumns[] = {"product_code", "title",   "category",  "description",
                                               "image_url",    "on_sale", "no_return", "sku_code",
                                               "sku_title",    "price",   "stock"};

Result<CatalogFile> Reader::lianbo() {
  Columns c;
  c.code = csv_.column("product_code");
  c.title = csv_.column("title");
  c.category = csv_.column("category");
  c.description = csv_.column("description");
  c.image_url = csv_.column("image_url");
  c.on_sale = csv_.column("on_sale");
  c.no_return = csv_.column("no_return");
  c.sku_code = csv_.column("sku_code");
  c.sku_title = csv_.column("sku_title");
  c.price = csv_.column("price");
  c.stock = csv_.column("stock");
  for (std::size_t i = 0; i < csv_.header.cells.size(); ++i) {
    const std::string name = lower(csv_.header.cells[i]);
    if (std::find(std::begin(kLianboColumns), std::end(kLianboColumns), name) == std::end(kLianboColumns)) {
      std::string all;
      for (const auto known_name : kLianboColumns) all.append(all.empty() ? "" : ", ").append(known_name);
      errors_.add(csv_.header.line, csv_.column_name(static_cast<int>(i)), "is not a column of this format: " + all);
    } else if (csv_.columns_named({name}) > 1 && csv_.column({name}) == static_cast<int>(i)) {
      errors_.add(csv_.header.line, name, "is there more than once");
    }
  }
  need(c.title, "title");
  need(c.price, "price");
  if (!errors_.empty() || !begin()) return finish(c);

  for (const auto& row : csv_.rows) {
    const std::string code = canonical_line(cell(row, c.code));
    if (code.empty()) {
      bad(row, c.code, "is missing; every row names its product by it");
      continue;
    }
    CatalogProduct* p = known(code);
    if (!p) {
      p = &add(row, code);
      p->title = text(row, c.title);
      p->category = text(row, c.category);
      p->description = text(row, c.description);
      p->image_url = text(row, c.image_url);
      p->on_sale = flag(row, c.on_sale, true);
      p->no_return = flag(row, c.no_return, false);
      title_or_off_sale(*p, row);
    } else {
      // The further rows of a product may leave its own cells empty, but not say something else.
      const auto same = [&](int column, std::string_view value, bool multi_line) {
        const std::string here = multi_line ? canonical_text(cell(row, column)) : canonical_line(cell(row, column));
        if (!here.empty() && here != (multi_line ? canonical_text(value) : canonical_line(value)))
          bad(row, column, "differs from line " + std::to_string(p->line) + ", which is of the same product");
      };
      same(c.title, p->title, false);
      same(c.category, p->category, false);
      same(c.description, p->description, true);
      same(c.image_url, p->image_url, false);
      if (!cell(row, c.on_sale).empty() && p->on_sale && !flag(row, c.on_sale, true))
        bad(row, c.on_sale, "differs from line " + std::to_string(p->line) + ", which is of the same product");
      if (!cell(row, c.no_return).empty() && flag(row, c.no_return, false) != p->no_return)
        bad(row, c.no_return, "differs from line " + std::to_string(p->line) + ", which is of the same product");
    }
    CatalogSku s;
    s.line = static_cast<int>(row.line);
    s.code = text(row, c.sku_code);
    s.title = text(row, c.sku_title);
    s.price_fen = price(row, c.price, *p);
    s.stock = stock(row, c.stock, false);
    p->skus.push_back(std::move(s));
  }
  return finish(c);
}

int price_column(const Csv& csv) {
  for (const std::string_view begins : {"price", "unit_price", "median_price", "unit price", "价格", "单价"})
    for (std::size_t i = 0; i < csv.header.cells.size(); ++i)
      if (lower(csv.header.cells[i]).substr(0, begins.size()) == begins) return static_cast<int>(i);
  return -1;
}
int list_code_column(const Csv& csv) { return csv.column({"stock_code", "sku", "code", "编号", "货号"}); }
int list_title_column(const Csv& csv) {
  for (const std::string_view name : {"title", "name", "description", "名称", "品名"})
    if (const int column = csv.column({name}); column >= 0) return column;
  return -1;
}

Result<CatalogFile> Reader::price_list() {
  Columns c;
  c.code = c.sku_code = list_code_column(csv_);
  c.title = list_title_column(csv_);
  c.price = price_column(csv_);
  c.category = csv_.column({"category", "类目", "分类"});
  c.image_url = csv_.column({"image_url", "image"});
  c.stock = csv_.column({"stock", "quantity", "qty", "inventory", "库存"});
  c.description = csv_.column("description");
  if (c.description == c.title) c.description = -1;
  if (!begin()) return finish(c);
  for (const auto& row : csv_.rows) {
    const std::string code = canonical_line(cell(row, c.code));
    if (code.empty()) {
      bad(row, c.code, "is missing; a product is found again by it");
      continue;
    }
    if (const auto* before = known(code)) {
      bad(row, c.code, "the code " + quoted(code) + " is at line " + std::to_string(before->line) + " already");
      continue;
    }
    auto& p = add(row, code);
    p.title = text(row, c.title);
    p.category = text(row, c.category);
    p.description = text(row, c.description);
    p.image_url = text(row, c.image_url);
    title_or_off_sale(p, row);
    CatalogSku s;
    s.line = static_cast<int>(row.line);
    s.code = code;
    s.price_fen = price(row, c.price, p);
    s.stock = stock(row, c.stock, false);
    p.skus.push_back(std::move(s));
  }
  return finish(c);
}

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> out;
  for (;;) {
    const std::size_t end = text.find(by);
    out.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

Result<CatalogFile> Reader::taobao() {
  Columns c;
  c.title = csv_.column("title");
  c.price = csv_.column("price");
  c.stock = csv_.column("num");
  c.description = csv_.column("description");
  c.code = csv_.column("outer_id");
  c.category = csv_.column("cid");
  c.on_sale = csv_.column("approve_status");
  c.image_url = csv_.column("picture");
  c.sku_code = csv_.column("skuProps");
  const int number = csv_.column("num_id"), alias = csv_.column("propAlias"), custom = csv_.column("input_custom_cpv");
  // The third header line repeats the names in Chinese.
  if (!csv_.rows.empty() && cell(csv_.rows.front(), c.title) == "宝贝名称") csv_.rows.erase(csv_.rows.begin());
  if (!begin()) return finish(c);
  for (const auto& row : csv_.rows) {
    const std::string title = canonical_line(cell(row, c.title));
    std::string code = canonical_line(cell(row, c.code));
    if (code.empty() && !cell(row, number).empty()) code = "tb-" + canonical_line(cell(row, number));
    if (code.empty() && !title.empty()) code = made_handle(title);
    if (code.empty()) {
      bad(row, c.title, "is missing");
      continue;
    }
    if (const auto* before = known(code)) {
      bad(row, c.code, "the code " + quoted(code) + " is at line " + std::to_string(before->line) + " already");
      continue;
    }
    auto& p = add(row, code);
    p.title = title;
    p.description = plain_text(cell(row, c.description));
    p.category = text(row, c.category);
    p.on_sale = cell(row, c.on_sale).empty() || cell(row, c.on_sale) == "1";
    for (const auto picture : split(cell(row, c.image_url), ';')) {
      const std::size_t bar = picture.find('|');
      if (bar == std::string_view::npos) continue;
      std::string url(csv_trim(picture.substr(bar + 1)));
      if (p.image_url.empty() && !url.empty() && usable_image_url(url)) p.image_url = url;
    }
    title_or_off_sale(p, row);
    std::unordered_map<std::string, std::string> names;  // pid:vid → what the shop calls it
    for (const int column : {alias, custom})
      for (const auto item : split(cell(row, column), ';'))
        if (const auto parts = split(item, ':'); parts.size() >= 3)
          names[std::string(parts[0]) + ":" + std::string(parts[1])] =
              std::string(item.substr(parts[0].size() + parts[1].size() + 2));
    // price:qty:outer_id:pid:vid;pid:vid;… repeated: five parts begin a SKU, two go on with it.
    std::vector<std::string> values;
    const auto close = [&] {
      if (!p.skus.empty()) p.skus.back().title = joined(values);
      values.clear();
    };
    const auto value = [&](std::string_view pid, std::string_view vid) {
      const std::string key = std::string(pid) + ":" + std::string(vid);
      const auto it = names.find(key);
      values.push_back(canonical_line(it == names.end() ? key : it->second));
    };
    const auto cell_of = [&](std::string_view number_text) {
      CsvRow one;
      one.line = row.line;
      one.cells.assign(static_cast<std::size_t>(c.sku_code) + 1, {});
      one.cells.back() = std::string(number_text);
      return one;
    };
    for (const auto item : split(cell(row, c.sku_code), ';')) {
      const auto parts = split(item, ':');
      if (parts.size() == 2) {
        value(parts[0], parts[1]);
      } else if (parts.size() >= 5) {
        close();
        CatalogSku s;
        s.line = static_cast<int>(row.line);
        s.price_fen = price(cell_of(parts[0]), c.sku_code, p);
        s.stock = stock(cell_of(parts[1]), c.sku_code, true);
        s.code = std::string(parts[2]);
        p.skus.push_back(std::move(s));
        value(parts[3], parts[4]);
      } else if (!csv_trim(item).empty()) {
        bad(row, c.sku_code, quoted(item) + " is neither price:quantity:code:pid:vid nor pid:vid");
      }
    }
    close();
    if (p.skus.empty()) {
      CatalogSku s;
      s.line = static_cast<int>(row.line);
      s.code = code;
      s.price_fen = price(row, c.price, p);
      s.stock = stock(row, c.stock, true);
      p.skus.push_back(std::move(s));
    }
  }
  return finish(c);
}

std::string write_lianbo(std::span<const CatalogProduct> products) {
  CsvWriter w;
  for (const auto name : kLianboColumns) w.cell(name);
  w.end_row();
  for (const auto& p : products) {
    bool first = true;
    for (const auto& s : p.skus) {
      w.cell(p.code).cell(p.title).cell(first ? p.category : "").cell(first ? p.description : "");
      w.cell(first ? p.image_url : "").cell(p.on_sale ? "true" : "false").cell(p.no_return ? "true" : "false");
      w.cell(s.code).cell(s.title).cell(format_fen(s.price_fen)).cell(s.stock).end_row();
      first = false;
    }
  }
  return w.take();
}

// "red / 42" as two options when every SKU of the product has as many; else the whole title is one option.
std::vector<std::vector<std::string>> option_values(const CatalogProduct& p) {
  std::vector<std::vector<std::string>> out;
  for (const auto& s : p.skus) {
    auto& values = out.emplace_back();
    std::string_view rest = s.title;
    for (;;) {
      const std::size_t at = rest.find(" / ");
      values.emplace_back(rest.substr(0, at));
      if (at == std::string_view::npos) break;
      rest.remove_prefix(at + 3);
    }
  }
  const std::size_t n = out.empty() ? 0 : out[0].size();
  const bool even = std::all_of(out.begin(), out.end(), [&](const auto& values) {
    return values.size() == n && std::none_of(values.begin(), values.end(), [](const auto& v) { return v.empty(); });
  });
  if (!even || n > 3)
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = {p.skus[i].title.empty() ? std::string(kDefaultTitle) : p.skus[i].title};
  return out;
}

std::string write_shopify(std::span<const CatalogProduct> products) {
  CsvWriter w;
  w.row({"Handle",
         "Title",
         "Body (HTML)",
         "Vendor",
         "Type",
         "Tags",
         "Published",
         "Option1 Name",
         "Option1 Value",
         "Option2 Name",
         "Option2 Value",
         "Option3 Name",
         "Option3 Value",
         "Variant SKU",
         "Variant Inventory Tracker",
         "Variant Inventory Qty",
         "Variant Inventory Policy",
         "Variant Fulfillment Service",
         "Variant Price",
         "Variant Requires Shipping",
         "Variant Taxable",
         "Image Src",
         "Image Position",
         "Gift Card",
         "Status"});
  for (const auto& p : products) {
    const auto options = option_values(p);
    const bool plain = p.skus.size() == 1 && p.skus[0].title.empty();
    for (std::size_t i = 0; i < p.skus.size(); ++i) {
      const auto& s = p.skus[i];
      const bool first = i == 0;
      w.cell(p.code).cell(first ? p.title : "").cell(first ? html_text(p.description) : "").cell("");
      w.cell(first ? p.category : "").cell(first && p.no_return ? kNoReturnTag : "");
      w.cell(first ? (p.on_sale ? "true" : "false") : "");
      for (std::size_t k = 0; k < 3; ++k) {
        const bool there = k < options[i].size();
        w.cell(first && there ? (plain ? "Title" : "Option " + std::to_string(k + 1)) : "");
        w.cell(there ? options[i][k] : "");
      }
      w.cell(s.code).cell("shopify").cell(s.stock).cell("deny").cell("manual").cell(format_fen(s.price_fen));
      w.cell("true").cell("true").cell(first ? p.image_url : "").cell(first && !p.image_url.empty() ? "1" : "");
      w.cell(first ? "false" : "").cell(first ? (p.on_sale ? "active" : "draft") : "").end_row();
    }
  }
  return w.take();
}

std::string write_woocommerce(std::span<const CatalogProduct> products) {
  CsvWriter w;
  w.row({"ID", "Type", "SKU", "Name", "Published", "Visibility in catalog", "Description", "In stock?", "Stock",
         "Regular price", "Categories", "Tags", "Images", "Parent", "Position", "Attribute 1 name",
         "Attribute 1 value(s)", "Attribute 1 visible", "Attribute 1 global"});
  for (const auto& p : products) {
    const auto product_cells = [&](std::string_view type) {
      w.cell("").cell(type).cell(p.code).cell(p.title).cell(p.on_sale ? "1" : "0").cell("visible");
      w.cell(woo_escape(html_text(p.description)));
    };
    const auto more_cells = [&] {
      w.cell(list_item(p.category)).cell(p.no_return ? kNoReturnTag : "").cell(list_item(p.image_url)).cell("");
    };
    const auto& only = p.skus[0];
    if (p.skus.size() == 1 && only.code == p.code && only.title.empty()) {
      product_cells("simple");
      w.cell(only.stock > 0 ? "1" : "0").cell(only.stock).cell(format_fen(only.price_fen));
      more_cells();
      w.cell("0").cell("").cell("").cell("").cell("").end_row();
      continue;
    }
    product_cells("variable");
    w.cell("1").cell("").cell("");
    more_cells();
    std::string values;
    for (const auto& s : p.skus) values.append(values.empty() ? "" : ", ").append(list_item(s.title));
    w.cell("0").cell("Option").cell(values).cell("1").cell("0").end_row();
    int position = 0;
    for (const auto& s : p.skus) {
      w.cell("").cell("variation").cell(s.code).cell(p.title + (s.title.empty() ? "" : " - " + s.title));
      w.cell("1").cell("visible").cell("").cell(s.stock > 0 ? "1" : "0").cell(s.stock).cell(format_fen(s.price_fen));
      w.cell("").cell("").cell("").cell(p.code).cell(std::int64_t{++position});
      w.cell("Option").cell(list_item(s.title)).cell("").cell("0").end_row();
    }
  }
  return w.take();
}

// The second line of a Taobao assistant file, below "version 1.00", is its header.
constexpr std::string_view kTaobaoVersion = "version 1.";

bool any_column(const Csv& csv, std::initializer_list<std::string_view> names) { return csv.column(names) >= 0; }

}  // namespace

std::string_view format_text(CatalogFormat format) {
  switch (format) {
    case CatalogFormat::lianbo:
      return "lianbo";
    case CatalogFormat::shopify:
      return "shopify";
    case CatalogFormat::woocommerce:
      return "woocommerce";
    case CatalogFormat::taobao:
      return "taobao";
    case CatalogFormat::price_list:
      return "price_list";
  }
  return "lianbo";
}
std::optional<CatalogFormat> parse_format(std::string_view text) {
  for (const auto format : {CatalogFormat::lianbo, CatalogFormat::shopify, CatalogFormat::woocommerce,
                            CatalogFormat::taobao, CatalogFormat::price_list})
    if (format_text(format) == text) return format;
  return std::nullopt;
}

Result<CatalogFile> parse_catalog(std::string_view bytes, const CatalogOptions& options) {
  const CsvLimits limits;
  TRY(PlainText plain, read_text(bytes, limits.file_bytes));
  if (std::string_view(plain.text).substr(0, kTaobaoVersion.size()) == kTaobaoVersion) {
    const std::size_t end = plain.text.find('\n');
    TRY(Csv csv,
        read_csv(end == std::string::npos ? std::string_view() : std::string_view(plain.text).substr(end + 1), limits));
    ++csv.header.line;
    for (auto& row : csv.rows) ++row.line;
    if (csv.column("title") >= 0 && csv.column("price") >= 0 && csv.column("skuProps") >= 0)
      return Reader(std::move(csv), options, CatalogFormat::taobao).taobao();
    return fail(Code::csv_unknown_format,
                "a Taobao assistant file without the columns title, price and skuProps in its second line",
                csv_place(2));
  }
  TRY(Csv csv, read_csv(plain.text, limits));
  if (any_column(csv, {"product_code"})) return Reader(std::move(csv), options, CatalogFormat::lianbo).lianbo();
  if (any_column(csv, {"Type"}) && any_column(csv, {"SKU"}) && any_column(csv, {"Name"}) &&
      any_column(csv, {"Regular price"}))
    return Reader(std::move(csv), options, CatalogFormat::woocommerce).woocommerce();
  if (any_column(csv, {"Title"}) && any_column(csv, {"Handle"}))
    return Reader(std::move(csv), options, CatalogFormat::shopify).shopify(true);
  if (any_column(csv, {"Title"}) &&
      any_column(csv, {"URL handle", "Compare-at price", "Weight value (grams)", "Inventory quantity",
                       "Published on online store", "Product image URL"}))
    return Reader(std::move(csv), options, CatalogFormat::shopify).shopify(false);
  if (list_code_column(csv) >= 0 && list_title_column(csv) >= 0 && price_column(csv) >= 0)
    return Reader(std::move(csv), options, CatalogFormat::price_list).price_list();
  std::string found;
  for (std::size_t i = 0; i < csv.header.cells.size() && i < 12; ++i)
    found += (found.empty() ? "" : ", ") + quoted(csv.header.cells[i]);
  return fail(
      Code::csv_unknown_format,
      "the columns are " + found +
          "; known are Shopify (Handle, Title, Variant Price, … or Title, URL handle, Price, …), WooCommerce (Type, "
          "SKU, Name, Regular price, …), Lianbo (product_code, title, sku_code, price, stock, …), Taobao assistant, "
          "and price lists (sku or code, title or name, price)",
      csv_place(csv.header.line));
}

Result<std::string> write_catalog(std::span<const CatalogProduct> products, CatalogFormat format) {
  switch (format) {
    case CatalogFormat::lianbo:
      return write_lianbo(products);
    case CatalogFormat::shopify:
      return write_shopify(products);
    case CatalogFormat::woocommerce:
      return write_woocommerce(products);
    default:
      return fail(Code::invalid_field, "files can be written as lianbo, shopify or woocommerce", "/format");
  }
}

Status check_product(CatalogProduct& product, const std::string& at) {
  std::optional<Error> first;
  check(product, [&](std::string_view field, int sku, std::string what) {
    if (first) return;
    std::string where = at;
    if (sku >= 0 && field != "skus") where += "/skus/" + std::to_string(sku);
    first = Error{Code::invalid_field, std::move(what), where + "/" + std::string(field), {}};
  });
  if (first) return fail(*std::move(first));
  for (std::size_t i = 0; i < product.skus.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (product.skus[i].code == product.skus[k].code)
        return fail(Code::invalid_field, "each SKU needs a code of its own; this one is used twice",
                    at + "/skus/" + std::to_string(i) + "/code");
  return {};
}

}  // namespace lianbo::catalog
