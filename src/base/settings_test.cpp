#include "base/settings.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>

#include "support/database.hpp"

namespace lianbo {
namespace {

class SettingsFile {
 public:
  explicit SettingsFile(const std::string& text) : path_(folder_.path() + "/lianbo.conf") {
    std::ofstream(path_) << text;
  }
  const std::string& path() const { return path_; }

 private:
  test::ScratchFolder folder_;
  std::string path_;
};

class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Environment() { unsetenv(name_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
};

TEST(Settings, every_one_has_a_name_of_its_own_a_lawful_default_and_says_what_it_is_for) {
  std::set<std::string> names, envs;
  for (const auto& s : all_settings()) {
    EXPECT_TRUE(names.insert(s.name).second) << s.name;
    EXPECT_TRUE(envs.insert(s.env).second) << s.env;
    EXPECT_FALSE(s.doc.empty()) << s.name;
    Settings settings;
    EXPECT_EQ(setting_text(settings, s.name), s.fallback);
    EXPECT_TRUE(settings.set(s.name, s.fallback)) << s.name;
    if (s.integer) {
      EXPECT_TRUE(settings.set(s.name, std::to_string(s.min))) << s.name;
      EXPECT_TRUE(settings.set(s.name, std::to_string(s.max))) << s.name;
      EXPECT_EQ(setting_text(settings, s.name), std::to_string(s.max));
      EXPECT_FALSE(settings.set(s.name, std::to_string(s.min - 1))) << s.name;
      EXPECT_FALSE(settings.set(s.name, std::to_string(s.max + 1))) << s.name;
      EXPECT_EQ(setting_text(settings, s.name), std::to_string(s.max)) << "a refused value must change nothing";
    }
  }
}

TEST(Settings, the_defaults_are_those_of_the_rules) {
  const Settings s;
  EXPECT_EQ(s.order_release_ms, 15 * 60 * 1000);
  EXPECT_EQ(s.return_days, 7);
  EXPECT_EQ(s.freeze_days, 7);
  EXPECT_EQ(s.plan_cap_bp, 3000);
  EXPECT_EQ(s.buckets, 64);
}

TEST(Settings, whole_numbers_only) {
  for (const char* value : {"", "x", "1.5", "10s", " 10", "+10", "0x10", "99999999999999999999"}) {
    Settings s;
    const auto status = s.set("http.workers", value);
    ASSERT_FALSE(status) << value;
    EXPECT_NE(status.error().detail.find("from 1 to"), std::string::npos) << status.error().detail;
  }
  Settings s;
  EXPECT_EQ(s.set("http.wokers", "1").error().code, Code::unknown_field);
}

TEST(Settings, the_environment_beats_the_file_and_the_file_the_default) {
  const SettingsFile file("# shop\n\n  http.port = 9000 \r\nhttp.workers=4\npublic_url = \"https://shop.example\"\n");
  const Environment environment("LIANBO_HTTP_WORKERS", "8");
  const auto s = load_settings(file.path());
  ASSERT_TRUE(s) << s.error().text();
  EXPECT_EQ(s->http_port, 9000);
  EXPECT_EQ(s->http_workers, 8);
  EXPECT_EQ(s->public_url, "https://shop.example");
  EXPECT_EQ(s->http_queue, Settings{}.http_queue);
}

TEST(Settings, all_that_is_wrong_is_told_at_once) {
  const SettingsFile file("http.port = 70000\nnonsense\nhttp.colour = red\nhttp.workers = 2\n");
  const Environment environment("LIANBO_DB_BATCH", "none");
  const auto s = load_settings(file.path());
  ASSERT_FALSE(s);
  ASSERT_EQ(s.error().more.size(), 4u) << s.error().text();
  EXPECT_NE(s.error().more[0].find("line 1"), std::string::npos);
  EXPECT_NE(s.error().more[1].find("line 2"), std::string::npos);
  EXPECT_NE(s.error().more[2].find("http.colour"), std::string::npos);
  EXPECT_NE(s.error().more[3].find("LIANBO_DB_BATCH"), std::string::npos);
}

TEST(Settings, a_file_that_is_not_there_is_an_error_and_no_file_is_not) {
  EXPECT_EQ(load_settings("/nowhere/lianbo.conf").error().code, Code::io_failed);
  EXPECT_TRUE(load_settings(""));
}

}  // namespace
}  // namespace lianbo
