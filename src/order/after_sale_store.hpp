// All SQL of after-sales: cases, their steps, their evidence, and what stands against a line. Functions join a
// transaction; whoever decides has locked the order first.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "db/db.hpp"
#include "order/after_sale.hpp"

namespace lianbo::order::store {

void insert_after_sale(db::Tx& tx, const AfterSale& a);
std::optional<AfterSale> after_sale(db::Tx& tx, AfterSaleId id);
void save_after_sale(db::Tx& tx, const AfterSale& a);  // all that may change
std::vector<AfterSale> after_sales_of(db::Tx& tx, OrderId order);
std::vector<AfterSale> open_after_sales(db::Tx& tx, BrandId brand, PersonId scope, std::int64_t after, int limit);
std::pair<std::string, std::string> title_of_line(db::Tx& tx, const AfterSale& a);  // of the product, of the SKU
struct DueCase {
  Instant due_at = 0;
  AfterSaleId id;
};
std::vector<DueCase> due_after_sales(db::Tx& tx, Instant now, const DueCase& after, int limit);

// Without the case `except`.
Claims claims_on(db::Tx& tx, OrderId order, int line, AfterSaleId except);
int open_claims(db::Tx& tx, OrderId order, int line);
struct CaseCount {
  std::int64_t all = 0;
  std::int64_t standing = 0;  // each is a refund, or may become one
};
CaseCount count_cases(db::Tx& tx, OrderId order);

struct CaseStep {
  int n = 0;
  std::string step, to_state;
  PersonId by;
  std::string note;
  Instant at = 0;
};
void insert_step(db::Tx& tx, const AfterSale& a, const CaseStep& step);
std::vector<CaseStep> steps_of(db::Tx& tx, AfterSaleId id);

struct Evidence {
  int n = 0;
  PersonId by;
  std::string text;                // "" for a picture
  std::string media_type, sha256;  // of a picture; the digest in hex
  std::int64_t size = 0;
  Instant at = 0;
};
void insert_words(db::Tx& tx, const AfterSale& a, PersonId by, std::string_view text, Instant at);
void insert_picture(db::Tx& tx, const AfterSale& a, PersonId by, std::string_view media_type,
                    std::string_view sha256_bytes, std::string_view bytes, Instant at);
std::vector<Evidence> evidence_of(db::Tx& tx, AfterSaleId id);  // without the pictures' bytes
struct Picture {
  std::string media_type, bytes;
};
std::optional<Picture> picture(db::Tx& tx, AfterSaleId id, std::string_view sha256_bytes);

// Reasons, answers, notes, and what the buyer showed are deleted; digests, steps and amounts stay.
void forget_words_of(db::Tx& tx, Bucket bucket, PersonId buyer, BrandId brand);

}  // namespace lianbo::order::store
