// The main of every test program. It adds a test of its own: each Sql the program was linked with can be prepared on
// both engines, so that no statement waits for its first use to be found wrong. Statements on tables that only one test
// makes are called "….only_…" and left out.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "base/crypto.hpp"
#include "base/log.hpp"
#include "privacy/vault.hpp"
#include "support/database.hpp"

// What draws (posters, statements) keeps its fonts until the process ends. Programs that link it let go of them first,
// and two leaks are left that are not ours and that the leak checker can't see more of than the library: Fontconfig's
// of 288 bytes once, and 768 bytes inside cairo_surface_finish for each PDF (Cairo 1.16, subsets of CFF fonts).
extern "C" {
const char* __lsan_default_suppressions();
const char* __lsan_default_suppressions() { return "leak:libfontconfig\nleak:libcairo"; }
void pango_cairo_font_map_set_default(void* map) __attribute__((weak));
void cairo_debug_reset_static_data() __attribute__((weak));
void FcFini() __attribute__((weak));
}

namespace {

using lianbo::test::Engine;
using lianbo::test::ScratchDatabase;

class EveryStatement : public ::testing::Test {
 public:
  explicit EveryStatement(Engine engine) : engine_(engine) {}
  void TestBody() override {
    const ScratchDatabase scratch(engine_);
    const auto db = scratch.open();
    for (const lianbo::db::Sql* sql : lianbo::db::all_statements()) {
      if (std::string_view(sql->name).find(".only_") != std::string_view::npos) continue;
      const lianbo::Status status = db->prepare_only(*sql);
      EXPECT_TRUE(status) << (status ? "" : status.error().text());
    }
  }

 private:
  Engine engine_;
};

// A program without statements of its own need not start a PostgreSQL.
bool has_statements() {
  return std::ranges::any_of(lianbo::db::all_statements(), [](const lianbo::db::Sql* sql) {
    const std::string_view name = sql->name;
    return !name.starts_with("migrate.") && !name.starts_with("outbox.add");
  });
}

}  // namespace

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  lianbo::crypto_init();
  lianbo::privacy::use_master_key(std::string(lianbo::kSealKeyBytes, 'k'));
  if (!std::getenv("LIANBO_TEST_LOG")) static_cast<void>(lianbo::set_log_level("off"));
  if (has_statements())
    for (const Engine engine : {Engine::sqlite, Engine::postgres})
      ::testing::RegisterTest("EveryStatement", engine == Engine::sqlite ? "PreparesOnSqlite" : "PreparesOnPostgres",
                              nullptr, nullptr, __FILE__, __LINE__, [engine] { return new EveryStatement(engine); });
  const int result = RUN_ALL_TESTS();
  if (pango_cairo_font_map_set_default != nullptr) pango_cairo_font_map_set_default(nullptr);
  if (cairo_debug_reset_static_data != nullptr) cairo_debug_reset_static_data();
  if (FcFini != nullptr) FcFini();
  return result;
}
