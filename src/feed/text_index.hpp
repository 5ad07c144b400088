// A search over many short texts in memory: names and titles, Chinese and Latin.
//
// - A text is found by any part of it; by the first letters of its Chinese characters (xfs, 洗发水) and by their sounds
//   (xifashui); and, if nothing is found for a Latin word of a query, by words one slip of the pen away (two from eight
//   letters on): a letter wrong, missing, too many, or two exchanged.
// - All words of a query must be found. Better is the whole text, then its beginning, the beginning of a word, its
//   inside, first letters, sounds, slips; among equals the newer (larger) id.
// - The texts lie one after another in three strings (as written, first letters, sounds), which are walked through
//   faster than an index of words would be kept up: the byte of a word that is rarest there leads (memchr), or, where
//   all are common, memmem does. Every text is looked at, so what is best is found among however many.
// Threads: one writer, or many readers. Errors: none.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace lianbo::feed {

class TextIndex {
 public:
  static constexpr std::size_t kMaxWords = 8, kMaxQuery = 100;

  struct Hit {
    std::int64_t id = 0;
    int score = 0;
  };
  // fields: the first is the name, by which one text is better than another. Replaces what the id had.
  void put(std::int64_t id, const std::vector<std::string>& fields);
  void remove(std::int64_t id);
  std::vector<Hit> find(std::string_view query, std::size_t limit) const;

  std::size_t size() const { return slot_of_.size(); }
  std::size_t bytes() const;

  // The words of a query, folded; Chinese and Latin apart.
  static std::vector<std::string> words_of(std::string_view query);
  // Wrong, missing, superfluous or exchanged letters between two words, or more than `most`.
  static int slips(std::string_view a, std::string_view b, int most);

 private:
  // Texts end with a line feed; the n-th begins at starts[n].
  struct Strand {
    std::string text;
    std::vector<std::uint32_t> starts;
    std::array<std::uint32_t, 256> bytes{};  // how often each is in the text

    void add(std::string_view one);
    std::string_view at(std::size_t slot) const;
    template <class F>
    void each(std::string_view part, F&& f) const;  // f(slot, offset in it) → true: go on in the next text
  };
  using Scores = std::vector<std::uint8_t>;                // by slot; 0: not found
  bool score(const std::string& word, Scores& out) const;  // false: in no text
  bool slipped(const std::string& word, Scores& out) const;
  bool score_parts(const std::string& word, Scores& out) const;
  void raise_whole(std::string_view query, std::size_t words, std::vector<std::uint16_t>& sum) const;
  void rebuild();

  Strand written_, letters_, sounds_;
  std::vector<std::int64_t> ids_;  // by slot; 0: replaced or removed
  std::unordered_map<std::int64_t, std::uint32_t> slot_of_;
  std::unordered_map<std::string, std::uint32_t> latin_;  // words without digits, and in how many texts they were put
};

}  // namespace lianbo::feed
