// For the tests of this folder: a caller with sources of ids and chance, a brand, SKUs.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "base/csv.hpp"
#include "catalog/catalog_service.hpp"
#include "org/org_service.hpp"
#include "support/database.hpp"
#include "support/source_dir.hpp"

namespace lianbo::catalog {

inline bool full_run() { return std::getenv("LIANBO_FULL") != nullptr; }

struct Caller {
  IdMaker ids;
  SeededRandom random{1};
  Settings settings;
  Instant now = 1'800'000'000'000;

  Call system() {
    Call call;
    call.caller.system = true;
    call.caller.guest = false;
    return filled(std::move(call));
  }
  Call staff(BrandId brand, unsigned roles) {
    Call call;
    call.caller.guest = false;
    call.caller.person = PersonId{77};
    call.caller.staff.push_back({brand, roles});
    return filled(std::move(call));
  }
  Call guest() { return filled(Call{}); }

 private:
  Call filled(Call call) {
    call.now = now;
    call.ids = &ids;
    call.random = &random;
    call.settings = &settings;
    return call;
  }
};

inline BrandId make_brand(db::Database& database, Caller& caller, const std::string& login = "owner") {
  const Call call = caller.system();
  org::NewBrand wish;
  wish.name = "Tea";
  wish.owner_login = login;
  wish.owner_name = "Owner";
  wish.owner_password_hash = "x";
  const auto brand = database.write([&](db::Tx& tx) { return org::create_brand(tx, call, wish); });
  EXPECT_TRUE(brand) << brand.error().text();
  return brand.value_or(BrandId{});
}

// The bytes of a file of real data beside the project; "" where there is none.
inline std::string data_file(const std::string& name) {
  std::ifstream in(test::source_dir().parent_path() / "shared/data" / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
#define NEEDS_DATA(variable, name)              \
  const std::string variable = data_file(name); \
  if (variable.empty()) GTEST_SKIP() << "no shared/data/" << (name) << " beside the project: NOT TESTED"

}  // namespace lianbo::catalog
