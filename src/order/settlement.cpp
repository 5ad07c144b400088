#include "order/settlement.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/crypto.hpp"
#include "base/json.hpp"
#include "ledger/ledger.hpp"
#include "order/commission.hpp"
#include "order/money_store.hpp"
#include "order/order_service.hpp"
#include "order/quote.hpp"
#include "org/org_service.hpp"
#include "share/share_service.hpp"

namespace lianbo::order {
namespace {

using ledger::Account;
using ledger::Cause;
using ledger::Posting;

constexpr int kAgentsAtOnce = 500;

// One agent of a run. False: this run had settled it before.
Result<bool> settle_agent(db::Tx& tx, const Call& call, const store::Run& run, AgentId agent) {
  const Fen debt = store::lock_account(tx, run.brand, agent);
  if (store::settled_in_run(tx, run.id, agent)) return false;
  store::Settlement s;
  s.id = call.make_id<SettlementId>();
  s.run = run.id;
  s.brand = run.brand;
  s.agent = agent;
  s.at = call.now;
  s.debt_before_fen = debt;
  const auto taken = store::take_entries(tx, run.brand, agent, run.cutoff_at, s.id);
  if (taken.entries == 0) return false;
  s.entries_fen = taken.sum_fen;
  const SettlementSum sum = settle(s.entries_fen, debt);
  s.worked_off_fen = sum.worked_off_fen;
  s.new_debt_fen = sum.new_debt_fen;
  s.payable_fen = sum.payable_fen;
  store::insert_settlement(tx, s);
  store::set_debt(tx, agent, debt - sum.worked_off_fen + sum.new_debt_fen);
  ledger::post(tx, call,
               {run.brand,
                0,
                Cause::settlement,
                s.id.value,
                0,
                {{Account::available, agent, -s.entries_fen},
                 {Account::settled, agent, sum.payable_fen},
                 {Account::debt, agent, sum.worked_off_fen - sum.new_debt_fen}}});
  return true;
}

Status check_cutoff(const Call& call, Instant cutoff_at) {
  if (cutoff_at > call.now)
    return fail(Code::invalid_field,
                "the cut-off must not lie in the future; it is " + format_rfc3339(call.now) + " now", "/cutoff_at");
  return {};
}

}  // namespace

namespace {

// Settles everybody of an open run who is not settled in it yet.
Result<RunReport> execute(db::Database& db, const Call& call, const store::Run& run) {
  RunReport report;
  report.run = run;
  AgentId after;
  // What became available by the clock of the cut-off but was written after the run had ended waits for the next one.
  while (run.finished_at == 0) {
    TRY(const auto agents, db.read([&](db::Tx& tx) -> Result<std::vector<AgentId>> {
      return store::agents_to_settle(tx, run.brand, run.cutoff_at, after, kAgentsAtOnce);
    }));
    if (agents.empty()) break;
    after = agents.back();
    std::vector<char> now_settled(agents.size(), 0);
    // All of them are handed to the database at once; it puts them into few commits, each still alone in its savepoint.
    const auto results = db::write_all(db, agents.size(), [&](db::Tx& tx, std::size_t i) -> Status {
      TRY(const bool settled, settle_agent(tx, call, run, agents[i]));
      now_settled[i] = settled ? 1 : 0;
      return {};
    });
    for (std::size_t i = 0; i < agents.size(); ++i) {
      if (!results[i])
        report.failed.push_back("agent " + agents[i].text() + ": " + results[i].error().text());
      else if (now_settled[i] != 0)
        ++report.settled_now;
    }
  }
  TRY(report.sum, db.write([&](db::Tx& tx) -> Result<store::RunSum> {
    if (report.failed.empty()) store::finish_run(tx, run.id, call.now);
    return store::run_sum(tx, run.id);
  }));
  report.settled_before = report.sum.agents - report.settled_now;
  return report;
}

}  // namespace

Result<Preview> preview_settlement(db::Tx& tx, const Call& call, BrandId brand, Instant cutoff_at, AgentId after,
                                   int limit) {
  TRY_OK(require_staff(call, brand, kPays | kAuditor));
  TRY_OK(check_cutoff(call, cutoff_at));
  Preview out;
  std::string digested;
  for (AgentId page;;) {
    const auto due = store::due_of(tx, brand, cutoff_at, page, kAgentsAtOnce);
    for (const auto& d : due) {
      const SettlementSum sum = settle(d.sum_fen, d.debt_fen);
      ++out.sum.agents;
      out.sum.entries_fen += d.sum_fen;
      out.sum.worked_off_fen += sum.worked_off_fen;
      out.sum.new_debt_fen += sum.new_debt_fen;
      out.sum.payable_fen += sum.payable_fen;
      digested += d.agent.text() + " " + std::to_string(d.entries) + " " + std::to_string(d.sum_fen) + " " +
                  std::to_string(d.debt_fen) + "\n";
      if (d.agent > after && static_cast<int>(out.lines.size()) < limit)
        out.lines.push_back(
            {d.agent, d.entries, d.sum_fen, d.debt_fen, sum.worked_off_fen, sum.new_debt_fen, sum.payable_fen});
    }
    if (static_cast<int>(due.size()) < kAgentsAtOnce) break;
    page = due.back().agent;
  }
  out.digest = sha256(digested);
  return out;
}

Status set_settlement_approval(db::Tx& tx, const Call& call, BrandId brand, std::string_view rule) {
  TRY_OK(require_staff(call, brand, kOwner));
  store::set_settlement_approval(tx, brand, rule, call.caller.person, call.now);
  JsonWriter w;
  w.begin().field("settlement_approval", rule).end();
  org::audit(tx, call, brand, "settlement.approval_rule", "brand", brand.value, w.take());
  return {};
}

Result<bool> needs_second_person(db::Tx& tx, BrandId brand) {
  const auto rule = store::settlement_approval(tx, brand);
  if (rule != "auto") return rule == "always";
  int may_pay = 0;
  for (const auto& member : org::staff_of(tx, brand, 200, {}))
    if ((member.roles & kPays) != 0) ++may_pay;
  return may_pay >= 2;
}

Result<RunReport> run_settlement(db::Database& db, const Call& call, BrandId brand, Instant cutoff_at) {
  TRY_OK(require_staff(call, brand, kPays));
  TRY_OK(check_cutoff(call, cutoff_at));
  const auto fresh = call.make_id<SettlementId>();
  TRY(const auto opened, db.write([&](db::Tx& tx) -> Result<RunReport> {
    TRY_OK(org::lock_brand(tx, brand));
    RunReport report;
    report.run = store::open_run(tx, brand, cutoff_at, fresh, call.caller.person, call.now);
    auto& run = report.run;
    TRY(const bool second, needs_second_person(tx, brand));
    if (call.caller.system || !second || run.finished_at != 0 || run.approved_at != 0 || store::run_begun(tx, run.id))
      return report;
    TRY(const auto preview, preview_settlement(tx, call, brand, cutoff_at, {}, 0));
    report.proposed = true;
    report.sum = preview.sum;
    if (run.proposal != preview.digest) {  // else it stands as it was proposed, by whom it was
      store::propose_run(tx, run.id, call.caller.person, preview.digest);
      org::audit(tx, call, brand, "settlement.propose", "settlement_run", run.id.value);
      run.proposed_by = call.caller.person;
    }
    return report;
  }));
  if (opened.proposed) return opened;
  return execute(db, call, opened.run);
}

Result<RunReport> approve_settlement(db::Database& db, const Call& call, SettlementId id) {
  TRY(const auto run, db.write([&](db::Tx& tx) -> Result<store::Run> {
    const auto seen = store::run_by_id(tx, id);
    if (!seen) return fail(Code::not_found, "there is no such settlement run");
    TRY_OK(require_staff(call, seen->brand, kPays));
    TRY_OK(org::lock_brand(tx, seen->brand));
    const auto r = *store::run_by_id(tx, id);
    if (r.finished_at != 0 || r.approved_at != 0) return r;  // approved before: what is left of it is done now
    if (r.proposal.empty()) return fail(Code::settlement_conflict, "this run was not proposed to anybody");
    if (r.proposed_by == call.caller.person)
      return fail(Code::second_person, "you proposed this run; somebody else of finance approves it");
    TRY(const auto preview, preview_settlement(tx, call, r.brand, r.cutoff_at, {}, 0));
    if (preview.digest != r.proposal)
      return fail(Code::settlement_conflict, "what would be settled is no longer what was proposed; propose it again");
    store::approve_run(tx, id, call.caller.person, call.now);
    org::audit(tx, call, r.brand, "settlement.approve", "settlement_run", id.value);
    return *store::run_by_id(tx, id);
  }));
  return execute(db, call, run);
}

std::string run_json(const RunReport& r) {
  JsonWriter w;
  w.begin().field("id", r.run.id).field("brand_id", r.run.brand).field_at("cutoff_at", r.run.cutoff_at);
  w.field("state", r.proposed ? "proposed" : r.run.finished_at != 0 || r.failed.empty() ? "finished" : "open");
  w.field("proposed_by_id", r.run.proposed_by).field("approved_by_id", r.run.approved_by);
  w.field("agents", r.sum.agents).field("settled_now", r.settled_now).field("settled_before", r.settled_before);
  w.field("entries_fen", r.sum.entries_fen).field("worked_off_fen", r.sum.worked_off_fen);
  w.field("new_debt_fen", r.sum.new_debt_fen).field("payable_fen", r.sum.payable_fen);
  w.key("failed").begin_list();
  for (const auto& f : r.failed) w.value(f);
  w.end_list().end();
  return w.take();
}

namespace {
// Behind the account's lock: settled → payout → paid, once.
Status pay(db::Tx& tx, const Call& call, const store::Settlement& s, std::string_view reference) {
  store::lock_account(tx, s.brand, s.agent);
  if (!store::set_settlement_paid(tx, s.id, reference, call.now)) {
    const auto now_is = store::settlement(tx, s.id);
    if (now_is->payout_reference == reference) return {};
    return fail(Code::settlement_conflict, "it was paid before, with reference " + now_is->payout_reference);
  }
  ledger::post(tx, call,
               {s.brand,
                0,
                Cause::payout,
                s.id.value,
                0,
                {{Account::settled, s.agent, -s.payable_fen},
                 {Account::payout, {}, s.payable_fen},
                 {Account::payout, {}, -s.payable_fen},
                 {Account::paid, s.agent, s.payable_fen}}});
  org::audit(tx, call, s.brand, "settlement.paid", "settlement", s.id.value);
  return {};
}
}  // namespace

Result<store::Settlement> mark_paid(db::Tx& tx, const Call& call, SettlementId id, std::string_view reference) {
  const auto s = store::settlement(tx, id);
  if (!s) return fail(Code::not_found, "there is no such settlement");
  TRY_OK(require_staff(call, s->brand, kPays));
  if (store::payout_on_its_way(tx, id))
    return fail(Code::settlement_conflict, "it is on its way in a batch of payouts; read the batch's results instead");
  TRY_OK(pay(tx, call, *s, reference));
  return *store::settlement(tx, id);
}

Status settlement_paid(db::Tx& tx, const Call& call, SettlementId id, std::string_view reference) {
  const auto s = store::settlement(tx, id);
  CHECK(s.has_value());
  return pay(tx, call, *s, reference);
}

std::string settlement_json(const store::Settlement& s) {
  JsonWriter w;
  w.begin().field("id", s.id).field("run_id", s.run).field("agent_id", s.agent).field("state", s.state);
  w.field("entries_fen", s.entries_fen).field("debt_before_fen", s.debt_before_fen);
  w.field("worked_off_fen", s.worked_off_fen).field("new_debt_fen", s.new_debt_fen).field("payable_fen", s.payable_fen);
  w.field("payout_reference", s.payout_reference).field_at("at", s.at).field_at("paid_at", s.paid_at).end();
  return w.take();
}

std::string entry_json(const store::Entry& e) {
  JsonWriter w;
  w.begin().field("id", e.id).field("agent_id", e.agent).field("order_id", e.order).field("line", e.line);
  w.field("role", role_name(e.role)).field("seq", e.seq).field("net_fen", e.net_fen).field("bp", e.bp);
  w.field("amount_fen", e.amount_fen).field("state", e.state).field("refund_id", e.refund);
  w.field("settlement_id", e.settlement).field_at("at", e.at).field_at("available_at", e.available_at).end();
  return w.take();
}

Status require_agent_money(db::Tx& tx, const Call& call, AgentId agent) {
  TRY(const auto a, org::find_agent(tx, agent));
  if (!call.caller.guest && call.caller.person == a.person) return {};
  return require_staff_in(call, a.brand, a.region, kAnyStaff);
}

Result<std::string> account_json(db::Tx& tx, const Call& call, AgentId agent) {
  TRY_OK(require_agent_money(tx, call, agent));
  const auto balances = ledger::agent_balances(tx, agent);
  const auto of = [&](Account a) {
    const auto it = balances.find(a);
    return it == balances.end() ? Fen{0} : it->second;
  };
  JsonWriter w;
  w.begin().field("agent_id", agent);
  w.field("pending_fen", of(Account::pending)).field("available_fen", of(Account::available));
  w.field("settled_fen", of(Account::settled)).field("paid_fen", of(Account::paid));
  w.field("debt_fen", -of(Account::debt)).end();
  return w.take();
}

namespace {

void write_postings(JsonWriter& w, db::Tx& tx, Bucket bucket, Cause cause, std::int64_t cause_id) {
  for (const auto& p : ledger::postings_of(tx, bucket, cause, cause_id)) {
    w.begin().field("tx_id", p.tx).field("cause", ledger::cause_name(p.cause)).field("part", p.part);
    w.field("account", ledger::account_name(p.account)).field("agent_id", p.agent).field("amount_fen", p.amount_fen);
    w.field_at("at", p.at).end();
  }
}

// How the amount of an entry came about, in figures.
void write_entry(JsonWriter& w, db::Tx& tx, const Order& o, const store::Entry& e) {
  const auto& l = o.lines.at(static_cast<std::size_t>(e.line));
  w.begin().field("id", e.id).field("agent_id", e.agent).field("role", role_name(e.role)).field("seq", e.seq);
  w.field("line", e.line).field("product", l.title).field("paid_fen", l.paid_fen).field("net_fen", e.net_fen);
  w.field("bp", e.bp).field("entry_at_net_fen", entry_fen(e.net_fen, e.bp)).field("amount_fen", e.amount_fen);
  w.field("plan_id", l.rates.plan).field("plan_version", l.rates.version).field("freeze_days", l.rates.freeze_days);
  w.field("state", e.state).field_at("at", e.at).field_at("frozen_until", l.available_at);
  w.field_at("available_at", e.available_at).field("refund_id", e.refund).field("settlement_id", e.settlement);
  if (e.settlement)
    if (const auto s = store::settlement(tx, e.settlement)) w.key("settlement").raw(settlement_json(*s));
  w.end();
}

// staff: over the order's store. Others see what their own agent, or one of their regions, earned.
bool sees_role(db::Tx& tx, const Call& call, bool staff, const Order& o, AgentId agent) {
  if (staff) return true;
  const auto* self = call.caller.agent_at(o.brand);
  if (self != nullptr && self->agent == agent) return true;
  if (!call.caller.scope(o.brand)) return false;
  const auto found = org::find_agent(tx, agent);
  return found && call.caller.roles_at(o.brand, found->region) != 0;
}

std::string role_reason(const Order& o, Role role, AgentId paid_to) {
  const AgentId holder = o.roles.of(role);
  if (!holder) {
    switch (role) {
      case Role::host:
        return "the order has no store agent";
      case Role::promoter:
        return "the buyer was under no valid lock when the order was placed";
      case Role::recruiter:
        return "the promoter has no active recruiter, or there is no promoter";
      case Role::clipper:
        return "the buyer did not come from a clip";
    }
  }
  if (!paid_to) return "held by the buyer; the brand does not pay for self-purchase";
  switch (role) {
    case Role::host:
      return "agent of the store the order was placed in";
    case Role::promoter:
      return "agent of the buyer's lock that was valid when the order was placed";
    case Role::recruiter:
      return "the promoter's recruiter, active when the order was placed";
    case Role::clipper:
      return "author of the clip the buyer came from";
  }
  return {};
}

}  // namespace

Result<std::string> explain_order(db::Tx& tx, const Call& call, OrderId id) {
  const auto o = store::load(tx, id);
  if (!o) return fail(Code::not_found, "there is no such order");
  const bool staff = call.caller.system || org::staff_roles_at(tx, call, o->brand, o->store) != 0;
  bool concerned = staff;
  for (const Role role : kRoles)
    concerned = concerned || (o->roles.of(role) && sees_role(tx, call, staff, *o, o->roles.of(role)));
  if (!concerned) return fail(call.caller.guest ? Code::unauthenticated : Code::not_found, "there is no such order");
  TRY(const auto rules, org::lock_rules_version(tx, o->brand, o->lock_rules_version));

  JsonWriter w;
  w.begin().field("order_id", o->id).field("state", state_name(o->state)).field("total_fen", o->total_fen);
  w.field("refunded_fen", o->refunded_fen).field_at("placed_at", o->placed_at).field_at("paid_at", o->paid_at);
  w.field_at("received_at", o->received_at).field("store_id", o->store).field("broadcast_id", o->broadcast);
  w.field("pin_id", o->pin).field("share_id", o->share).field("lock_agent_id", o->lock_agent);
  w.field("lock_rules_version", o->lock_rules_version);
  w.key("roles").begin_list();
  for (const Role role : kRoles) {
    const AgentId paid_to = earner(o->roles, role, o->buyer_agent, rules.self_purchase);
    w.begin()
        .field("role", role_name(role))
        .field("agent_id", o->roles.of(role))
        .field("earns", static_cast<bool>(paid_to));
    w.field("why", role_reason(*o, role, paid_to)).end();
  }
  w.end_list();
  w.key("pricing");
  TRY_OK(write_pricing(w, tx, *o));
  w.key("lines").begin_list();
  for (const auto& l : o->lines) {
    w.begin().field("line", l.line).field("title", l.title).field("qty", l.qty).field("list_fen", l.list_fen);
    w.field("price_fen", l.price_fen).field("price_source", source_name(l.source)).field("campaign_id", l.campaign);
    w.field("flash_id", l.flash).field("goods_fen", l.goods_fen).field("discount_fen", l.goods_fen - l.paid_fen);
    w.field("allotted_qty", l.allotted).field("paid_fen", l.paid_fen);
    w.field("refunded_fen", l.refunded_fen).field("net_fen", l.net_fen()).field("plan_id", l.rates.plan);
    w.field("plan_version", l.rates.version)
        .field("host_bp", l.rates.host_bp)
        .field("promoter_bp", l.rates.promoter_bp);
    w.field("recruiter_bp", l.rates.recruiter_bp).field("clipper_bp", l.rates.clipper_bp);
    w.field("freeze_days", l.rates.freeze_days).field_at("frozen_until", l.available_at);
    w.field_at("matured_at", l.matured_at).end();
  }
  w.end_list();
  w.key("entries").begin_list();
  for (const auto& e : store::entries_of(tx, id))
    if (sees_role(tx, call, staff, *o, e.agent)) write_entry(w, tx, *o, e);
  w.end_list();
  w.key("refunds").begin_list();
  for (const auto& r : store::refunds_of(tx, id))
    w.begin().field("id", r.id).field("line", r.line).field("amount_fen", r.amount_fen).field("state", r.state).end();
  w.end_list();
  if (staff) {
    TRY(const auto lock, share::explain_lock(tx, o->bucket, o->brand, o->buyer, call.now, o->placed_at));
    w.key("lock").raw(lock);
    w.key("ledger").begin_list();
    for (const Cause cause : {Cause::payment, Cause::accrual, Cause::maturity, Cause::late_payment})
      write_postings(w, tx, o->bucket, cause, id.value);
    for (const auto& r : store::refunds_of(tx, id))
      for (const Cause cause : {Cause::refund, Cause::reversal, Cause::late_refund})
        write_postings(w, tx, o->bucket, cause, r.id.value);
    w.end_list();
  }
  w.end();
  return w.take();
}

Result<std::string> explain_entry(db::Tx& tx, const Call& call, EntryId id) {
  const auto e = store::entry(tx, id);
  if (!e) return fail(Code::not_found, "there is no such entry");
  TRY_OK(require_agent_money(tx, call, e->agent));
  const auto o = store::load(tx, e->order);
  CHECK(o.has_value());
  JsonWriter w;
  w.begin().key("entry");
  write_entry(w, tx, *o, *e);
  // All of this role on this line: what was granted, and each correction; together the entry at the present net.
  w.key("history").begin_list();
  Fen sum = 0;
  for (const auto& other : store::entries_of(tx, e->order))
    if (other.line == e->line && other.role == e->role) {
      w.raw(entry_json(other));
      sum += other.amount_fen;
    }
  const auto& l = o->lines.at(static_cast<std::size_t>(e->line));
  w.end_list()
      .field("sum_fen", sum)
      .field("net_fen", l.net_fen())
      .field("entry_at_net_fen", entry_fen(l.net_fen(), e->bp));
  TRY(const auto order, explain_order(tx, call, e->order));
  w.key("order").raw(order).end();
  return w.take();
}

Result<std::string> explain_settlement(db::Tx& tx, const Call& call, SettlementId id, std::int64_t after, int limit) {
  const auto s = store::settlement(tx, id);
  if (!s) return fail(Code::not_found, "there is no such settlement");
  TRY_OK(require_agent_money(tx, call, s->agent));
  const auto run = store::run_by_id(tx, s->run);
  JsonWriter w;
  w.begin().key("settlement").raw(settlement_json(*s));
  w.field_at("cutoff_at", run ? run->cutoff_at : 0);
  w.field("debt_after_fen", s->debt_before_fen - s->worked_off_fen + s->new_debt_fen);
  w.key("entries").begin_list();
  const auto entries = store::entries_of_settlement(tx, id, after, limit);
  for (const auto& e : entries) w.raw(entry_json(e));
  w.end_list().field("next", static_cast<int>(entries.size()) == limit ? entries.back().id : EntryId{});
  w.key("ledger").begin_list();
  write_postings(w, tx, 0, Cause::settlement, id.value);
  write_postings(w, tx, 0, Cause::payout, id.value);
  w.end_list().end();
  return w.take();
}

DebtAge age_debt(AgentId agent, Fen debt_fen, std::span<const std::pair<Fen, Instant>> made, Instant now) {
  DebtAge out{agent, debt_fen, {}};
  Fen left = debt_fen;
  for (const auto& [amount, at] : made) {
    const Fen part = std::min(left, amount);
    const std::int64_t days = (now - at) / kDayMs;
    out.by_age_fen[days <= 30 ? 0 : days <= 60 ? 1 : days <= 90 ? 2 : 3] += part;
    left -= part;
    if (left == 0) break;
  }
  out.by_age_fen[kAges - 1] += left;  // of debts older than all that are listed
  return out;
}

Result<std::vector<DebtAge>> debt_ages(db::Tx& tx, const Call& call, BrandId brand, AgentId after, int limit) {
  TRY_OK(require_staff(call, brand, kPays | kAuditor));
  std::vector<DebtAge> out;
  for (const auto& d : store::debtors(tx, brand, after, limit)) {
    std::vector<std::pair<Fen, Instant>> made;
    for (const auto& m : store::debts_made(tx, d.agent)) made.emplace_back(m.new_debt_fen, m.at);
    out.push_back(age_debt(d.agent, d.debt_fen, made, call.now));
  }
  return out;
}

}  // namespace lianbo::order
