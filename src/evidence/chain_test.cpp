// The chain's rules: whatever is changed in it is found, and what is purged leaves it whole.
#include "evidence/chain.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/crypto.hpp"
#include "base/json.hpp"

namespace lianbo::evidence {
namespace {

constexpr BrandId kBrand{7};
constexpr Instant kAt = 1'800'000'000'000;

// A chain of its own making, as the rows would be.
struct Chain {
  std::vector<Segment> segments;
  std::vector<Entry> entries;
  std::int64_t open_first = 1;
  std::string open_prev = first_hash(kBrand), hash = first_hash(kBrand), anchor = first_anchor();

  void add(int n) {
    Draft d{kBrand,      "chat.said", {SubjectKind::broadcast, 99},
            PersonId{5}, kAt + n,     "{\"n\":" + std::to_string(n) + "}",
            {}};
    const auto seq = static_cast<std::int64_t>(entries.size()) + 1;
    entries.push_back(make_entry(d, seq, static_cast<std::int64_t>(segments.size()) + 1, hash, "0123456789abcdef"));
    hash = entries.back().hash;
  }
  void close() {
    Segment s{kBrand,     static_cast<std::int64_t>(segments.size()) + 1,
              open_first, static_cast<std::int64_t>(entries.size()),
              open_prev,  hash,
              kAt,        {},
              {},         0};
    s.anchor = anchor_of(s, anchor);
    s.signature = sign_bytes(std::string(32, 's'), s.anchor);
    segments.push_back(s);
    anchor = s.anchor;
    open_first = s.last_seq + 1;
    open_prev = hash;
  }
  std::vector<std::string> check() const {
    ChainCheck c(kBrand, public_key(std::string(32, 's')));
    const auto feed = [&](std::int64_t from, std::int64_t to) {
      for (const auto& e : entries)
        if (e.seq >= from && e.seq <= to) c.entry(e);
    };
    for (const auto& s : segments) {
      c.segment(s);
      feed(s.first_seq, s.last_seq);
      c.end_of_segment();
    }
    c.open_segment(static_cast<std::int64_t>(segments.size()) + 1, open_first, open_prev);
    feed(open_first, INT64_MAX);
    c.head(entries.empty() ? 0 : entries.back().seq, hash, anchor);
    return c.differences();
  }
};

Chain chain_of(int segments, int entries_each, int open) {
  Chain chain;
  int n = 0;
  for (int s = 0; s < segments; ++s) {
    for (int i = 0; i < entries_each; ++i) chain.add(++n);
    chain.close();
  }
  for (int i = 0; i < open; ++i) chain.add(++n);
  return chain;
}

TEST(Chain, AsItWasWrittenIsWhole) {
  EXPECT_TRUE(Chain{}.check().empty());
  EXPECT_TRUE(chain_of(0, 0, 5).check().empty());
  EXPECT_TRUE(chain_of(3, 4, 2).check().empty());
  EXPECT_TRUE(chain_of(3, 1, 0).check().empty());
}

TEST(Chain, TheHashOfAnEntryIsOverTheOneBeforeAndItsRecordsDigest) {
  const Chain chain = chain_of(0, 0, 2);
  EXPECT_EQ(chain.entries[0].digest, sha256(*chain.entries[0].record));
  EXPECT_EQ(chain.entries[0].hash, sha256(sha256("lianbo evidence " + kBrand.text()) + chain.entries[0].digest));
  EXPECT_EQ(chain.entries[1].hash, sha256(chain.entries[0].hash + chain.entries[1].digest));
}

TEST(Chain, AnyChangeOfAnyEntryIsFound) {
  rc::check([](std::uint8_t which, std::uint8_t where, std::uint8_t what) {
    Chain chain = chain_of(2, 3, 3);
    Entry& e = chain.entries[which % chain.entries.size()];
    switch (what % 7) {
      case 0:  // one byte of the record
        (*e.record)[where % e.record->size()] = static_cast<char>((*e.record)[where % e.record->size()] ^ 1);
        break;
      case 1:  // a record of one's own, with its digest
        *e.record = record_of({kBrand, e.kind, e.subject, {}, e.at, "{\"n\":0}", {}}, e.seq, "x");
        e.digest = sha256(*e.record);
        break;
      case 2:  // and with its hash
        *e.record = record_of({kBrand, e.kind, e.subject, {}, e.at, "{\"n\":0}", {}}, e.seq, "x");
        e.digest = sha256(*e.record);
        e.hash = chained(e.seq == 1 ? first_hash(kBrand) : chain.entries[static_cast<std::size_t>(e.seq) - 2].hash,
                         e.digest);
        break;
      case 3:  // filed under something else
        e.subject.id += 1;
        break;
      case 4:  // left out
        chain.entries.erase(chain.entries.begin() + (which % static_cast<int>(chain.entries.size())));
        break;
      case 5:  // dated otherwise
        e.at += 1;
        break;
      default:  // taken away as if purged, with another digest
        e.record.reset();
        e.digest[where % 32] = static_cast<char>(e.digest[where % 32] ^ 1);
    }
    RC_ASSERT(!chain.check().empty());
  });
}

TEST(Chain, ForgingEverythingBehindAnEntryStillBreaksAtTheAnchor) {
  Chain chain = chain_of(2, 3, 2);
  // Entry 2 is rewritten, and every hash up to the end of the chain with it.
  Entry& e = chain.entries[1];
  *e.record = record_of({kBrand, e.kind, e.subject, {}, e.at, "{\"n\":0}", {}}, e.seq, "x");
  e.digest = sha256(*e.record);
  std::string hash = chain.entries[0].hash;
  for (std::size_t i = 1; i < chain.entries.size(); ++i)
    hash = chain.entries[i].hash = chained(hash, chain.entries[i].digest);
  chain.hash = hash;
  chain.segments[0].last_hash = chain.segments[1].prev_hash = chain.entries[2].hash;
  chain.segments[1].last_hash = chain.open_prev = chain.entries[5].hash;
  EXPECT_FALSE(chain.check().empty()) << "the anchors are over the old hashes";
  // Even with new anchors: they are signed.
  std::string anchor = first_anchor();
  for (auto& s : chain.segments) anchor = s.anchor = anchor_of(s, anchor);
  chain.anchor = anchor;
  const auto found = chain.check();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_NE(found[0].find("did not sign"), std::string::npos);
}

TEST(Chain, StaysWholeWhenEntriesArePurgedAndWholeSegmentsGone) {
  rc::check([](std::uint16_t bits, bool drop_first, bool drop_second) {
    Chain chain = chain_of(2, 4, 4);
    for (std::size_t i = 0; i < chain.entries.size(); ++i)
      if ((bits >> i & 1) != 0) chain.entries[i].record.reset();
    const bool drops[] = {drop_first, drop_second};
    for (int s = 0; s < 2; ++s)
      if (drops[s]) {
        chain.segments[static_cast<std::size_t>(s)].purged_at = kAt;
        std::erase_if(chain.entries, [&](const Entry& e) { return e.segment == s + 1; });
      }
    RC_ASSERT(chain.check().empty());
  });
}

TEST(Chain, ASegmentThatIsGoneIsStillBound) {
  Chain chain = chain_of(3, 2, 1);
  chain.segments[1].purged_at = kAt;
  std::erase_if(chain.entries, [](const Entry& e) { return e.segment == 2; });
  ASSERT_TRUE(chain.check().empty());
  Chain cut = chain;
  cut.segments.erase(cut.segments.begin() + 1);
  EXPECT_FALSE(cut.check().empty()) << "a segment can't be left out";
  cut = chain;
  cut.segments[1].last_seq += 1;
  EXPECT_FALSE(cut.check().empty());
  cut = chain;
  cut.segments[1].last_hash[0] = static_cast<char>(cut.segments[1].last_hash[0] ^ 1);
  EXPECT_FALSE(cut.check().empty());
}

TEST(Chain, ARecordNamesWhatItIsAbout) {
  const Draft d{kBrand, "order.placed", {SubjectKind::order, 77}, PersonId{5}, kAt, "{\"a\":1}", "c2VhbGVk"};
  const auto record = *parse_json(record_of(d, 3, "salt"));
  EXPECT_EQ(record.at("seq").as_int64(), 3);
  EXPECT_EQ(record.at("subject_id").as_string(), id_text(77));
  EXPECT_EQ(record.at("personal").as_string(), "c2VhbGVk");
  EXPECT_EQ(record.at("body").at("a").as_int64(), 1);
  EXPECT_EQ(day_of(kAt).id, kAt / 86'400'000);
}

}  // namespace
}  // namespace lianbo::evidence
