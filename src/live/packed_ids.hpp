// PackedIds: a set of identifiers in few bytes. Sorted, and of each only the gap to the one before, seven bits a byte:
// five bytes for one of ten thousand rooms. Pure functions. What a migration wrote (`h` and 16 hexadecimal digits for
// each, in any order) is read, too.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lianbo::live {

std::string pack_ids(std::span<const std::int64_t> sorted);  // none negative, none twice
// Sorted. False: these bytes are no such set.
bool unpack_ids(std::string_view packed, std::vector<std::int64_t>& out);

}  // namespace lianbo::live
