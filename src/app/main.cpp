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
  command.add_option("--config", common.config, "settings file (lines: name = value)")->type_name("FILE");
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
  demo_cmd->add_flag("--once", demo_options.once, "end after the report instead of keeping the server running");
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

  auto* backup_cmd = cli.add_subcommand("backup", "A consistent copy of a running SQLite database");
  add_common(*backup_cmd, common);
  backup_cmd->add_option("PATH", path, "file to write")->required();

  auto* check_cmd = cli.add_subcommand("check-config", "Shows every setting, or what is wrong with them");
  add_common(*check_cmd, common);

  auto* docs_cmd = cli.add_subcommand("docs", "Prints a list that documentation is made from")->group("");
  docs_cmd->add_option("KIND", kind)->required()->check(CLI::IsMember(document_kinds()));

  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    const int code = cli.exit(e);
    return code == 0 ? 0 : 2;
  }

  if (*docs_cmd) {
    std::fputs(document(kind).c_str(), stdout);
    return 0;
  }
  if (*demo_cmd) return demo(demo_options, common.console, argv[0]);

  auto settings = settings_of(common);
  if (!settings) return complain(settings.error()) == 0 ? 0 : 2;
  if (*serve_cmd) {
    if (port >= 0) settings->http_port = port;
    if (!address.empty()) settings->http_address = address;
    return serve(*settings, common.console);
  }
  if (*init_cmd) return init_brand(*settings, common.console, name, owner, currency, zone);
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
  return check_config(*settings, common.console);
}
