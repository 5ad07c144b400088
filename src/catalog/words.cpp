#include "catalog/words.hpp"

#include "base/json.hpp"
#include "catalog/catalog.hpp"
#include "catalog/offers_store.hpp"
#include "org/org_service.hpp"

namespace lianbo::catalog {
namespace {

// The next code point of valid UTF-8.
char32_t next_point(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  const int more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
  char32_t point = more == 0 ? first : first & (0x3f >> more);
  for (int i = 1; i <= more && at + static_cast<std::size_t>(i) < text.size(); ++i)
    point = (point << 6) | (byte(at + static_cast<std::size_t>(i)) & 0x3f);
  at += static_cast<std::size_t>(more) + 1;
  return point;
}

void append_point(std::string& out, char32_t p) {
  const auto add = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (p < 0x80) return add(p);
  if (p < 0x800) {
    add(0xc0 | (p >> 6));
  } else if (p < 0x10000) {
    add(0xe0 | (p >> 12));
    add(0x80 | ((p >> 6) & 0x3f));
  } else {
    add(0xf0 | (p >> 18));
    add(0x80 | ((p >> 12) & 0x3f));
    add(0x80 | ((p >> 6) & 0x3f));
  }
  add(0x80 | (p & 0x3f));
}

bool falls_out(char32_t p) {
  if (p <= 0x20 || (p >= 0x7f && p <= 0xa0) || p == 0xad) return true;  // controls, blanks, soft hyphen
  if (p >= 0x2000 && p <= 0x206f) return true;                          // blanks, dashes, invisible marks
  if (p == 0x3000 || p == 0xfeff || (p >= 0xfe00 && p <= 0xfe0f) || p == 0x1680) return true;
  if (p == 0x180e || p == 0x3164 || (p >= 0xe0000 && p <= 0xe0fff)) return true;
  switch (p) {
    case U'.':
    case U',':
    case U'\'':
    case U'`':
    case U'~':
    case U'*':
    case U'_':
    case U'-':
    case U'|':
    case U'/':
    case U'\\':
    case U'\u00b7':  // ·
    case U'\u30fb':  // ・
    case U'\u3001':  // 、
    case U'\u3002':  // 。
      return true;
    default:
      return false;
  }
}

char32_t folded(char32_t p) {
  if (p >= 0xff01 && p <= 0xff5e) p -= 0xfee0;  // full width
  if (p == 0xff61) return 0x3002;               // half-width 。
  if (p >= 'A' && p <= 'Z') return p + 32;
  if ((p >= 0xc0 && p <= 0xde && p != 0xd7)) return p + 32;  // À…Þ
  if (p >= 0x391 && p <= 0x3a9) return p + 32;               // Α…Ω
  if (p >= 0x410 && p <= 0x42f) return p + 32;               // А…Я
  if (p >= 0x400 && p <= 0x40f) return p + 80;               // Ѐ…Џ
  if (p >= 0x100 && p <= 0x17f && p != 0x130 && p != 0x131 && p != 0x138 && p != 0x149 && p != 0x17f) {
    const bool odd_is_capital = (p >= 0x139 && p <= 0x148) || (p >= 0x179 && p <= 0x17e);
    if (p == 0x178) return 0xff;
    if ((p % 2 == 1) == odd_is_capital) return p + 1;
  }
  return p;
}

}  // namespace

std::string comparable_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const char32_t p = folded(next_point(text, at));
    if (!falls_out(p)) append_point(out, p);
  }
  return out;
}

std::vector<std::string> forbidden_words(db::Tx& tx, BrandId brand) { return store::words(tx, brand); }

Result<std::vector<std::string>> set_forbidden_words(db::Tx& tx, const Call& call, BrandId brand,
                                                     const std::vector<std::string>& words) {
  TRY_OK(require_staff(call, brand, kOperates));
  if (words.size() > kMaxWords)
    return fail(Code::invalid_field, "at most " + std::to_string(kMaxWords) + " words", "/words");
  TRY_OK(org::lock_brand(tx, brand));
  store::clear_words(tx, brand);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string shown = canonical_line(words[i]), word = comparable_text(shown);
    if (word.empty() || utf8_length(shown) > kMaxWord)
      return fail(Code::invalid_field,
                  "a word has 1 to " + std::to_string(kMaxWord) + " characters that are not blanks or punctuation",
                  "/words/" + std::to_string(i));
    store::insert_word(tx, brand, word, shown, call.now);
  }
  org::audit(tx, call, brand, "words.set", "brand", brand.value,
             JsonWriter().begin().field("words", words.size()).end().take());
  return store::words(tx, brand);
}

std::optional<std::string> forbidden_word_in(db::Tx& tx, BrandId brand, std::string_view text) {
  return store::word_in(tx, brand, comparable_text(text));
}

}  // namespace lianbo::catalog
