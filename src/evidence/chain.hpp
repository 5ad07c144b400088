// The chain of evidence: what an entry is, how it is chained, and how a chain is checked. Pure.
//
//   record   one line of JSON, kept byte for byte; it names its brand, number, kind, subject and instant, and a random
//            salt, so that its digest tells nothing of it
//   digest   SHA-256(record)
//   hash     SHA-256(hash of the entry before ‖ digest); before the first: SHA-256("lianbo evidence BRAND")
//   segment  a run of entries that is closed: up to kSegmentEntries, or what a day brought
//   anchor   SHA-256 of the text anchor_text() makes of a segment and the anchor before; signed (Ed25519). Whoever
//   keeps
//            an anchor elsewhere (each is told as an event) can prove later what stood before it.
//
// The hash is over the digest and not over the record itself, so that an entry can be purged: its record goes, digest
// and hash stay, and the chain can still be computed from end to end. When all entries of a segment are purged, they go
// too; the segment's own row stays and is still bound by its anchor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/random.hpp"

namespace lianbo::evidence {

inline constexpr std::int64_t kSegmentEntries = 512;
inline constexpr DurationMs kSegmentMs = kDayMs;

enum class SubjectKind { order, broadcast, day };
std::string_view kind_name(SubjectKind kind);
std::optional<SubjectKind> parse_subject_kind(std::string_view name);
struct Subject {
  SubjectKind kind = SubjectKind::day;
  std::int64_t id = 0;  // day: days since 1970
  friend auto operator<=>(const Subject&, const Subject&) = default;
};
Subject day_of(Instant at);

// What is written down, before it has a place in the chain.
struct Draft {
  BrandId brand;
  std::string kind;
  Subject subject;
  PersonId person;  // whose personal data is in it; 0: nobody's
  Instant at = 0;
  std::string body;      // JSON object, without personal data
  std::string personal;  // base64 of a sealed JSON object; "": none
};

struct Entry {
  BrandId brand;
  std::int64_t seq = 0, segment = 0;
  std::string kind;
  Subject subject;
  Instant at = 0;
  std::string digest, hash;
  std::optional<std::string> record;  // nothing: purged
};

std::string first_hash(BrandId brand);
std::string record_of(const Draft& draft, std::int64_t seq, std::string_view salt);
std::string chained(std::string_view hash_before, std::string_view digest);
Entry make_entry(const Draft& draft, std::int64_t seq, std::int64_t segment, std::string_view hash_before,
                 std::string_view salt);

struct Segment {
  BrandId brand;
  std::int64_t segment = 0, first_seq = 0, last_seq = 0;
  std::string prev_hash, last_hash;
  Instant closed_at = 0;
  std::string anchor, signature;
  Instant purged_at = 0;  // 0: its entries are there
};
std::string first_anchor();  // before the first segment: 32 zero bytes
std::string anchor_text(const Segment& segment, std::string_view anchor_before);
std::string anchor_of(const Segment& segment, std::string_view anchor_before);

// Fed with a brand's segments and entries in order; says what is wrong.
class ChainCheck {
 public:
  // public_key: of the signatures; "": they are not looked at.
  ChainCheck(BrandId brand, std::string public_key);
  void segment(const Segment& segment);
  // Entries follow the segment they belong to, all of them or (purged as a whole) none.
  void entry(const Entry& entry);
  void end_of_segment();
  // Of the open segment: its entries, then the head.
  void open_segment(std::int64_t number, std::int64_t first_seq, std::string_view prev_hash);
  void head(std::int64_t seq, std::string_view hash, std::string_view anchor);

  std::int64_t segments() const { return segments_; }
  std::int64_t entries() const { return entries_; }
  std::int64_t purged() const { return purged_; }
  std::int64_t wrong() const { return wrong_; }
  const std::vector<std::string>& differences() const { return differences_; }  // the first 20

 private:
  void differs(std::string what);

  BrandId brand_;
  std::string public_key_;
  std::string anchor_, hash_;  // of what was seen last
  std::int64_t seq_ = 0, number_ = 0;
  std::optional<Segment> current_;
  std::int64_t in_segment_ = 0;
  std::int64_t segments_ = 0, entries_ = 0, purged_ = 0, wrong_ = 0;
  std::vector<std::string> differences_;
};

}  // namespace lianbo::evidence
