#include "trust/trust_service.hpp"

#include <algorithm>
#include <set>

#include "base/json.hpp"
#include "catalog/catalog_service.hpp"
#include "live/live_service.hpp"
#include "order/order_service.hpp"
#include "org/consent.hpp"
#include "org/org_service.hpp"
#include "share/ties.hpp"
#include "trust/trust_store.hpp"

namespace lianbo::trust {
namespace {

// A review may have lines, nothing else that is not seen.
std::string in_one_line(std::string_view words) {
  std::string out(words);
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

Status check_length(std::string_view text, std::size_t min, std::size_t max, const char* where) {
  if (const auto wrong = org::text_problem(text, min, max)) return fail(Code::invalid_field, *wrong, where);
  return {};
}

Result<Review> moderated(db::Tx& tx, const Call& call, ReviewId id) {
  auto review = store::find_review(tx, id);
  if (!review) return fail(Code::not_found, "there is no such review");
  TRY_OK(org::require_staff_at(tx, call, review->brand, review->store, kOperates));
  return *std::move(review);
}

Status set_hidden(db::Tx& tx, const Call& call, const Review& review, std::string_view reason) {
  const bool hide = review.hidden_at != 0;
  if (!store::set_hidden(tx, review, call.caller.person, call.now))
    return fail(Code::conflict, hide ? "the review is hidden already" : "the review is not hidden");
  JsonWriter detail;
  detail.begin().field("store_id", review.store).field("stars", review.stars).field("reason", reason).end();
  org::audit(tx, call, review.brand, hide ? "review.hide" : "review.show", "review", review.id.value, detail.text());
  return {};
}

}  // namespace

Result<Review> write_review(db::Tx& tx, const Call& call, OrderId order, int line, int stars, std::string_view words) {
  TRY_OK(require_login(call));
  if (stars < 1 || stars > 5) return fail(Code::invalid_field, "from 1 to 5 stars", "/stars");
  if (!words.empty()) TRY_OK(check_length(in_one_line(words), 1, kMaxWords, "/words"));
  const auto facts = order::line_facts(tx, order, line);
  if (!facts || facts->buyer != call.caller.person) return fail(Code::not_found, "you have no such order line");
  if (facts->received_at == 0)
    return fail(Code::order_state_conflict, "what has been received can be reviewed; confirm the receipt first");
  if (facts->given_back())
    return fail(Code::order_state_conflict, "what was given back whole is not reviewed", "/line");
  const auto o = order::visible_order(tx, call, order);
  if (!o) return fail(o.error());
  Review review;
  review.id = call.make_id<ReviewId>(bucket_in_id(order.value));
  review.brand = o->brand;
  review.store = o->store;
  review.product = facts->product;
  review.order = order;
  review.line = line;
  review.buyer = call.caller.person;
  review.stars = stars;
  review.words = words;
  review.at = call.now;
  if (!store::insert_review(tx, review))
    return fail(Code::conflict, "this line has its review already; a line has one, and it stays as it was written");
  return review;
}

Result<std::vector<Review>> reviews_of_order(db::Tx& tx, const Call& call, OrderId id) {
  TRY(const auto order, order::visible_order(tx, call, id));
  return store::of_order(tx, order.id);
}

Result<Review> hide_review(db::Tx& tx, const Call& call, ReviewId id, std::string_view reason) {
  TRY(Review review, moderated(tx, call, id));
  TRY_OK(check_length(reason, 1, kMaxReason, "/reason"));
  review.hidden_at = call.now;
  review.hidden_reason = reason;
  TRY_OK(set_hidden(tx, call, review, reason));
  return review;
}

Result<Review> show_review(db::Tx& tx, const Call& call, ReviewId id) {
  TRY(Review review, moderated(tx, call, id));
  review.hidden_at = 0;
  review.hidden_reason.clear();
  TRY_OK(set_hidden(tx, call, review, ""));
  return review;
}

Result<Judged> judge_store(db::Tx& tx, StoreId id, Instant now) {
  TRY(const auto owner, org::store_owner(tx, id));
  std::vector<RatedLine> lines;
  std::set<PersonId> people = {owner.agent.person};
  for (auto& facts : order::line_facts_of(tx, id, now - kScoreWindowMs, kScoreOrders)) {
    const auto review = facts.received_at != 0 ? store::review_of_line(tx, facts.order, facts.line) : std::nullopt;
    people.insert(facts.buyer);
    lines.push_back({std::move(facts), review ? review->stars : 0});
  }
  const Devices devices = org::devices_of(tx, std::vector<PersonId>(people.begin(), people.end()));
  return judge(lines, owner.agent.person, devices, live::promises_of(tx, id, now), now);
}

Status follow(db::Tx& tx, const Call& call, StoreId id) {
  TRY_OK(require_login(call));
  TRY_OK(org::find_store(tx, id));
  if (call.caller.owns_store(id)) return fail(Code::conflict, "it is your own store");
  const Bucket bucket = call.bucket(call.caller.person);
  if (store::count_follows(tx, bucket, call.caller.person) >= kMaxFollows &&
      !store::follows(tx, bucket, call.caller.person, id))
    return fail(Code::conflict, "at most " + std::to_string(kMaxFollows) + " hosts; unfollow one first");
  store::follow(tx, bucket, call.caller.person, id, call.now);
  return {};
}
Status unfollow(db::Tx& tx, const Call& call, StoreId id) {
  TRY_OK(require_login(call));
  store::unfollow(tx, call.bucket(call.caller.person), call.caller.person, id);
  return {};
}
bool follows(db::Tx& tx, const Call& call, StoreId id) {
  return store::follows(tx, call.bucket(call.caller.person), call.caller.person, id);
}
std::vector<Follow> follows_of(db::Tx& tx, const Call& call, StoreId after, int limit) {
  return store::follows_of(tx, call.bucket(call.caller.person), call.caller.person, after, limit);
}

std::vector<PersonId> ties_of(db::Tx& tx, const Call& call, BrandId brand) {
  const PersonId me = call.caller.person;
  if (!me) return {};
  const auto shared = share::tied_by_shares(tx, call, brand, me, kMaxTies);
  std::set<PersonId> out(shared.begin(), shared.end());
  // Who follows each other: both are hosts, for only hosts are followed.
  if (const AgentOf* own = call.caller.agent_at(brand)) {
    std::vector<StoreId> stores;
    for (const Follow& f : store::follows_of(tx, call.bucket(me), me, {}, kMaxTies)) stores.push_back(f.store);
    for (const auto& [id, owner] : org::store_owners(tx, stores))
      if (owner.store.brand == brand && out.size() < static_cast<std::size_t>(kMaxTies) &&
          store::follows(tx, call.bucket(owner.agent.person), owner.agent.person, own->store))
        out.insert(owner.agent.person);
  }
  out.erase(me);
  return {out.begin(), out.end()};
}

Result<KnownBuyers> known_buyers(db::Tx& tx, const Call& call, ProductId id) {
  TRY(const auto product, catalog::find_product(tx, id));
  KnownBuyers out;
  for (const PersonId person : ties_of(tx, call, product.brand)) {
    ++out.known;
    if (!order::has_bought(tx, call, person, id)) continue;
    ++out.bought;
    if (out.names.size() == kMaxNames || !org::shows_purchases(tx, person)) continue;
    if (auto name = org::person_name(tx, person); !name.empty()) out.names.push_back(std::move(name));
  }
  return out;
}

Result<Guarantee> guarantee_of(db::Tx& tx, BrandId brand) {
  TRY_OK(org::find_brand(tx, brand));
  return store::guarantee(tx, brand).value_or(Guarantee{});
}

Result<Guarantee> put_guarantee(db::Tx& tx, const Call& call, BrandId brand, const Guarantee& wish) {
  TRY_OK(require_staff(call, brand, kOperates));
  TRY_OK(check_length(wish.text_zh, 1, kMaxGuarantee, "/text_zh"));
  TRY_OK(check_length(wish.text_en, 1, kMaxGuarantee, "/text_en"));
  store::put_guarantee(tx, brand, wish, call.now);
  JsonWriter detail;
  detail.begin().field("text_zh", wish.text_zh).field("text_en", wish.text_en).end();
  org::audit(tx, call, brand, "guarantee.put", "brand", brand.value, detail.text());
  return guarantee_of(tx, brand);
}

void forget_buyer(db::Tx& tx, const Call& call, PersonId buyer, BrandId brand) {
  store::forget_words(tx, call.bucket(buyer), buyer, brand);
}
void forget_person(db::Tx& tx, const Call& call, PersonId person) {
  store::forget_follows(tx, call.bucket(person), person);
}

}  // namespace lianbo::trust
