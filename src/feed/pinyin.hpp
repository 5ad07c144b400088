// How Chinese characters sound, one by one, without tones, ü as people type it: 洗 → "xi", 绿 → "lv". From ICU's
// Han-Latin table, asked once for each character and remembered. Of a character with several sounds it knows the
// commonest. Threads: any. Errors: none; what is no Chinese character sounds like nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lianbo::feed {

std::string_view pinyin_of(char32_t character);

// As text is searched: lower case, without accents, full-width letters as ordinary ones. Chinese stays as it is.
std::vector<char32_t> folded(std::string_view text);
bool is_han(char32_t c);

}  // namespace lianbo::feed
