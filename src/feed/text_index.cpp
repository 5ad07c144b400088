#include "feed/text_index.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "feed/pinyin.hpp"

namespace lianbo::feed {
namespace {

constexpr int kWhole = 100, kBegins = 80, kWordBegins = 60, kInside = 40, kLetters = 45, kLettersInside = 30,
              kSounds = 50, kSoundsInside = 25, kSlip = 15;
constexpr std::size_t kMinSlip = 4, kTwoSlips = 8;
constexpr std::size_t kMaxSlipped = 20;  // words tried for one that was not found

void put_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3f));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  }
}
bool is_letter(char32_t c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }
// What words are made of; all else parts them. Scripts other than Latin and Chinese are words too.
bool is_word(char32_t c) { return is_letter(c) || is_digit(c) || c >= 0x80; }
bool is_latin_word(std::string_view word) {
  return std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

}  // namespace

void TextIndex::Strand::add(std::string_view one) {
  starts.push_back(static_cast<std::uint32_t>(text.size()));
  text += one;
  text += '\n';
  for (const char c : one) ++bytes[static_cast<unsigned char>(c)];
}
std::string_view TextIndex::Strand::at(std::size_t slot) const {
  const std::size_t end = slot + 1 < starts.size() ? starts[slot + 1] : text.size();
  return std::string_view(text).substr(starts[slot], end - starts[slot] - 1);
}
template <class F>
void TextIndex::Strand::each(std::string_view part, F&& f) const {
  constexpr std::size_t kRare = 32;  // one byte of so many: memchr runs on farther than memmem would
  const auto often = [&](char c) { return bytes[static_cast<unsigned char>(c)]; };
  const auto lead = static_cast<std::size_t>(
      std::min_element(part.begin(), part.end(), [&](char a, char b) { return often(a) < often(b); }) - part.begin());
  if (often(part[lead]) == 0) return;
  const bool rare = often(part[lead]) * kRare < text.size();
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto next = [&](const char* at) -> const char* {
    const auto left = [&] { return static_cast<std::size_t>(end - at); };
    if (!rare) return static_cast<const char*>(memmem(at, left(), part.data(), part.size()));
    for (; left() >= part.size(); ++at) {
      const auto* const byte = static_cast<const char*>(std::memchr(at + lead, part[lead], left() - lead));
      if (!byte) return nullptr;
      at = byte - lead;
      if (left() >= part.size() && std::memcmp(at, part.data(), part.size()) == 0) return at;
    }
    return nullptr;
  };
  std::size_t slot = 0;
  for (const char* at = next(begin); at;) {
    const auto offset = static_cast<std::uint32_t>(at - begin);
    if (slot + 1 < starts.size() && starts[slot + 1] <= offset) {
      // Mostly the next ones; after a long way the half of what is left, and so on.
      std::size_t step = 1;
      while (slot + step < starts.size() && starts[slot + step] <= offset) slot += step, step *= 2;
      slot = static_cast<std::size_t>(
                 std::upper_bound(starts.begin() + static_cast<std::ptrdiff_t>(slot),
                                  starts.begin() + static_cast<std::ptrdiff_t>(std::min(slot + step, starts.size())),
                                  offset) -
                 starts.begin()) -
             1;
    }
    if (f(slot, offset - starts[slot])) {
      if (slot + 1 == starts.size()) return;
      at = next(begin + starts[slot + 1]);
    } else {
      at = next(at + 1);
    }
  }
}

void TextIndex::put(std::int64_t id, const std::vector<std::string>& fields) {
  std::string written, letters, sounds, word;
  std::unordered_set<std::string> words;
  const auto end_word = [&] {
    if (word.size() >= kMinSlip && is_latin_word(word)) words.insert(word);
    word.clear();
  };
  for (const std::string& field : fields) {
    if (!written.empty()) {
      written += '\t';
      letters += ' ';
      sounds += ' ';
    }
    bool in_han = false;
    for (const char32_t c : folded(field)) {
      if (c < 0x20) continue;
      put_utf8(written, c);
      if (const auto sound = pinyin_of(c); !sound.empty()) {
        letters += sound.front();
        sounds += sound;
        in_han = true;
      } else if (in_han) {
        letters += ' ';
        sounds += ' ';
        in_han = false;
      }
      if (is_letter(c) || is_digit(c))
        word += static_cast<char>(c);
      else
        end_word();
    }
    end_word();
  }
  if (const auto known = slot_of_.find(id); known != slot_of_.end()) {
    if (written_.at(known->second) == written) return;
    ids_[known->second] = 0;
  }
  slot_of_[id] = static_cast<std::uint32_t>(ids_.size());
  ids_.push_back(id);
  written_.add(written);
  letters_.add(letters);
  sounds_.add(sounds);
  for (const auto& w : words) ++latin_[w];
  rebuild();
}

void TextIndex::remove(std::int64_t id) {
  const auto known = slot_of_.find(id);
  if (known == slot_of_.end()) return;
  ids_[known->second] = 0;
  slot_of_.erase(known);
  rebuild();
}

// What was replaced or removed is left behind once it is more than half. Words of it stay known: they cost a
// comparison.
void TextIndex::rebuild() {
  if (ids_.size() < 64 || ids_.size() < 2 * slot_of_.size()) return;
  Strand written, letters, sounds;
  std::vector<std::int64_t> ids;
  for (std::size_t slot = 0; slot < ids_.size(); ++slot) {
    if (ids_[slot] == 0) continue;
    slot_of_[ids_[slot]] = static_cast<std::uint32_t>(ids.size());
    ids.push_back(ids_[slot]);
    written.add(written_.at(slot));
    letters.add(letters_.at(slot));
    sounds.add(sounds_.at(slot));
  }
  written_ = std::move(written);
  letters_ = std::move(letters);
  sounds_ = std::move(sounds);
  ids_ = std::move(ids);
}

std::size_t TextIndex::bytes() const {
  std::size_t out = ids_.capacity() * sizeof(std::int64_t) + slot_of_.size() * 40 + latin_.size() * 64;
  for (const Strand* s : {&written_, &letters_, &sounds_}) out += s->text.capacity() + s->starts.capacity() * 4;
  return out;
}

std::vector<std::string> TextIndex::words_of(std::string_view query) {
  std::vector<std::string> out;
  bool han = false;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty() && out.size() < kMaxWords) out.push_back(std::move(word));
    word.clear();
  };
  for (const char32_t c : folded(query)) {
    if (!is_word(c)) {
      end_word();
      continue;
    }
    if (is_han(c) != han) end_word();
    han = is_han(c);
    put_utf8(word, c);
  }
  end_word();
  return out;
}

// Damerau's distance with adjacent exchanges, in a band.
int TextIndex::slips(std::string_view a, std::string_view b, int most) {
  constexpr std::size_t kLongest = 40;
  const auto n = a.size(), m = b.size();
  if (n > kLongest || m > kLongest || std::abs(static_cast<int>(n) - static_cast<int>(m)) > most) return most + 1;
  std::array<std::array<int, kLongest + 1>, 3> rows;
  for (std::size_t j = 0; j <= m; ++j) rows[0][j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= n; ++i) {
    auto& row = rows[i % 3];
    const auto &before = rows[(i + 2) % 3], &earlier = rows[(i + 1) % 3];
    row[0] = static_cast<int>(i);
    int least = row[0];
    for (std::size_t j = 1; j <= m; ++j) {
      row[j] = std::min({before[j] + 1, row[j - 1] + 1, before[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], earlier[j - 2] + 1);
      least = std::min(least, row[j]);
    }
    if (least > most) return most + 1;
  }
  return rows[n % 3][m];
}

bool TextIndex::score(const std::string& word, Scores& out) const {
  bool any = false;
  out.assign(ids_.size(), 0);
  const auto take = [&](std::size_t slot, int score) {
    if (ids_[slot] == 0) return;
    any = true;
    out[slot] = std::max(out[slot], static_cast<std::uint8_t>(score));
  };
  written_.each(word, [&](std::size_t slot, std::size_t offset) {
    const std::string_view text = written_.at(slot);
    const auto after = offset + word.size();
    const bool ends = after == text.size() || text[after] == '\t';
    if (offset == 0) {
      take(slot, ends ? kWhole : kBegins);
      return ends;
    }
    const auto before = static_cast<unsigned char>(text[offset - 1]);
    const bool begins = before < 0x80 && !is_word(before);
    const int found = before == '\t' && ends ? kWhole /* a code, say */ : begins ? kWordBegins : kInside;
    take(slot, found);
    return found == kWhole;
  });
  if (word.size() >= 2 && is_latin_word(word)) {
    letters_.each(word, [&](std::size_t slot, std::size_t offset) {
      take(slot, offset == 0 ? kLetters : kLettersInside);
      return true;  // the first is the best
    });
    sounds_.each(word, [&](std::size_t slot, std::size_t offset) {
      take(slot, offset == 0 ? kSounds : kSoundsInside);
      return true;
    });
    if (!any) any = slipped(word, out);
  }
  return any;
}

bool TextIndex::slipped(const std::string& word, Scores& out) const {
  if (word.size() < kMinSlip) return false;
  const int most = word.size() >= kTwoSlips ? 2 : 1;
  std::vector<std::pair<int, std::string_view>> near;
  for (const auto& [known, n] : latin_)
    if (const int d = slips(word, known, most); d <= most) near.emplace_back(d, known);
  std::sort(near.begin(), near.end());
  if (near.size() > kMaxSlipped) near.resize(kMaxSlipped);
  bool any = false;
  for (const auto& [d, known] : near)
    written_.each(known, [&, d = d](std::size_t slot, std::size_t) {
      if (ids_[slot] != 0) {
        out[slot] = std::max(out[slot], static_cast<std::uint8_t>(kSlip - d));
        any = true;
      }
      return true;
    });
  return any;
}

// "iphone15" and "zb1" are found where "iphone 15" and "主播1" stand: what is found nowhere as one word is looked for
// by its letters and its digits.
bool TextIndex::score_parts(const std::string& word, Scores& out) const {
  if (score(word, out)) return true;
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (i == 0 || is_digit(static_cast<unsigned char>(word[i])) != is_digit(static_cast<unsigned char>(word[i - 1])))
      parts.emplace_back();
    parts.back() += word[i];
  }
  if (parts.size() < 2) return false;
  Scores found;
  bool any = true;
  for (std::size_t part = 0; part < parts.size() && any; ++part) {
    any = score(parts[part], found);
    if (part == 0) {
      out = found;
      continue;
    }
    any = false;
    for (std::size_t slot = 0; slot < out.size(); ++slot) {
      out[slot] = std::min(out[slot], found[slot]);
      any = any || out[slot] != 0;
    }
  }
  return any;
}

// Who types a whole name of many words wants that one and not the newest of those that have all the words in them.
void TextIndex::raise_whole(std::string_view query, std::size_t words, std::vector<std::uint16_t>& sum) const {
  std::string written;
  for (const char32_t c : folded(query))
    if (c >= 0x20) put_utf8(written, c);
  const auto first = written.find_first_not_of(' ');
  if (first == std::string::npos) return;
  written = written.substr(first, written.find_last_not_of(' ') - first + 1);
  written_.each(written, [&](std::size_t slot, std::size_t offset) {
    if (sum[slot] == 0) return true;
    const std::string_view text = written_.at(slot);
    const auto after = offset + written.size();
    const bool begins = offset == 0 || text[offset - 1] == '\t', ends = after == text.size() || text[after] == '\t';
    const auto least = static_cast<std::size_t>(begins && ends ? kWhole + 1 : begins ? kBegins + 1 : 0) * words;
    sum[slot] = static_cast<std::uint16_t>(std::max<std::size_t>(sum[slot], least));
    return begins && ends;
  });
}

std::vector<TextIndex::Hit> TextIndex::find(std::string_view query, std::size_t limit) const {
  const auto words = words_of(query.substr(0, kMaxQuery * 4));
  std::vector<Hit> out;
  if (words.empty() || limit == 0) return out;
  Scores found;
  std::vector<std::uint16_t> sum;  // of all words; 0: one of them isn't there
  for (const std::string& word : words) {
    if (!score_parts(word, found)) return out;
    if (sum.empty()) {
      sum.assign(found.begin(), found.end());
      continue;
    }
    for (std::size_t slot = 0; slot < sum.size(); ++slot)
      sum[slot] =
          sum[slot] == 0 || found[slot] == 0 ? std::uint16_t{0} : static_cast<std::uint16_t>(sum[slot] + found[slot]);
  }
  if (words.size() > 1) raise_whole(query, words.size(), sum);
  // The worst of the best so far is on top of the heap.
  const auto better = [](const Hit& a, const Hit& b) { return a.score != b.score ? a.score > b.score : a.id > b.id; };
  for (std::size_t slot = 0; slot < sum.size(); ++slot) {
    if (sum[slot] == 0) continue;
    const Hit hit{ids_[slot], sum[slot]};
    if (out.size() == limit) {
      if (!better(hit, out.front())) continue;
      std::pop_heap(out.begin(), out.end(), better);
      out.pop_back();
    }
    out.push_back(hit);
    std::push_heap(out.begin(), out.end(), better);
  }
  std::sort_heap(out.begin(), out.end(), better);
  return out;
}

}  // namespace lianbo::feed
