// Documents that are made from lists in the code, so that they can't say anything else: settings, errors, metrics, log
// events, events. `lianbo docs KIND` prints one; `./dev docs` writes them all into docs/, and `./dev test` compares.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lianbo::app {

const std::vector<std::string>& document_kinds();  // "settings", …
std::string document(std::string_view kind);

}  // namespace lianbo::app
