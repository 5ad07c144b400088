// The command line's verbs. Each returns the process's exit code: 0 done, 1 failed, 2 wrong usage or settings.
// Results go to stdout (as JSON where asked), messages to stderr.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/settings.hpp"

namespace lianbo::app {

struct Console {
  bool json = false;
  bool quiet = false;
  bool colour = false;  // stderr is a terminal and NO_COLOR is not set
};
// "lianbo: cause (at place)" on stderr; the exit code for it.
int complain(const Error& error);

int serve(const Settings& settings, const Console& console);
int init_brand(const Settings& settings, const Console& console, const std::string& name,
               const std::string& owner_login, const std::string& currency, const std::string& time_zone);
int verify_brand(const Settings& settings, const Console& console, const std::string& brand, const std::string& as);
int issue_token(const Settings& settings, const Console& console, const std::string& login, int days);
int import_catalog(const Settings& settings, const Console& console, const std::string& brand, const std::string& file,
                   std::int64_t default_stock);
int import_agents(const Settings& settings, const Console& console, const std::string& brand, const std::string& file);
int settle(const Settings& settings, const Console& console, const std::string& brand, const std::string& cutoff);
int explain(const Settings& settings, const Console& console, const std::string& kind, const std::string& id);
int verify(const Settings& settings, const Console& console);
// A proof of a lucky bag's draw, as GET /lucky-bags/{id}/proof answers it; "-": from standard input. Needs no server.
int verify_lucky_bag(const Console& console, const std::string& file);
int evidence_verify(const Settings& settings, const Console& console, const std::string& brand);
// The bundle about an order or a broadcast goes to `file` ("-": stdout).
int evidence_export(const Settings& settings, const Console& console, const std::string& brand, const std::string& kind,
                    const std::string& id, const std::string& file, bool personal);
int evidence_check(const std::string& file, const Console& console);  // needs no database
// A clip's file against its provenance (GET /clips/{id}/provenance). key: the brand's public key in hex; "": any.
int clip_verify(const Console& console, const std::string& clip, const std::string& provenance, const std::string& key);
int migrate(const Settings& settings, const Console& console, bool dry);
// path "": into backup.dir, under a name of its own.
int backup(const Settings& settings, const Console& console, const std::string& path);
int restore(const Settings& settings, const Console& console, const std::string& file, bool only_check);
// settings: as loaded, or why they could not be.
int doctor(const Result<Settings>& settings, const Console& console, const std::string& config_file, bool online);
int check_config(const Settings& settings, const Console& console);

struct DemoCommand {
  std::uint64_t seed = 1;
  int agents = 200, peak_rooms = 40, people = 5000, workers = 4;
  std::string catalog, graph, chat, agents_file, report, data_dir, day = "2026-11-11";
  std::string look = "hall";
  bool once = false, fresh = true, day_only = false;
  int port = 8480;
  int pictures = 4;   // rooms of the evening that have one
  int evening_s = 0;  // with `once`: so long
};
int demo(const DemoCommand& command, const Console& console, const std::string& program);

}  // namespace lianbo::app
