// lianbo: one program. The verbs are in commands.hpp; here is only what they are called and what they take.

#include <unistd.h>
#include <CLI/CLI.hpp>
#include <cstdlib>

#include "app/app.hpp"
#include "app/commands.hpp"
#include "app/documents.hpp"
#include "base/crypto.hpp"

namespace {

struct Common {
  std::string config, db;
  std::vector<std::string> sets;
  lianbo::app::Console console;
};

void add_common(CLI::App& command, Common& common) {
  command.add_option("--config", common.config, "settings file (lines: name = value)")
      ->type_name("FILE")
      ->envname("LIANBO_CONFIG");
  command.add_option("--db", common.db, "sqlite:PATH or postgres://… (setting db.url)")->type_name("URL");
  command.add_option("--set", common.sets, "a setting: name=value; may be given several times")
      ->type_name("NAME=VALUE");
  command.add_flag("--json", common.console.json, "answer in JSON");
  command.add_flag("--quiet,-q", common.console.quiet, "say less");
}

lianbo::Result<lianbo::Settings> settings_of(const Common& common) {
  TRY(auto settings, lianbo::load_settings(common.config));
  for (const auto& set : common.sets) {
    const auto at = set.find('=');
    if (at == std::string::npos)
      return lianbo::fail(lianbo::Code::invalid_field, "\"" + set + "\" is not name=value", "--set");
    TRY_OK(settings.set(set.substr(0, at), set.substr(at + 1)));
  }
  if (!common.db.empty()) settings.db_url = common.db;
  return settings;
}

// Roff from what the verbs say of themselves.
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '-' || c == '\\') out += '\\';
    if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) out += "\\&";
    out += c;
  }
  return out;
}
void describe(std::string& out, const CLI::App& verb, const std::string& name) {
  out += ".SS " + roff(name) + "\n" + roff(verb.get_description()) + ".\n";
  for (const CLI::Option* option : verb.get_options()) {
    if (option->get_name(false, true) == "-h,--help" || option->get_group().empty()) continue;
    std::string named = option->get_positional() ? option->get_name(true) : option->get_name(false, true);
    if (!option->get_positional() && option->get_expected_max() > 0) named += " " + option->get_type_name();
    out += ".TP\n.B " + roff(named) + "\n" + roff(option->get_description()) + "\n";
  }
}
std::string man_page(const CLI::App& cli) {
  std::string out = std::string(".TH LIANBO 1 \"\" \"lianbo ") + lianbo::app::kVersion +
                    "\" \"Lianbo\"\n.SH NAME\nlianbo \\- matrix live commerce\n.SH SYNOPSIS\n.B lianbo\n.I VERB\n"
                    "[options]\n.SH DESCRIPTION\n" +
                    roff(cli.get_description()) + ".\n.SH VERBS\n";
  for (const CLI::App* verb : cli.get_subcommands({})) {
    if (verb->get_group().empty()) continue;
    describe(out, *verb, verb->get_name());
    for (const CLI::App* part : verb->get_subcommands({}))
      describe(out, *part, verb->get_name() + " " + part->get_name());
  }
  return out +
         ".SH SETTINGS\nIn a file (lines: name = value), in the environment (LIANBO_\\[u2026]), or with \\-\\-set; "
         "lianbo check\\-config shows them all. LIANBO_CONFIG names the file where \\-\\-config does not.\n"
         ".SH EXIT STATUS\n0 done, 1 failed, 2 wrong usage or settings.\n"
         ".SH SEE ALSO\n/usr/share/doc/lianbo/operations.md, settings.md, api.md\n";
}

}  // namespace

int main(int argc, char** argv) {
  using namespace lianbo::app;
  lianbo::crypto_init();

  CLI::App cli{"Lianbo 联播: matrix live commerce, one brand, many hosts"};
  cli.set_version_flag("--version", std::string("lianbo ") + kVersion);
  cli.require_subcommand(1);
  cli.footer("Exit codes: 0 done, 1 failed, 2 wrong usage or settings. Settings: docs/settings.md");
  Common common;
  common.console.colour = std::getenv("NO_COLOR") == nullptr && isatty(STDERR_FILENO);

  auto* serve_cmd = cli.add_subcommand("serve", "Runs the server");
  add_common(*serve_cmd, common);
  int port = -1;
  std::string address;
  serve_cmd->add_option("--port", port, "port to listen on; 0 takes a free one")->check(CLI::Range(0, 65535));
  serve_cmd->add_option("--address", address, "address to listen on (default: loopback only)");

  DemoCommand demo_options;
  auto* demo_cmd = cli.add_subcommand("demo", "A matrix sale day, end to end, against a server of its own");
  demo_cmd->add_option("--seed", demo_options.seed, "the same seed and --workers 1 give the same report")
      ->capture_default_str();
  demo_cmd->add_option("--agents-count", demo_options.agents, "agents of the brand")
      ->capture_default_str()
      ->check(CLI::Range(2, 10000));
  demo_cmd->add_option("--rooms", demo_options.peak_rooms, "rooms on air at the peak")
      ->capture_default_str()
      ->check(CLI::Range(1, 10000));
  demo_cmd->add_option("--people", demo_options.people, "people on the friendship graph")
      ->capture_default_str()
      ->check(CLI::Range(10, 1000000));
  demo_cmd->add_option("--workers", demo_options.workers, "people acting at the same time")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  demo_cmd
      ->add_option("--catalog", demo_options.catalog,
                   "product file (Shopify, WooCommerce, Lianbo, price list; .gz too)")
      ->check(CLI::ExistingFile);
  demo_cmd->add_option("--graph", demo_options.graph, "friendship graph: lines of two numbers (.gz too)")
      ->check(CLI::ExistingFile);
  demo_cmd->add_option("--chat", demo_options.chat, "chat lines: room, minute, text (.tsv.xz)")
      ->check(CLI::ExistingFile);
  demo_cmd->add_option("--agents", demo_options.agents_file, "the brand's own network (agents' CSV)")
      ->check(CLI::ExistingFile);
  demo_cmd->add_option("--report", demo_options.report, "write the figures to this JSON file")->type_name("FILE");
  demo_cmd->add_option("--data", demo_options.data_dir, "folder for the demo's database (default: demo-data)");
  demo_cmd->add_option("--day", demo_options.day, "the simulated day")->capture_default_str();
  demo_cmd->add_option("--port", demo_options.port, "port of the demo's server; 0 takes a free one")
      ->capture_default_str()
      ->check(CLI::Range(0, 65535));
  demo_cmd
      ->add_option("--look", demo_options.look,
                   "what people choose a room from: hall (the hosts' names), feed, or a list in random order or with "
                   "most viewers first, to compare the feed with")
      ->capture_default_str()
      ->check(CLI::IsMember({"hall", "feed", "random", "viewers"}));
  demo_cmd->add_flag("--day-only", demo_options.day_only, "without the weeks after the sale day");
  demo_cmd->add_flag("--once", demo_options.once, "end after the report instead of keeping the server running");
  demo_cmd->add_option("--pictures", demo_options.pictures, "rooms of the evening that publish a picture; 0: none")
      ->capture_default_str()
      ->check(CLI::Range(0, 8));
  demo_cmd
      ->add_option("--evening", demo_options.evening_s, "with --once: an evening of so many seconds after the report")
      ->check(CLI::Range(0, 86400));
  demo_cmd->add_flag("--json", common.console.json, "print the report as JSON");
  demo_cmd->add_flag("--quiet,-q", common.console.quiet, "no progress line");

  std::string brand, file, name, owner, currency = "CNY", zone = "Asia/Shanghai", login, cutoff, kind, id, path;
  int days = 0;
  std::int64_t stock = 100;
  auto* init_cmd = cli.add_subcommand("init", "Sets up a brand and its owner");
  add_common(*init_cmd, common);
  init_cmd->add_option("--name", name, "the brand's name")->required();
  init_cmd->add_option("--owner", owner, "login of its owner")->required();
  init_cmd->add_option("--currency", currency, "ISO 4217")->capture_default_str();
  init_cmd->add_option("--time-zone", zone, "for reports")->capture_default_str();

  auto* badge_cmd = cli.add_subcommand("verify-brand", "Says that a brand's papers were seen: buyers read whose it is");
  add_common(*badge_cmd, common);
  badge_cmd->add_option("--brand", brand, "its identifier; needed when there are several");
  badge_cmd->add_option("--as", name, "the company's name as in its papers; empty takes the mark away")->required();

  auto* token_cmd = cli.add_subcommand("token", "Makes an API token for a login");
  add_common(*token_cmd, common);
  token_cmd->add_option("LOGIN", login)->required();
  token_cmd->add_option("--days", days, "valid for; default: session.days");

  auto* import_cmd = cli.add_subcommand("import", "Imports a file: catalog or agents");
  import_cmd->require_subcommand(1);
  auto* import_catalog_cmd =
      import_cmd->add_subcommand("catalog", "Products: Shopify, WooCommerce, Lianbo's own, price lists; .gz too");
  auto* import_agents_cmd =
      import_cmd->add_subcommand("agents", "The existing network: code, name, phone, region, level, parent");
  for (auto* c : {import_catalog_cmd, import_agents_cmd}) {
    add_common(*c, common);
    c->add_option("FILE", file)->required()->check(CLI::ExistingFile);
    c->add_option("--brand", brand, "the brand's id; not needed when there is one");
  }
  import_catalog_cmd->add_option("--stock", stock, "first stock of SKUs whose file has no stock")
      ->capture_default_str()
      ->check(CLI::Range(0, 100000000));

  auto* settle_cmd = cli.add_subcommand("settle", "Settles what became available until the cut-off; safe to repeat");
  add_common(*settle_cmd, common);
  settle_cmd->add_option("--brand", brand, "the brand's id; not needed when there is one");
  settle_cmd->add_option("--cutoff", cutoff, "instant, RFC 3339 (default: now)");

  auto* explain_cmd = cli.add_subcommand("explain", "Why: an order, a commission entry, a settlement");
  add_common(*explain_cmd, common);
  explain_cmd->add_option("KIND", kind)->required()->check(CLI::IsMember({"order", "entry", "settlement"}));
  explain_cmd->add_option("ID", id)->required();

  auto* verify_cmd = cli.add_subcommand("verify", "Recomputes everything from the rows; exit 1 when something differs");
  add_common(*verify_cmd, common);

  auto* bag_cmd = cli.add_subcommand("luckybag", "Lucky bags");
  bag_cmd->require_subcommand(1);
  auto* bag_verify_cmd = bag_cmd->add_subcommand(
      "verify", "Recomputes a draw from its proof (GET /lucky-bags/{id}/proof); exit 1 if it is wrong");
  bag_verify_cmd->add_option("FILE", file, "- for standard input")->required();
  bag_verify_cmd->add_flag("--json", common.console.json, "JSON on stdout");
  auto* clip_cmd = cli.add_subcommand("clip", "Clips");
  clip_cmd->require_subcommand(1);
  auto* clip_verify_cmd = clip_cmd->add_subcommand(
      "verify", "Checks a clip's file against its provenance (GET /clips/{id}/provenance); exit 1 if it is wrong");
  clip_verify_cmd->add_option("FILE", file, "the clip")->required()->check(CLI::ExistingFile);
  clip_verify_cmd->add_option("PROVENANCE", id, "its provenance, JSON")->required()->check(CLI::ExistingFile);
  clip_verify_cmd->add_option("--key", kind, "the brand's public key in hex, known from elsewhere");
  clip_verify_cmd->add_flag("--json", common.console.json, "JSON on stdout");
  auto* evidence_cmd =
      cli.add_subcommand("evidence", "The chain of evidence: verify it, hand out parts of it with proof");
  evidence_cmd->require_subcommand(1);
  auto* evidence_verify_cmd =
      evidence_cmd->add_subcommand("verify", "Recomputes every chain; exit 1 when something differs");
  auto* evidence_export_cmd = evidence_cmd->add_subcommand("export", "A bundle about an order or a broadcast");
  auto* evidence_check_cmd = evidence_cmd->add_subcommand("check", "Checks a bundle by itself, without a database");
  bool personal = false;
  for (auto* c : {evidence_verify_cmd, evidence_export_cmd, evidence_check_cmd}) add_common(*c, common);
  for (auto* c : {evidence_verify_cmd, evidence_export_cmd})
    c->add_option("--brand", brand, "the brand's id; verify: all when left out");
  evidence_export_cmd->add_option("KIND", kind)->required()->check(CLI::IsMember({"order", "broadcast"}));
  evidence_export_cmd->add_option("ID", id)->required();
  evidence_export_cmd->add_option("FILE", file, "where to; - for the standard output")->required();
  evidence_export_cmd->add_flag("--personal", personal, "open what is sealed in it");
  evidence_check_cmd->add_option("FILE", file)->required()->check(CLI::ExistingFile);

  bool dry = false;
  auto* migrate_cmd = cli.add_subcommand("migrate", "Brings the schema to this program's version");
  add_common(*migrate_cmd, common);
  migrate_cmd->add_flag("--dry-run", dry, "only show what would be applied");

  auto* backup_cmd = cli.add_subcommand("backup", "A sealed copy of the whole database, beside a server that runs");
  add_common(*backup_cmd, common);
  backup_cmd->add_option("FILE", path, "file to write; none: a new one in backup.dir, and older ones are removed");

  bool only_check = false;
  auto* restore_cmd = cli.add_subcommand("restore", "Brings a backup into an empty place, and verifies every row");
  add_common(*restore_cmd, common);
  restore_cmd->add_option("FILE", file, "a file that lianbo backup wrote")->required()->check(CLI::ExistingFile);
  restore_cmd->add_flag("--check", only_check, "only look whether the file is whole, and say what it is");

  bool online = false;
  auto* doctor_cmd = cli.add_subcommand("doctor", "Looks at a set-up and says what is wrong and how to mend it");
  add_common(*doctor_cmd, common);
  doctor_cmd->add_flag("--online", online, "also ask the payment rail whether it takes our key");

  auto* check_cmd = cli.add_subcommand("check-config", "Shows every setting, or what is wrong with them");
  add_common(*check_cmd, common);

  auto* docs_cmd = cli.add_subcommand("docs", "Prints a list that documentation is made from")->group("");
  docs_cmd->add_option("KIND", kind)->required()->check(CLI::IsMember([] {
    auto kinds = document_kinds();
    kinds.push_back("man");
    return kinds;
  }()));

  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    const int code = cli.exit(e);
    return code == 0 ? 0 : 2;
  }

  if (*docs_cmd) {
    std::fputs((kind == "man" ? man_page(cli) : document(kind)).c_str(), stdout);
    return 0;
  }
  if (*clip_verify_cmd) return clip_verify(common.console, file, id, kind);
  if (*bag_verify_cmd) return verify_lucky_bag(common.console, file);
  if (*demo_cmd) return demo(demo_options, common.console, argv[0]);

  auto settings = settings_of(common);
  if (*doctor_cmd) return doctor(settings, common.console, common.config, online);
  if (!settings) return complain(settings.error()) == 0 ? 0 : 2;
  if (*serve_cmd) {
    if (port >= 0) settings->http_port = port;
    if (!address.empty()) settings->http_address = address;
    return serve(*settings, common.console);
  }
  if (*init_cmd) return init_brand(*settings, common.console, name, owner, currency, zone);
  if (*badge_cmd) return verify_brand(*settings, common.console, brand, name);
  if (*token_cmd) return issue_token(*settings, common.console, login, days);
  if (*import_catalog_cmd) return import_catalog(*settings, common.console, brand, file, stock);
  if (*import_agents_cmd) return import_agents(*settings, common.console, brand, file);
  if (*settle_cmd) return settle(*settings, common.console, brand, cutoff);
  if (*explain_cmd) return explain(*settings, common.console, kind, id);
  if (*verify_cmd) return verify(*settings, common.console);
  if (*evidence_verify_cmd) return evidence_verify(*settings, common.console, brand);
  if (*evidence_export_cmd) return evidence_export(*settings, common.console, brand, kind, id, file, personal);
  if (*evidence_check_cmd) return evidence_check(file, common.console);
  if (*migrate_cmd) return migrate(*settings, common.console, dry);
  if (*backup_cmd) return backup(*settings, common.console, path);
  if (*restore_cmd) return restore(*settings, common.console, file, only_check);
  return check_config(*settings, common.console);
}
