// The brand's forbidden words: chat that holds one is held for the room's assistants (SPEC 5).
//
// A line matches when a word is part of it after both were made comparable (comparable_text):
//   - full-width forms become ASCII, Latin, Greek and Cyrillic capitals become small, in this order;
//   - blanks of every kind, line ends, control and invisible characters (zero-width, soft hyphen, direction marks,
//     variation selectors) and the punctuation people put between letters ( . , ' ` ~ * _ - | / \ ・ · 。 ， 、 ) fall
//     out.
// So "ＶＸ", "V X" and "v.x" are one word. Traditional and simplified characters are different ones.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "base/result.hpp"
#include "db/db.hpp"

namespace lianbo::catalog {

inline constexpr std::size_t kMaxWords = 1'000;
inline constexpr std::size_t kMaxWord = 32;  // characters

std::string comparable_text(std::string_view text);

std::vector<std::string> forbidden_words(db::Tx& tx, BrandId brand);  // as they were entered
// Replaces the list; what is the same once comparable is kept once. Who operates the brand; audited.
Result<std::vector<std::string>> set_forbidden_words(db::Tx& tx, const Call& call, BrandId brand,
                                                     const std::vector<std::string>& words);
// The first that is in the text.
std::optional<std::string> forbidden_word_in(db::Tx& tx, BrandId brand, std::string_view text);

}  // namespace lianbo::catalog
