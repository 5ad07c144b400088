#include "order/money_api.hpp"

#include "ledger/ledger.hpp"
#include "order/api_parts.hpp"
#include "order/money_store.hpp"
#include "order/payout.hpp"
#include "order/settlement.hpp"
#include "order/statement.hpp"
#include "order/transfer.hpp"
#include "org/org_service.hpp"

namespace lianbo::order {
namespace {

using net::Access;
using net::Method;
using net::Reply;
using net::Request;
using namespace lianbo::shape;

Field approval() {
  return choice("settlement_approval", {"auto", "always", "never"},
                "whether another person approves each run; auto: where at least two may pay");
}
Shape rules_shape() { return {approval(), boolean("needed_now")}; }
Shape sums(Shape shape) {
  for (const char* name : {"entries_fen", "worked_off_fen", "new_debt_fen", "payable_fen"}) shape.push_back(fen(name));
  return shape;
}
Shape batch_shape() {
  return {id("id"),
          id("brand_id"),
          nullable(id("by_id")),
          instant("at"),
          count("payouts"),
          count("done"),
          count("failed"),
          fen("amount_fen"),
          fen("done_fen"),
          choice("channel", {"file", "rail"}, "rail: sent through the payment rail"),
          count("transferring", "transfers that have not ended")};
}
Shape payout_shape() {
  return {id("id"),
          id("agent_id"),
          id("settlement_id"),
          fen("amount_fen"),
          fen("transferred_fen", "arrived through the payment rail"),
          fen("on_its_way_fen"),
          choice("state", {"sent", "done", "failed"}),
          text("reference", 0, 100),
          text("reason", 0, 400),
          nullable(instant("done_at"))};
}
Shape transfer_shape() {
  return {text("number", 1, 32, "the rail knows it by this"),
          fen("amount_fen"),
          choice("state", {"due", "sent", "waiting", "done", "failed"}, "waiting: for the agent to confirm"),
          text("confirm_params", 0, 2000, "JSON for requestMerchantTransfer: mchId, appId, package; the agent's only"),
          text("reason", 0, 400),
          text("bill_no", 0, 64),
          instant("at"),
          nullable(instant("done_at"))};
}
Shape debt_shape() {
  return {id("id"), fen("debt_fen"), fen("days_30_fen"), fen("days_60_fen"), fen("days_90_fen"), fen("older_fen")};
}

std::string rules_json(db::Tx& tx, BrandId brand, bool needed) {
  JsonWriter w;
  w.begin().field("settlement_approval", store::settlement_approval(tx, brand)).field("needed_now", needed).end();
  return w.take();
}

Result<Reply> preview(db::Tx& tx, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  TRY(const auto page, net::page_of(request));
  Instant cutoff = call.now;
  if (const auto text = request.query_value("cutoff_at"); !text.empty()) {
    TRY(cutoff, parse_rfc3339(text, "cutoff_at"));
  }
  TRY(const auto p, preview_settlement(tx, call, brand, cutoff, AgentId{page.after}, page.limit));
  JsonWriter w;
  w.begin().field_at("cutoff_at", cutoff).field("agents", p.sum.agents).field("entries_fen", p.sum.entries_fen);
  w.field("worked_off_fen", p.sum.worked_off_fen).field("new_debt_fen", p.sum.new_debt_fen);
  w.field("payable_fen", p.sum.payable_fen).key("items").begin_list();
  for (const auto& l : p.lines) {
    w.begin().field("id", l.agent).field("entries", l.entries).field("debt_before_fen", l.debt_before_fen);
    w.field("entries_fen", l.entries_fen).field("worked_off_fen", l.worked_off_fen);
    w.field("new_debt_fen", l.new_debt_fen).field("payable_fen", l.payable_fen).end();
  }
  w.end_list().field("next", static_cast<int>(p.lines.size()) == page.limit ? p.lines.back().agent : AgentId{}).end();
  return Reply::json(w.take());
}

std::string debt_json(const DebtAge& d) {
  JsonWriter w;
  w.begin().field("id", d.agent).field("debt_fen", d.debt_fen).field("days_30_fen", d.by_age_fen[0]);
  w.field("days_60_fen", d.by_age_fen[1]).field("days_90_fen", d.by_age_fen[2]).field("older_fen", d.by_age_fen[3]);
  return w.end().take();
}

Reply file(std::string bytes, std::string type, const std::string& name) {
  return Reply{200, std::move(bytes), std::move(type), {}}.with("Content-Disposition",
                                                                "attachment; filename=\"" + name + "\"");
}
constexpr const char* kCsv = "text/csv; charset=utf-8";

}  // namespace

net::Routes money_routes(const OrderDeps& deps, const Shape& run) {
  using net::plain_route;
  using net::read_route;
  using net::write_route;
  net::Routes r;
  r.push_back(read_route(Method::get, "/api/v1/brands/{brand_id}/settlements/preview", "previewSettlement",
                         "What a settlement would do, agent by agent; nothing is written", Access::staff, preview)
                  .asking({opt(instant("cutoff_at", "absent: now")), opt(integer("limit", 1, 200)), opt(id("after"))})
                  .giving([] {
                    Shape s = sums({instant("cutoff_at"), count("agents")});
                    s.push_back(list("items", sums({id("id", "the agent's"), count("entries"), fen("debt_before_fen")}),
                                     0, 200));
                    s.push_back(nullable(id("next")));
                    return s;
                  }()));
  r.push_back(
      read_route(Method::get, "/api/v1/brands/{brand_id}/settlement-runs", "listSettlementRuns",
                 "Runs of the brand, newest first", Access::staff,
                 [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                   TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                   TRY(const auto page, net::page_of(request));
                   TRY_OK(require_staff(call, brand, kAnyStaff));
                   return page_reply(store::runs_of(tx, brand, page.after, page.limit), page.limit,
                                     [](const store::Run& found) {
                                       JsonWriter w;
                                       w.begin().field("id", found.id).field_at("cutoff_at", found.cutoff_at);
                                       w.field("state", found.finished_at != 0                              ? "finished"
                                                        : found.approved_at == 0 && !found.proposal.empty() ? "proposed"
                                                                                                            : "open");
                                       w.field("by_id", found.by).field("proposed_by_id", found.proposed_by);
                                       w.field("approved_by_id", found.approved_by);
                                       w.field_at("started_at", found.started_at);
                                       w.field_at("finished_at", found.finished_at).end();
                                       return w.take();
                                     });
                 })
          .asking(page_query())
          .giving(page_of_items({id("id"), instant("cutoff_at"), choice("state", {"proposed", "open", "finished"}),
                                 nullable(id("by_id")), nullable(id("proposed_by_id")), nullable(id("approved_by_id")),
                                 instant("started_at"), nullable(instant("finished_at"))})));
  r.push_back(plain_route(Method::post, "/api/v1/settlement-runs/{run_id}/approve", "approveSettlement",
                          "Another person agrees to exactly what was proposed; it is settled now", Access::staff,
                          [deps](const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto run_id, request.id_param<SettlementId>("run_id"));
                            TRY(const auto report, approve_settlement(*deps.db, call, run_id));
                            return Reply::json(run_json(report));
                          })
                  .giving(run)
                  .may_fail({Code::not_found, Code::second_person, Code::settlement_conflict}));
  r.push_back(read_route(Method::get, "/api/v1/brands/{brand_id}/money-rules", "getMoneyRules",
                         "Whether settlements need a second person", Access::staff,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                           TRY_OK(require_staff(call, brand, kAnyStaff));
                           TRY(const bool needed, needs_second_person(tx, brand));
                           return Reply::json(rules_json(tx, brand, needed));
                         })
                  .giving(rules_shape()));
  r.push_back(
      write_route(Method::put, "/api/v1/brands/{brand_id}/money-rules", "putMoneyRules",
                  "Says whether settlements need a second person; owner", Access::staff,
                  [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                    TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                    TRY_OK(set_settlement_approval(tx, call, brand, get_text(request.value, "settlement_approval")));
                    TRY(const bool needed, needs_second_person(tx, brand));
                    return Reply::json(rules_json(tx, brand, needed));
                  })
          .taking({approval()})
          .giving(rules_shape()));

  r.push_back(write_route(Method::post, "/api/v1/brands/{brand_id}/payout-batches", "makePayoutBatch",
                          "Puts what is settled and not paid into a batch of payouts", Access::staff,
                          [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                            TRY(const auto made, make_batch(tx, call, brand));
                            JsonWriter w;
                            w.begin().key("batch").raw(batch_json(made.batch)).key("without_note").begin_list();
                            for (const AgentId agent : made.without_note) w.value(agent);
                            return Reply::json(w.end_list().end().take(), 201);
                          })
                  .giving({object("batch", batch_shape()),
                           list_of("without_note", id("", "agents who have not said where to pay"), 0, kMaxPayouts)})
                  .answers(201)
                  .may_fail({Code::settlement_conflict}));
  r.push_back(read_route(Method::get, "/api/v1/brands/{brand_id}/payout-batches", "listPayoutBatches",
                         "Batches of payouts, oldest first", Access::staff,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                           TRY(const auto page, net::page_of(request));
                           TRY(const auto found, batches(tx, call, brand, page.after, page.limit));
                           return page_reply(found, page.limit, batch_json);
                         })
                  .asking(page_query())
                  .giving(page_of_items(batch_shape())));
  r.push_back(plain_route(Method::get, "/api/v1/payout-batches/{batch_id}/file", "getPayoutFile",
                          "The batch as CSV, for a bank or a WeChat transfer batch", Access::staff,
                          [deps](const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto batch_id, request.id_param<PayoutBatchId>("batch_id"));
                            TRY(auto csv, deps.db->write([&](db::Tx& tx) { return payout_file(tx, call, batch_id); }));
                            return file(std::move(csv), kCsv, "payouts-" + batch_id.text() + ".csv");
                          })
                  .may_fail({Code::not_found}));
  auto results =
      write_route(Method::post, "/api/v1/payout-batches/{batch_id}/results", "takePayoutResults",
                  "Reads back what became of a batch: CSV with payout_no, result, reference, reason", Access::staff,
                  [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                    TRY(const auto batch_id, request.id_param<PayoutBatchId>("batch_id"));
                    TRY(const auto taken, take_results(tx, call, batch_id, request.body));
                    JsonWriter w;
                    w.begin().field("done", taken.done).field("failed", taken.failed);
                    return Reply::json(w.field("known", taken.known).end().take());
                  })
          .giving({count("done"), count("failed"), count("known", "told before")})
          .may_fail({Code::not_found, Code::csv_invalid, Code::csv_unknown_format, Code::settlement_conflict});
  results.raw_body = true;
  r.push_back(std::move(results));
  r.push_back(write_route(Method::post, "/api/v1/payout-batches/{batch_id}/send", "sendPayoutBatch",
                          "Sends a batch through the payment rail: agents paid by WeChat, in parts; again: what failed",
                          Access::staff,
                          [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto batch_id, request.id_param<PayoutBatchId>("batch_id"));
                            TRY(const auto sent, send_batch(tx, call, batch_id));
                            JsonWriter w;
                            w.begin().field("transfers", sent.transfers).field("amount_fen", sent.amount_fen);
                            return Reply::json(w.field("by_file", sent.by_file).end().take());
                          })
                  .giving({count("transfers"), fen("amount_fen"),
                           count("by_file", "payouts that can't go this way; they stay in the file")})
                  .may_fail({Code::not_found, Code::settlement_conflict}));
  r.push_back(read_route(Method::get, "/api/v1/payout-batches/{batch_id}/payouts", "listPayouts",
                         "A batch's payouts, and how far each is", Access::staff,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto batch_id, request.id_param<PayoutBatchId>("batch_id"));
                           TRY(const auto page, net::page_of(request));
                           TRY(const auto found, payouts_in(tx, call, batch_id, page.after, page.limit));
                           return page_reply(found, page.limit, [&tx](const store::Payout& p) {
                             return payout_json(p, store::moved_of(tx, p.id));
                           });
                         })
                  .asking(page_query())
                  .giving(page_of_items(payout_shape()))
                  .may_fail({Code::not_found}));
  r.push_back(read_route(Method::get, "/api/v1/agents/{agent_id}/transfers", "listTransfers",
                         "Transfers of commission to an agent, newest first; the last 100", Access::login,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto agent, request.id_param<AgentId>("agent_id"));
                           TRY(auto json, transfers_json(tx, call, agent));
                           return Reply::json(std::move(json));
                         })
                  .giving({list("items", transfer_shape(), 0, 100)})
                  .may_fail({Code::not_found}));

  r.push_back(read_route(Method::get, "/api/v1/brands/{brand_id}/debts", "listDebts",
                         "What agents owe, by age: to 30 days, 60, 90, and older", Access::staff,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                           TRY(const auto page, net::page_of(request));
                           TRY(const auto found, debt_ages(tx, call, brand, AgentId{page.after}, page.limit));
                           JsonWriter w;
                           w.begin_list();
                           for (const auto& d : found) w.raw(debt_json(d));
                           w.end_list();
                           return Reply::json(net::page_json(
                               w.text(), static_cast<int>(found.size()) == page.limit ? found.back().agent.value : 0));
                         })
                  .asking(page_query())
                  .giving(page_of_items(debt_shape())));
  r.push_back(read_route(Method::get, "/api/v1/brands/{brand_id}/balances", "getBalances",
                         "The brand's books: what each account holds; together they are 0", Access::staff,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                           TRY_OK(require_staff(call, brand, kPays | kAuditor));
                           JsonWriter w;
                           Fen sum = 0;
                           w.begin().key("accounts").begin_list();
                           for (const auto& [account, amount] : ledger::brand_balances(tx, brand)) {
                             w.begin().field("account", ledger::account_name(account)).field("amount_fen", amount);
                             w.end();
                             sum += amount;
                           }
                           return Reply::json(w.end_list().field("difference_fen", sum).end().take());
                         })
                  .giving({list("accounts", {text("account", 1, 20), fen("amount_fen", "positive: a credit")}, 0, 20),
                           fen("difference_fen", "0 when the books balance")}));

  const auto statement = [&](const char* path, const char* op, const char* summary, bool printed) {
    r.push_back(plain_route(Method::get, path, op, summary, Access::login,
                            [deps, printed](const Call& call, const Request& request) -> Result<Reply> {
                              TRY(const auto agent, request.id_param<AgentId>("agent_id"));
                              TRY(const auto s, deps.db->read([&](db::Tx& tx) {
                                return statement_of(tx, call, agent, request.query_value("month"));
                              }));
                              TRY(const auto zone, TimeZone::load(s.zone));
                              const std::string name = "statement-" + s.month + (printed ? ".pdf" : ".csv");
                              if (!printed) return file(statement_csv(s, zone, call.chinese), kCsv, name);
                              TRY(auto pdf, statement_pdf(s, zone, call.chinese));
                              return file(std::move(pdf), "application/pdf", name);
                            })
                    .asking({text("month", 7, 7, "2026-11, in the brand's time zone")})
                    .may_fail({Code::not_found, Code::body_too_large}));
  };
  statement("/api/v1/agents/{agent_id}/statement.csv", "getStatement", "An agent's month, every line explained, as CSV",
            false);
  statement("/api/v1/agents/{agent_id}/statement.pdf", "getStatementPdf", "The same, to print", true);
  r.push_back(plain_route(Method::get, "/api/v1/brands/{brand_id}/journal.csv", "getJournal",
                          "Every posting of a day or month, for the accountants; debits equal credits", Access::staff,
                          [deps](const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                            const std::string day(request.query_value("day"));
                            TRY(auto csv, deps.db->read([&](db::Tx& tx) { return journal_csv(tx, call, brand, day); }));
                            return file(std::move(csv), kCsv, "journal-" + day + ".csv");
                          })
                  .asking({text("day", 7, 10, "2026-11-11, or a month: 2026-11")})
                  .may_fail({Code::body_too_large}));
  return r;
}

}  // namespace lianbo::order
