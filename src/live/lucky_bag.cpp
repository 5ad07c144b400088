#include "live/lucky_bag.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "base/shape.hpp"

namespace lianbo::live {
namespace {

std::string commitment_of(std::string_view bag, std::string_view seed_hex) {
  return to_hex(sha256(std::string(kLuckyBagAlgorithm) + "\n" + std::string(bag) + "\n" + std::string(seed_hex)));
}

// Texts only, so that the same code checks an answer that came from anywhere.
std::vector<std::string> draw(std::string_view bag, std::string_view seed_hex, std::span<const std::string> entrants,
                              std::size_t winners) {
  const std::string prefix =
      std::string(kLuckyBagAlgorithm) + "\n" + std::string(bag) + "\n" + std::string(seed_hex) + "\n";
  std::vector<std::pair<std::string, std::string>> tickets;
  tickets.reserve(entrants.size());
  for (const auto& entrant : entrants) tickets.emplace_back(to_hex(sha256(prefix + entrant)), entrant);
  winners = std::min(winners, tickets.size());
  std::partial_sort(tickets.begin(), tickets.begin() + static_cast<std::ptrdiff_t>(winners), tickets.end());
  std::vector<std::string> out;
  for (std::size_t i = 0; i < winners; ++i) out.push_back(std::move(tickets[i].second));
  return out;
}

std::vector<std::string> texts(const json::value& proof, std::string_view name) {
  std::vector<std::string> out;
  for (const auto& item : get_list(proof, name))
    if (item.is_string()) out.emplace_back(item.get_string());
  return out;
}

}  // namespace

std::string_view bag_rule_text(BagRule rule) { return rule == BagRule::chat ? "chat" : "tap"; }

Status check_bag(const BagWish& wish) {
  if (wish.title.empty() || utf8_length(wish.title) > kMaxBagText)
    return fail(Code::invalid_field, "a title has 1 to " + std::to_string(kMaxBagText) + " characters", "/title");
  if (utf8_length(wish.prize) > kMaxBagText || (wish.prize.empty() && !wish.coupon))
    return fail(Code::invalid_field,
                "say what is won, in at most " + std::to_string(kMaxBagText) + " characters, or name a coupon",
                "/prize");
  if ((wish.rule == BagRule::chat) == wish.word.empty())
    return fail(wish.word.empty() ? Code::missing_field : Code::invalid_field,
                wish.word.empty() ? "the word one has to write" : "only a bag entered by chat has a word", "/word");
  if (utf8_length(wish.word) > kMaxBagText)
    return fail(Code::invalid_field, "a word has at most " + std::to_string(kMaxBagText) + " characters", "/word");
  if (wish.winners < 1 || wish.winners > kMaxWinners)
    return fail(Code::invalid_field, "1 to " + std::to_string(kMaxWinners) + " win", "/winners");
  if (wish.seconds < kMinBagSeconds || wish.seconds > kMaxBagSeconds)
    return fail(Code::invalid_field,
                std::to_string(kMinBagSeconds) + " to " + std::to_string(kMaxBagSeconds) + " seconds", "/seconds");
  return {};
}

std::string bag_commitment(LuckyBagId bag, std::string_view seed) { return commitment_of(bag.text(), to_hex(seed)); }

std::vector<PersonId> draw_bag(LuckyBagId bag, std::string_view seed, std::span<const PersonId> entrants,
                               std::int64_t winners) {
  std::vector<std::string> names;
  for (const PersonId person : entrants) names.push_back(person.text());
  std::vector<PersonId> out;
  for (const auto& name : draw(bag.text(), to_hex(seed), names, static_cast<std::size_t>(winners)))
    out.push_back(*PersonId::parse(name));
  return out;
}

void write_bag(JsonWriter& w, const LuckyBag& b) {
  w.begin().field("id", b.id).field("broadcast_id", b.broadcast).field("title", b.title).field("prize", b.prize);
  w.field("coupon_id", b.coupon).field("rule", bag_rule_text(b.rule)).field("word", b.word);
  w.field("winners", b.winners).field("commitment", b.commitment).field("algorithm", kLuckyBagAlgorithm);
  w.field("media_ms", b.media_ms).field_at("opened_at", b.opened_at).field_at("draws_at", b.draws_at);
  w.field_at("drawn_at", b.drawn_at).field_at("cancelled_at", b.cancelled_at);
  w.field("entrants", b.entrants).end();
}

std::string bag_proof(const LuckyBag& b, std::span<const PersonId> entrants, std::span<const PersonId> winners) {
  JsonWriter w;
  w.begin().field("algorithm", kLuckyBagAlgorithm).field("id", b.id).field("commitment", b.commitment);
  w.key("seed");
  if (b.drawn_at != 0)
    w.value(to_hex(b.seed));
  else
    w.null();
  w.field("winners_wanted", b.winners).field_at("opened_at", b.opened_at).field_at("drawn_at", b.drawn_at);
  w.key("entrants").begin_list();
  for (const PersonId person : entrants) w.value(person);
  w.end_list().key("winners").begin_list();
  for (const PersonId person : winners) w.value(person);
  w.end_list().end();
  return w.take();
}

Status check_bag_proof(std::string_view proof_json) {
  TRY(const auto proof, parse_json(proof_json));
  if (!proof.is_object()) return fail(Code::invalid_field, "a proof is an object");
  if (get_text(proof, "algorithm") != kLuckyBagAlgorithm)
    return fail(Code::invalid_field, "the algorithm is not " + std::string(kLuckyBagAlgorithm), "/algorithm");
  const std::string bag = get_text(proof, "id"), seed = get_text(proof, "seed");
  if (seed.empty()) return fail(Code::conflict, "the bag has not been drawn: its seed is not told yet", "/seed");
  if (commitment_of(bag, seed) != get_text(proof, "commitment"))
    return fail(Code::conflict, "the seed is not the one the commitment was made for", "/seed");
  const auto entrants = texts(proof, "entrants"), winners = texts(proof, "winners");
  for (std::size_t i = 1; i < entrants.size(); ++i)
    if (entrants[i - 1] >= entrants[i])
      return fail(Code::conflict, "the entrants are not sorted, or one is named twice",
                  "/entrants/" + std::to_string(i));
  const auto right =
      draw(bag, seed, entrants, static_cast<std::size_t>(std::max<std::int64_t>(0, get_int(proof, "winners_wanted"))));
  if (right != winners) {
    std::size_t i = 0;
    while (i < right.size() && i < winners.size() && right[i] == winners[i]) ++i;
    return fail(Code::conflict,
                "winner " + std::to_string(i + 1) + " must be " + (i < right.size() ? right[i] : "nobody") + ", not " +
                    (i < winners.size() ? winners[i] : "nobody"),
                "/winners/" + std::to_string(i));
  }
  return {};
}

}  // namespace lianbo::live
