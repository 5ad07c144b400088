#include "order/payout.hpp"

#include <map>
#include <set>

#include "base/csv.hpp"
#include "base/json.hpp"
#include "order/money_store.hpp"
#include "order/settlement.hpp"
#include "order/transfer_store.hpp"
#include "org/org_service.hpp"
#include "org/storefront.hpp"

namespace lianbo::order {

Result<PayoutBatch> own_batch(db::Tx& tx, const Call& call, PayoutBatchId id) {
  const auto batch = store::batch(tx, id);
  if (!batch) return fail(Code::not_found, "there is no such batch of payouts");
  TRY_OK(require_staff(call, batch->brand, kPays));
  return *batch;
}

Result<NewBatch> make_batch(db::Tx& tx, const Call& call, BrandId brand) {
  TRY_OK(require_staff(call, brand, kPays));
  TRY_OK(org::lock_brand(tx, brand));  // two batches at once follow each other
  NewBatch out;
  out.batch.id = call.make_id<PayoutBatchId>();
  out.batch.brand = brand;
  out.batch.by = call.caller.person;
  out.batch.at = call.now;
  for (const auto& s : store::settlements_to_pay(tx, brand, kMaxPayouts)) {
    if (!org::payout_note(tx, s.agent)) {
      if (out.without_note.empty() || out.without_note.back() != s.agent) out.without_note.push_back(s.agent);
      continue;
    }
    store::Payout p;
    p.id = call.make_id<PayoutId>();
    p.batch = out.batch.id;
    p.brand = brand;
    p.settlement = s.id;
    p.agent = s.agent;
    p.amount_fen = s.payable_fen;
    p.state = "sent";
    p.at = call.now;
    store::insert_payout(tx, p);
    ++out.batch.payouts;
    out.batch.amount_fen += p.amount_fen;
  }
  if (out.batch.payouts == 0)
    return fail(Code::settlement_conflict, out.without_note.empty()
                                               ? "nothing is settled that is not paid or on its way"
                                               : "none of the agents who are owed something has said where to pay it");
  store::insert_batch(tx, out.batch);
  JsonWriter w;
  w.begin().field("payouts", out.batch.payouts).field("amount_fen", out.batch.amount_fen).end();
  org::audit(tx, call, brand, "payout.batch", "payout_batch", out.batch.id.value, w.take());
  return out;
}

Result<std::vector<PayoutBatch>> batches(db::Tx& tx, const Call& call, BrandId brand, std::int64_t after, int limit) {
  TRY_OK(require_staff(call, brand, kAnyStaff));
  return store::batches(tx, brand, after, limit);
}

std::string batch_json(const PayoutBatch& b) {
  JsonWriter w;
  w.begin().field("id", b.id).field("brand_id", b.brand).field("by_id", b.by).field_at("at", b.at);
  w.field("payouts", b.payouts).field("done", b.done).field("failed", b.failed);
  w.field("amount_fen", b.amount_fen).field("done_fen", b.done_fen).field("channel", b.channel);
  w.field("transferring", b.transferring).end();
  return w.take();
}

Result<std::string> payout_file(db::Tx& tx, const Call& call, PayoutBatchId id) {
  TRY(const auto batch, own_batch(tx, call, id));
  TRY(const auto brand, org::find_brand(tx, batch.brand));
  CsvWriter csv;
  csv.row({"payout_no", "agent_code", "method", "holder", "account", "amount_yuan", "currency", "remark"});
  for (const auto& p : store::payouts_of(tx, id)) {
    if (p.state != "sent") continue;
    const auto moved = store::moved_of(tx, p.id);
    if (moved.open_fen > 0) continue;
    TRY(const auto agent, org::find_agent(tx, p.agent));
    const auto note = org::payout_note(tx, p.agent);
    csv.cell(p.id.text()).cell(agent.code).cell(note ? org::method_text(note->method) : "");
    csv.cell(note ? note->holder : "").cell(note ? note->account : "").decimal(p.amount_fen - moved.done_fen);
    csv.cell(brand.currency).cell("commission " + p.settlement.text()).end_row();
  }
  org::audit(tx, call, batch.brand, "payout.file", "payout_batch", id.value);
  return csv.take();
}

Result<PayoutResults> take_results(db::Tx& tx, const Call& call, PayoutBatchId id, std::string_view file_bytes) {
  TRY(const auto batch, own_batch(tx, call, id));
  TRY_OK(org::lock_brand(tx, batch.brand));
  TRY(const auto csv, read_csv(file_bytes));
  const int number_at = csv.column({"payout_no", "商户单号"}), result_at = csv.column({"result", "结果"}),
            reference_at = csv.column({"reference", "流水号"}), reason_at = csv.column({"reason", "失败原因"});
  if (number_at < 0 || result_at < 0)
    return fail(Code::csv_unknown_format,
                "the columns payout_no and result are needed; reference and reason may follow",
                "line " + std::to_string(csv.header.line));
  std::map<std::string, store::Payout> known;
  for (auto& p : store::payouts_of(tx, id)) known.emplace(p.id.text(), std::move(p));
  struct Told {
    const store::Payout* payout;
    bool success;
    std::string reference, reason;
  };
  CsvErrors errors;
  errors.add_ragged(csv);
  std::vector<Told> told;
  std::set<PayoutId> seen;
  for (const auto& row : csv.rows) {
    const auto number = csv_trim(Csv::cell(row, number_at)), result = csv_trim(Csv::cell(row, result_at));
    const auto it = known.find(std::string(number));
    const bool success = result == "success" || result == "成功", failed = result == "failed" || result == "失败";
    const std::string reference(csv_trim(Csv::cell(row, reference_at))), reason(csv_trim(Csv::cell(row, reason_at)));
    if (it == known.end())
      errors.add(row.line, csv.column_name(number_at), "is no payout of this batch");
    else if (!seen.insert(it->second.id).second)
      errors.add(row.line, csv.column_name(number_at), "stands here a second time");
    else if (!success && !failed)
      errors.add(row.line, csv.column_name(result_at), "must be success (成功) or failed (失败)");
    else if (success && (reference.empty() || reference.size() > 100))
      errors.add(row.line, "reference", "a payout that went through has a reference of 1 to 100 bytes");
    else if (it->second.state == "done" && !success)
      errors.add(row.line, csv.column_name(result_at), "was told as done before");
    else if (it->second.state == "failed" && success)
      errors.add(row.line, csv.column_name(result_at), "was told as failed before, and may be in another batch by now");
    else if (const auto moved = store::moved_of(tx, it->second.id); it->second.state == "sent" && moved.open_fen > 0)
      errors.add(row.line, csv.column_name(number_at), "is on its way through the payment rail");
    else if (it->second.state == "sent" && !success && moved.done_fen > 0)
      errors.add(row.line, csv.column_name(result_at), "the rail has brought a part of it; send or pay the rest");
    else
      told.push_back({&it->second, success, reference, reason.substr(0, 200)});
  }
  TRY_OK(errors.status());
  PayoutResults out;
  for (const auto& t : told) {
    if (t.payout->state != "sent") {
      ++out.known;
      continue;
    }
    store::set_payout(tx, t.payout->id, t.success ? "done" : "failed", t.reference, t.reason, call.now);
    if (t.success) TRY_OK(settlement_paid(tx, call, t.payout->settlement, t.reference));
    ++(t.success ? out.done : out.failed);
  }
  JsonWriter w;
  w.begin().field("done", out.done).field("failed", out.failed).end();
  org::audit(tx, call, batch.brand, "payout.results", "payout_batch", id.value, w.take());
  return out;
}

}  // namespace lianbo::order
