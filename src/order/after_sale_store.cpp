#include "order/after_sale_store.hpp"

#include "base/check.hpp"
#include "base/crypto.hpp"

namespace lianbo::order::store {
namespace {

using db::Param;
using db::Row;
using db::Sql;

#define COLUMNS                                                                                                       \
  "bucket, id, brand_id, order_id, line, kind, cause, state, qty, amount_fen, shipping_fen, sku_id, reason, answer, " \
  "at, due_at, closed_at, dispute_until, disputes, refused_by_id, goods_back_at, restocked_qty, back_carrier, "       \
  "back_number, steps, pieces"
#define OPEN "('requested', 'returning', 'returned', 'refunding', 'replacing', 'replaced', 'disputed')"

const Sql kInsert{"after_sale.insert",
                  "insert into after_sales (" COLUMNS
                  ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, null, $14, $15, null, null, 0, "
                  "null, null, 0, null, null, 0, 0)"};
const Sql kLoad{"after_sale.load", "select " COLUMNS " from after_sales where bucket = $1 and id = $2"};
const Sql kSave{
    "after_sale.save",
    "update after_sales set state = $3, answer = $4, due_at = $5, closed_at = $6, dispute_until = $7, "
    "disputes = $8, refused_by_id = $9, goods_back_at = $10, restocked_qty = $11, back_carrier = $12, "
    "back_number = $13, steps = $14, pieces = $15, shipping_fen = $16, version = version + 1 where bucket = $1 and "
    "id = $2"};
const Sql kOfOrder{"after_sale.of_order",
                   "select " COLUMNS " from after_sales where bucket = $1 and order_id = $2 order by id limit 500"};
const Sql kLineTitle{"after_sale.line_title",
                     "select title, sku_title from order_lines where bucket = $1 and order_id = $2 and line = $3"};
const Sql kOpen{"after_sale.open",
                "select " COLUMNS " from after_sales where brand_id = $1 and state in " OPEN
                " and id > $2 and (cast($4 as bigint) is null or exists (select 1 from orders o join "
                "staff_stores v on v.store_id = o.store_id where o.bucket = after_sales.bucket and "
                "o.id = after_sales.order_id and v.brand_id = $1 and v.person_id = $4)) order by id "
                "limit $3"};
#define CASES_OF_BUYER                                                                                           \
  "(select a.id from after_sales a join orders o on o.bucket = a.bucket and o.id = a.order_id where a.bucket = " \
  "$1 and o.buyer_id = $2 and o.brand_id = $3)"
const Sql kForgetReasons{"after_sale.forget_reasons",
                         "update after_sales set reason = '', answer = case when answer is null then null else '' end "
                         "where bucket = $1 and id in " CASES_OF_BUYER};
const Sql kForgetNotes{"after_sale.forget_notes",
                       "update after_sale_steps set note = '' where bucket = $1 and after_sale_id in " CASES_OF_BUYER};
// Two texts: what an empty blob is called.
const Sql kForgetEvidence{
    "after_sale.forget_evidence",
    "update after_sale_evidence set body = case when body is null then null else '' end, bytes = case when bytes is "
    "null then null else x'' end where bucket = $1 and after_sale_id in " CASES_OF_BUYER " and by_person_id = $2",
    "update after_sale_evidence set body = case when body is null then null else '' end, bytes = case when bytes is "
    "null then null else ''::bytea end where bucket = $1 and after_sale_id in " CASES_OF_BUYER
    " and by_person_id = $2"};
const Sql kDue{"after_sale.due",
               "select due_at, id from after_sales where due_at is not null and due_at <= $1 and (due_at, id) > "
               "($2, $3) order by due_at, id limit $4"};
// Sums over an order's cases. Only those of the line count, but of the shipping fee those of all lines.
const Sql kClaims{
    "after_sale.claims_on",
    "select cast(coalesce(sum(case when line = $3 and state in " OPEN
    " then amount_fen else 0 end), 0) as bigint), "
    "cast(coalesce(sum(case when line = $3 and state = 'refunding' then amount_fen else 0 end), 0) as bigint), "
    "cast(coalesce(sum(case when line = $3 and kind = 'refund_only' and state in ('requested', 'disputed') then qty "
    "else 0 end), 0) as bigint), "
    "cast(coalesce(sum(case when line = $3 and kind <> 'refund_only' and state in " OPEN
    " then qty else 0 end), 0) as bigint), "
    "cast(coalesce(sum(case when line = $3 and kind <> 'refund_only' and state = 'refunded' then qty else 0 end), 0) "
    "as bigint), "
    "cast(coalesce(sum(case when state in " OPEN
    " then shipping_fen else 0 end), 0) as bigint) from after_sales "
    "where bucket = $1 and order_id = $2 and id <> $4"};
const Sql kOpenOfLine{
    "after_sale.open_of_line",
    "select count(*) from after_sales where bucket = $1 and order_id = $2 and line = $3 and state in " OPEN};
const Sql kCount{"after_sale.count",
                 "select count(*), coalesce(sum(case when state in " OPEN
                 " or state = 'refunded' then 1 else 0 end), 0) from after_sales where bucket = $1 and order_id = $2"};

const Sql kInsertStep{"after_sale.insert_step",
                      "insert into after_sale_steps (bucket, after_sale_id, n, step, to_state, by_person_id, note, at) "
                      "values ($1, $2, $3, $4, $5, $6, $7, $8)"};
const Sql kSteps{"after_sale.steps",
                 "select n, step, to_state, by_person_id, note, at from after_sale_steps where bucket = $1 and "
                 "after_sale_id = $2 order by n limit 100"};

const Sql kInsertEvidence{"after_sale.insert_evidence",
                          "insert into after_sale_evidence (bucket, after_sale_id, n, by_person_id, body, media_type, "
                          "sha256, bytes, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"};
const Sql kEvidence{"after_sale.evidence",
                    "select n, by_person_id, body, media_type, sha256, coalesce(length(bytes), 0), at from "
                    "after_sale_evidence where bucket = $1 and after_sale_id = $2 order by n limit 100"};
const Sql kPicture{"after_sale.picture",
                   "select media_type, bytes from after_sale_evidence where bucket = $1 and after_sale_id = $2 and "
                   "sha256 = $3 order by n limit 1"};

AfterSale read(const Row& r) {
  AfterSale a;
  a.bucket = static_cast<Bucket>(r.integer(0));
  a.id = r.id<AfterSaleId>(1);
  a.brand = r.id<BrandId>(2);
  a.order = r.id<OrderId>(3);
  a.line = static_cast<int>(r.integer(4));
  const auto kind = after_sale_kind(r.text(5));
  const auto cause = after_sale_cause(r.text(6));
  const auto state = after_sale_state(r.text(7));
  CHECK(kind && cause && state);
  a.kind = *kind;
  a.cause = *cause;
  a.state = *state;
  a.qty = r.integer(8);
  a.amount_fen = r.integer(9);
  a.shipping_fen = r.integer(10);
  a.sku = r.id<SkuId>(11);
  a.reason = r.str(12);
  a.answer = r.str(13);
  a.at = r.integer(14);
  a.due_at = r.integer(15);
  a.closed_at = r.integer(16);
  a.dispute_until = r.integer(17);
  a.disputes = static_cast<int>(r.integer(18));
  a.refused_by = r.id<PersonId>(19);
  a.goods_back_at = r.integer(20);
  a.restocked_qty = r.integer(21);
  a.back_carrier = r.str(22);
  a.back_number = r.str(23);
  a.steps = static_cast<int>(r.integer(24));
  a.pieces = static_cast<int>(r.integer(25));
  return a;
}

Param instant_or_null(Instant at) { return at == 0 ? Param(nullptr) : Param(at); }
Param text_or_null(const std::string& text) { return text.empty() ? Param(nullptr) : Param(text); }

}  // namespace

void insert_after_sale(db::Tx& tx, const AfterSale& a) {
  tx.exec(kInsert,
          {a.bucket, a.id, a.brand, a.order, a.line, kind_name(a.kind), cause_name(a.cause), state_name(a.state), a.qty,
           a.amount_fen, a.shipping_fen, a.sku, a.reason, a.at, instant_or_null(a.due_at)});
}
std::optional<AfterSale> after_sale(db::Tx& tx, AfterSaleId id) {
  return tx.one(kLoad, {bucket_in_id(id.value), id}, read);
}
void save_after_sale(db::Tx& tx, const AfterSale& a) {
  tx.exec(kSave, {a.bucket, a.id, state_name(a.state), text_or_null(a.answer), instant_or_null(a.due_at),
                  instant_or_null(a.closed_at), instant_or_null(a.dispute_until), a.disputes, a.refused_by,
                  instant_or_null(a.goods_back_at), a.restocked_qty, text_or_null(a.back_carrier),
                  text_or_null(a.back_number), a.steps, a.pieces, a.shipping_fen});
}
std::vector<AfterSale> after_sales_of(db::Tx& tx, OrderId order) {
  return tx.all(kOfOrder, {bucket_in_id(order.value), order}, read);
}
std::vector<AfterSale> open_after_sales(db::Tx& tx, BrandId brand, PersonId scope, std::int64_t after, int limit) {
  return tx.all(kOpen, {brand, after, limit, scope}, read);
}
std::pair<std::string, std::string> title_of_line(db::Tx& tx, const AfterSale& a) {
  return tx.one(kLineTitle, {a.bucket, a.order, a.line}, [](const Row& r) { return std::pair(r.str(0), r.str(1)); })
      .value_or(std::pair<std::string, std::string>());
}
std::vector<DueCase> due_after_sales(db::Tx& tx, Instant now, const DueCase& after, int limit) {
  return tx.all(kDue, {now, after.due_at, after.id.value, limit},
                [](const Row& r) { return DueCase{r.integer(0), r.id<AfterSaleId>(1)}; });
}

Claims claims_on(db::Tx& tx, OrderId order, int line, AfterSaleId except) {
  return tx
      .one(kClaims, {bucket_in_id(order.value), order, line, except.value},
           [](const Row& r) {
             return Claims{r.integer(0), r.integer(1), r.integer(2), r.integer(3), r.integer(4), r.integer(5)};
           })
      .value_or(Claims{});
}
int open_claims(db::Tx& tx, OrderId order, int line) {
  return static_cast<int>(tx.number(kOpenOfLine, {bucket_in_id(order.value), order, line}));
}
CaseCount count_cases(db::Tx& tx, OrderId order) {
  return tx
      .one(kCount, {bucket_in_id(order.value), order},
           [](const Row& r) { return CaseCount{r.integer(0), r.integer(1)}; })
      .value_or(CaseCount{});
}

void insert_step(db::Tx& tx, const AfterSale& a, const CaseStep& s) {
  tx.exec(kInsertStep, {a.bucket, a.id, s.n, s.step, s.to_state, s.by, s.note, s.at});
}
std::vector<CaseStep> steps_of(db::Tx& tx, AfterSaleId id) {
  return tx.all(kSteps, {bucket_in_id(id.value), id}, [](const Row& r) {
    return CaseStep{static_cast<int>(r.integer(0)), r.str(1), r.str(2), r.id<PersonId>(3), r.str(4), r.integer(5)};
  });
}

void insert_words(db::Tx& tx, const AfterSale& a, PersonId by, std::string_view text, Instant at) {
  tx.exec(kInsertEvidence, {a.bucket, a.id, a.pieces, by, text, nullptr, nullptr, nullptr, at});
}
void insert_picture(db::Tx& tx, const AfterSale& a, PersonId by, std::string_view media_type,
                    std::string_view sha256_bytes, std::string_view bytes, Instant at) {
  tx.exec(kInsertEvidence,
          {a.bucket, a.id, a.pieces, by, nullptr, media_type, Param::blob(sha256_bytes), Param::blob(bytes), at});
}
std::vector<Evidence> evidence_of(db::Tx& tx, AfterSaleId id) {
  return tx.all(kEvidence, {bucket_in_id(id.value), id}, [](const Row& r) {
    return Evidence{static_cast<int>(r.integer(0)),
                    r.id<PersonId>(1),
                    r.str(2),
                    r.str(3),
                    to_hex(r.text(4)),
                    r.integer(5),
                    r.integer(6)};
  });
}
std::optional<Picture> picture(db::Tx& tx, AfterSaleId id, std::string_view sha256_bytes) {
  return tx.one(kPicture, {bucket_in_id(id.value), id, Param::blob(sha256_bytes)},
                [](const Row& r) { return Picture{r.str(0), r.str(1)}; });
}

void forget_words_of(db::Tx& tx, Bucket bucket, PersonId buyer, BrandId brand) {
  for (const Sql* sql : {&kForgetReasons, &kForgetNotes, &kForgetEvidence}) tx.exec(*sql, {bucket, buyer, brand});
}

}  // namespace lianbo::order::store
