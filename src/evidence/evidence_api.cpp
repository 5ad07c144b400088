#include "evidence/evidence_api.hpp"

#include <charconv>
#include <mutex>

#include "base/crypto.hpp"
#include "evidence/evidence_service.hpp"
#include "org/org_service.hpp"

namespace lianbo::evidence {
namespace {

using net::Access;
using net::Method;
using net::Reply;
using net::Request;
using namespace lianbo::shape;

Field reason_field() { return text("reason", 1, 400, "why; written down in the audit"); }
Field hash_field(std::string name, std::string doc = {}) { return text(std::move(name), 64, 64, std::move(doc)); }

Shape hold_shape() {
  return {id("id"),
          id("brand_id"),
          choice("kind", {"order", "broadcast", "person", "brand"}),
          id("subject_id"),
          text("reason", 0, 500),
          nullable(id("set_by")),
          instant("set_at"),
          nullable(id("released_by")),
          nullable(instant("released_at")),
          text("release_reason", 0, 500)};
}
void write_hold(JsonWriter& w, const Hold& h) {
  w.begin().field("id", h.id).field("brand_id", h.brand).field("kind", h.kind);
  w.field("subject_id", id_text(h.subject_id)).field("reason", h.reason).field("set_by", h.set_by);
  w.field_at("set_at", h.set_at).field("released_by", h.released_by).field_at("released_at", h.released_at);
  w.field("release_reason", h.release_reason).end();
}
Reply hold_reply(const Hold& h, int status = 200) {
  JsonWriter w;
  write_hold(w, h);
  return Reply::json(w.take(), status);
}

Shape view_fields() {
  return {list_of("erases", text("", 1, 300), 0, 20, "in the caller's language"),
          list("keeps",
               {text("what", 1, 40), choice("why", {"retention", "legal_hold", "books"}), count("count"),
                nullable(instant("until", "null: not known yet, or for good")), text("says", 1, 300)},
               0, 20),
          list_of("waits_for", id(""), 0, 100, "orders under way, whose address is needed"),
          list_of("blocked_by", choice("", {"staff", "agent"}), 0, 2, "roles that must end first")};
}
Shape erasure_shape() {
  Shape out = {
      opt(id("id")),
      opt(id("person_id")),
      opt(nullable(id("brand_id", "null: everywhere, with the account"))),
      opt(choice("state", {"waiting", "partly", "done"}, "partly: erased, but for evidence that must be kept for now")),
      opt(nullable(instant("requested_at"))),
      opt(nullable(instant("erased_at"))),
      opt(nullable(instant("done_at"))),
      opt(text("receipt", 32, 32, "told once: what GET /erasures/{receipt} is asked with, also without a login"))};
  for (auto& f : view_fields()) out.push_back(std::move(f));
  return out;
}

Result<Reply> view_reply(db::Tx& tx, const Call& call, const std::optional<Erasure>& e, PersonId person, BrandId brand,
                         std::string_view receipt = {}, int status = 200) {
  TRY(const auto view, erasure_view(tx, call, person, brand));
  std::string body = erasure_json(call, e, view);
  if (!receipt.empty()) {
    body.pop_back();
    body += ",\"receipt\":\"" + std::string(receipt) + "\"}";
  }
  return Reply::json(std::move(body), status).with("cache-control", "no-store");
}

Result<std::int64_t> number_asked(const Request& request, std::string_view name, std::int64_t fallback,
                                  std::int64_t most) {
  const auto text = request.query_value(name);
  if (text.empty()) return fallback;
  std::int64_t n = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (ec != std::errc{} || end != text.data() + text.size() || n < 0 || n > most)
    return fail(Code::invalid_field, "must be a whole number from 0 to " + std::to_string(most),
                "query " + std::string(name));
  return n;
}

Shape anchor_shape() {
  return {count("segment"),        count("first_seq"),          count("last_seq"),
          hash_field("prev_hash"), hash_field("last_hash"),     instant("closed_at"),
          hash_field("anchor"),    text("signature", 128, 128), nullable(instant("purged_at"))};
}

Result<Reply> list_anchors(db::Tx& tx, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  TRY_OK(require_staff(call, brand, kAnyStaff));
  TRY(const auto after, number_asked(request, "after_segment", 0, 9'007'199'254'740'991));
  TRY(const auto limit, number_asked(request, "limit", 50, 200));
  JsonWriter w;
  w.begin().key("items").begin_list();
  for (const auto& s : anchors(tx, brand, after, static_cast<int>(std::max<std::int64_t>(limit, 1)))) {
    w.begin().field("segment", s.segment).field("first_seq", s.first_seq).field("last_seq", s.last_seq);
    w.field("prev_hash", to_hex(s.prev_hash)).field("last_hash", to_hex(s.last_hash));
    w.field_at("closed_at", s.closed_at).field("anchor", to_hex(s.anchor)).field("signature", to_hex(s.signature));
    w.field_at("purged_at", s.purged_at).end();
  }
  w.end_list().end();
  return Reply::json(w.take());
}

// Written down before anything is handed out.
Result<Reply> export_evidence(db::Database& db, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  const bool personal = get_bool(request.value, "personal");
  TRY_OK(require_staff(call, brand, personal ? unsigned{kOperates} : unsigned{kAnyStaff}));
  const bool of_order = has(request.value, "order_id"), of_broadcast = has(request.value, "broadcast_id");
  if (of_order == of_broadcast) return fail(Code::invalid_field, "give either order_id or broadcast_id", "/order_id");
  const Subject subject{of_order ? SubjectKind::order : SubjectKind::broadcast,
                        of_order ? get_id<OrderId>(request.value, "order_id").value
                                 : get_id<BroadcastId>(request.value, "broadcast_id").value};
  JsonWriter detail;
  detail.begin().field("reason", get_text(request.value, "reason")).field("personal", personal).end();
  TRY_OK(db.write([&](db::Tx& tx) -> Status {
    org::audit(tx, call, brand, "evidence.export", kind_name(subject.kind), subject.id, detail.text());
    return {};
  }));
  TRY(auto bundle, db.read([&](db::Tx& tx) {
    return export_bundle(tx, brand, subject, get_int(request.value, "after_seq"), personal);
  }));
  return Reply::json(std::move(bundle.json)).with("cache-control", "no-store");
}

net::Route unkept(net::Route route) {
  route.idempotent = false;  // a reading; or its answer holds a secret, which must not be kept
  return route;
}

}  // namespace

net::Routes evidence_routes(db::Database* db) {
  using net::plain_route;
  using net::read_route;
  using net::write_route;
  const std::string v1 = "/api/v1", of_brand = v1 + "/brands/{brand_id}";
  net::Routes out;
  const auto add = [&](net::Route route) { out.push_back(std::move(route)); };

  // ---- the chain
  add(read_route(Method::get, of_brand + "/evidence", "getEvidence", "Where the brand's chain of evidence stands",
                 Access::staff,
                 [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                   TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                   TRY_OK(require_staff(call, brand, kAnyStaff));
                   const auto state = chain_state(tx, brand);
                   JsonWriter w;
                   w.begin().field("entries", state.entries).field("segments", state.segments);
                   w.field("head_hash", to_hex(state.head_hash)).field("anchor", to_hex(state.anchor));
                   w.field("public_key", to_hex(state.public_key)).end();
                   return Reply::json(w.take());
                 })
          .giving({count("entries"), count("segments", "that are closed and anchored"), hash_field("head_hash"),
                   hash_field("anchor", "of the newest closed segment"),
                   hash_field("public_key", "Ed25519; anchors are signed with it")}));
  add(read_route(Method::get, of_brand + "/evidence/anchors", "listAnchors",
                 "Anchors of the closed segments; keep them elsewhere, and nobody can rewrite what stands before them",
                 Access::staff, list_anchors)
          .asking({opt(integer("limit", 1, 200)), opt(count("after_segment"))})
          .giving({list("items", anchor_shape(), 0, 200)}));
  add(plain_route(Method::post, of_brand + "/evidence/verify", "verifyEvidence",
                  "Recomputes the brand's chain, every entry of it, and says what differs", Access::staff,
                  [db](const Call& call, const Request& request) -> Result<Reply> {
                    TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                    TRY_OK(require_staff(call, brand, kAnyStaff));
                    static std::mutex running;  // it reads every entry; one at a time leaves readers for the shop
                    const std::unique_lock alone(running, std::try_to_lock);
                    if (!alone) return fail(Code::overloaded, "a verify is running; ask again when it is done");
                    TRY(const auto reports, verify_evidence(*db, brand));
                    return Reply::json(chain_report_json(reports));
                  })
          .giving({boolean("ok"), list("brands",
                                       {id("brand_id"), count("entries"), count("purged"), count("segments"),
                                        count("wrong"), list_of("differences", text("", 0, 500), 0, 20)},
                                       0, 1)}));
  add(plain_route(Method::post, of_brand + "/evidence/export", "exportEvidence",
                  "Evidence about an order or a broadcast, with the proof that it stands in the chain; audited",
                  Access::staff,
                  [db](const Call& call, const Request& request) { return export_evidence(*db, call, request); })
          .taking({opt(nullable(id("order_id"))), opt(nullable(id("broadcast_id"))), reason_field(),
                   opt(boolean("personal", "open what is sealed in it; staff that operates")),
                   opt(count("after_seq", "`next_seq` of the part before"))})
          .may_fail({Code::not_found}));

  // ---- holds
  add(write_route(Method::post, of_brand + "/holds", "setHold",
                  "Keep evidence beyond its time: of an order, a broadcast, a person, or all of the brand",
                  Access::staff,
                  [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                    TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                    const auto& body = request.value;
                    TRY(const auto h,
                        set_hold(tx, call, brand, get_text(body, "kind"),
                                 parse_id_text(get_text(body, "subject_id")).value_or(0), get_text(body, "reason")));
                    return hold_reply(h, 201);
                  })
          .taking({choice("kind", {"order", "broadcast", "person", "brand"}), id("subject_id"), reason_field()})
          .giving(hold_shape())
          .answers(201)
          .may_fail({Code::not_found}));
  add(read_route(Method::get, of_brand + "/holds", "listHolds", "Legal holds, oldest first", Access::staff,
                 [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                   TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                   TRY(const auto page, net::page_of(request));
                   TRY(const auto rows, holds_of(tx, call, brand, request.query_value("standing") == "1",
                                                 HoldId{page.after}, page.limit));
                   JsonWriter w;
                   w.begin_list();
                   for (const auto& h : rows) write_hold(w, h);
                   w.end_list();
                   const bool more = static_cast<int>(rows.size()) == page.limit;
                   return Reply::json(net::page_json(w.text(), more ? rows.back().id.value : 0));
                 })
          .asking({opt(choice("standing", {"1"}, "those that were not released")), opt(integer("limit", 1, 200)),
                   opt(id("after"))})
          .giving({list("items", hold_shape(), 0, 200), nullable(id("next"))}));
  add(write_route(Method::post, v1 + "/holds/{hold_id}/release", "releaseHold", "End a hold", Access::staff,
                  [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                    TRY(const auto id, request.id_param<HoldId>("hold_id"));
                    TRY(const auto h, release_hold(tx, call, id, get_text(request.value, "reason")));
                    return hold_reply(h);
                  })
          .taking({reason_field()})
          .giving(hold_shape())
          .may_fail({Code::not_found}));

  // ---- one's own data
  add(read_route(Method::get, v1 + "/me/data", "getMyData", "Everything the server keeps of the caller, as one file",
                 Access::login, [](db::Tx& tx, const Call& call, const Request&) -> Result<Reply> {
                   TRY(auto body, own_data(tx, call));
                   return Reply::json(std::move(body))
                       .with("cache-control", "no-store")
                       .with("content-disposition", "attachment; filename=\"lianbo-my-data.json\"");
                 }));
  add(read_route(Method::get, v1 + "/me/erasure", "previewErasure",
                 "What erasing the caller would erase, what must be kept and why, and what it would wait for",
                 Access::login,
                 [](db::Tx& tx, const Call& call, const Request&) -> Result<Reply> {
                   return view_reply(tx, call, std::nullopt, call.caller.person, {});
                 })
          .giving(erasure_shape()));
  add(unkept(write_route(Method::post, v1 + "/me/erasure", "eraseMe",
                         "Erase the caller: name, login and addresses, everywhere; the account is closed",
                         Access::login,
                         [](db::Tx& tx, const Call& call, const Request&) -> Result<Reply> {
                           TRY(const auto made, request_erasure(tx, call, call.caller.person, {}, {}));
                           return view_reply(tx, call, made.erasure, call.caller.person, {}, made.receipt, 202);
                         })
                 .taking({choice("confirm", {"erase"}, "it can't be undone")})
                 .giving(erasure_shape())
                 .answers(202)
                 .may_fail({Code::conflict})));
  add(read_route(Method::get, v1 + "/erasures/{receipt}", "getErasure",
                 "How far an erasure is, by its receipt: who is erased has no login any more", Access::open,
                 [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                   TRY(const auto e, erasure_of_receipt(tx, request.param("receipt")));
                   return view_reply(tx, call, e, e.person, e.brand);
                 })
          .giving(erasure_shape())
          .may_fail({Code::not_found}));

  // ---- a brand's buyers, for staff
  add(unkept(write_route(Method::get, of_brand + "/buyers", "findBuyer", "A buyer of the brand by their login; audited",
                         Access::staff,
                         [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                           TRY(const auto person, find_buyer(tx, call, brand, request.query_value("login")));
                           TRY(auto body, buyer_json(tx, call, brand, person));
                           return Reply::json(std::move(body)).with("cache-control", "no-store");
                         })
                 .asking({text("login", 2, 64)})
                 .may_fail({Code::not_found})));
  add(unkept(
      write_route(Method::get, of_brand + "/buyers/{person_id}", "getBuyer", "What the brand knows of a buyer; audited",
                  Access::staff,
                  [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                    TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                    TRY(const auto person, request.id_param<PersonId>("person_id"));
                    TRY(auto body, buyer_json(tx, call, brand, person));
                    return Reply::json(std::move(body)).with("cache-control", "no-store");
                  })
          .giving({id("person_id"), text("name", 0, 64), text("login", 0, 64), count("orders"), fen("paid_fen"),
                   nullable(instant("first_order_at")), nullable(instant("last_order_at")),
                   list("erasures", {id("id"), choice("state", {"waiting", "partly", "done"}), instant("requested_at")},
                        0, 200)})
          .may_fail({Code::not_found})));
  add(unkept(
      write_route(Method::post, of_brand + "/buyers/{person_id}/erasure", "eraseBuyer",
                  "Erase a buyer on their request: what this brand holds, and their account if they have nothing "
                  "to do with any other brand",
                  Access::staff,
                  [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                    TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                    TRY(const auto person, request.id_param<PersonId>("person_id"));
                    TRY(const auto made, request_erasure(tx, call, person, brand, get_text(request.value, "reason")));
                    return view_reply(tx, call, made.erasure, person, made.erasure.brand, made.receipt, 202);
                  })
          .taking({reason_field()})
          .giving(erasure_shape())
          .answers(202)
          .may_fail({Code::not_found, Code::conflict})));
  add(read_route(Method::get, of_brand + "/erasures", "listErasures",
                 "Erasures that the brand was asked for, oldest first", Access::staff,
                 [](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                   TRY(const auto brand, request.id_param<BrandId>("brand_id"));
                   TRY(const auto page, net::page_of(request));
                   TRY(const auto rows, erasures_at(tx, call, brand, ErasureId{page.after}, page.limit));
                   JsonWriter w;
                   w.begin_list();
                   for (const auto& e : rows) {
                     w.begin().field("id", e.id).field("person_id", e.person).field("brand_id", e.brand);
                     w.field("reason", e.reason).field("state", e.state).field_at("requested_at", e.requested_at);
                     w.field_at("erased_at", e.erased_at).field_at("done_at", e.done_at).end();
                   }
                   w.end_list();
                   const bool more = static_cast<int>(rows.size()) == page.limit;
                   return Reply::json(net::page_json(w.text(), more ? rows.back().id.value : 0));
                 })
          .asking({opt(integer("limit", 1, 200)), opt(id("after"))})
          .giving({list("items",
                        {id("id"), id("person_id"), nullable(id("brand_id")), text("reason", 0, 500),
                         choice("state", {"waiting", "partly", "done"}), nullable(instant("requested_at")),
                         nullable(instant("erased_at")), nullable(instant("done_at"))},
                        0, 200),
                   nullable(id("next"))}));
  return out;
}

}  // namespace lianbo::evidence
