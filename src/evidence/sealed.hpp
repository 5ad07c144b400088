// How personal data lies in the evidence: sealed for what the entry is about, so that it opens nowhere else. Private to
// src/evidence.
#pragma once

#include <string>

#include "evidence/chain.hpp"

namespace lianbo::evidence {

inline std::string sealed_purpose(BrandId brand, const Subject& subject) {
  return "evidence " + brand.text() + " " + std::string(kind_name(subject.kind)) + " " + std::to_string(subject.id);
}

}  // namespace lianbo::evidence
