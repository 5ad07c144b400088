#include "app/commands.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "app/app.hpp"
#include "app/backup.hpp"
#include "app/doctor.hpp"
#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "catalog/catalog_service.hpp"
#include "clips/clips.hpp"
#include "evidence/evidence_service.hpp"
#include "insight/verify.hpp"
#include "live/lucky_bag.hpp"
#include "order/settlement.hpp"
#include "org/org_service.hpp"
#include "org/sessions.hpp"
#include "share/share_service.hpp"

namespace lianbo::app {
namespace {

constexpr std::size_t kMaxFile = 1U << 30;

Result<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(Code::io_failed, "can't open it for reading", path);
  std::ostringstream text;
  text << in.rdbuf();
  std::string out = std::move(text).str();
  if (out.size() > kMaxFile) return fail(Code::body_too_large, "at most 1 GiB", path);
  return out;
}

Result<std::unique_ptr<Workbench>> open_bench(const Settings& settings, privacy::Need key) {
  TRY_OK(set_log_level(settings.log_level));
  return Workbench::open(settings, "cli:" + std::to_string(getpid()), key);
}

// The brand by its id, or, if none is given, the only one there is.
Result<BrandId> the_brand(Workbench& bench, const std::string& text) {
  if (!text.empty()) {
    if (const auto id = BrandId::parse(text)) return *id;
    return fail(Code::invalid_field, "\"" + text + "\" is not a brand's id (13 characters)", "--brand");
  }
  return bench.db->read([&](db::Tx& tx) -> Result<BrandId> {
    const auto brands = org::all_brands(tx, 2);
    if (brands.size() == 1) return brands.front().id;
    return fail(Code::invalid_field,
                brands.empty() ? "there is no brand yet: lianbo init --name NAME --owner LOGIN"
                               : "there are several brands: say which",
                "--brand");
  });
}

// A mistyped path must not become a new, empty database that verifies well.
Status require_database(const Settings& settings) {
  std::string_view path = settings.db_url;
  if (path.starts_with("postgres")) return {};
  if (path.starts_with("sqlite:")) path.remove_prefix(7);
  std::error_code ec;
  if (std::filesystem::exists(std::filesystem::path(path), ec)) return {};
  return fail(Code::io_failed, "there is no database here; lianbo init makes one", std::string(path));
}

// The key of personal data is needed only by what reads or writes some: money is counted without it, and so are copies
// of the database that lie elsewhere.
template <class F>
int with_bench(const Settings& settings, F&& f, bool may_make = false, privacy::Need key = privacy::Need::if_there) {
  if (!may_make)
    if (const auto there = require_database(settings); !there) return complain(there.error());
  auto bench = open_bench(settings, key);
  if (!bench) return complain(bench.error());
  const Result<int> done = f(**bench);
  return done ? *done : complain(done.error());
}

}  // namespace

int complain(const Error& error) {
  std::fprintf(stderr, "lianbo: %s\n", error.text().c_str());
  const bool usage =
      error.code == Code::invalid_field || error.code == Code::unknown_field || error.code == Code::missing_field;
  return usage ? 2 : 1;
}

// Tells systemd (Type=notify) how far we are; nothing where nobody listens.
static void notify_manager(std::string_view state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr || *path == 0) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  const std::string_view name(path);
  if (name.size() >= sizeof to.sun_path) return;
  std::copy(name.begin(), name.end(), to.sun_path);
  if (to.sun_path[0] == '@') to.sun_path[0] = 0;
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  sendto(fd, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to), size);
  close(fd);
}

int serve(const Settings& settings, const Console& console) {
  // Signals are taken by this thread alone; every other one is started with them blocked.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int s : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, s);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);

  auto app = App::start(settings);
  if (!app) return complain(app.error());
  if (console.json) {
    JsonWriter w;
    w.begin()
        .field("url", (*app)->url())
        .field("port", (*app)->port())
        .field("pid", static_cast<std::int64_t>(getpid()))
        .end();
    std::printf("%s\n", w.text().c_str());
  } else {
    std::printf("Lianbo %s listens on %s\n", kVersion, (*app)->url().c_str());
  }
  std::fflush(stdout);
  notify_manager("READY=1");
  int signal_number = 0;
  sigwait(&signals, &signal_number);
  notify_manager("STOPPING=1");
  (*app)->stop();
  return 0;
}

int init_brand(const Settings& settings, const Console& console, const std::string& name,
               const std::string& owner_login, const std::string& currency, const std::string& time_zone) {
  return with_bench(
      settings,
      [&](Workbench& bench) -> Result<int> {
        const Call call = bench.system_call();
        struct Made {
          BrandId brand;
          std::string token, invite;
        };
        TRY(const auto made, bench.db->write([&](db::Tx& tx) -> Result<Made> {
          org::NewBrand wish;
          wish.name = name;
          wish.currency = currency;
          wish.time_zone = time_zone;
          wish.owner_login = owner_login;
          wish.owner_name = owner_login;
          Made m;
          TRY(m.brand, org::create_brand(tx, call, wish));
          const auto owner = org::find_login(tx, owner_login);
          TRY(m.token, org::issue_session(tx, call, owner->person, org::TokenKind::api, "owner, made by lianbo init"));
          TRY(const auto invited, org::add_staff(tx, call, m.brand, owner_login, owner_login, kOwner));
          m.invite = invited.invite_token;
          return m;
        }));
        if (console.json) {
          JsonWriter w;
          w.begin().field("brand_id", made.brand).field("owner_token", made.token);
          w.field("owner_invite", made.invite).end();
          std::printf("%s\n", w.text().c_str());
        } else {
          std::printf(
              "Brand %s\nAPI token of its owner (shown once): %s\n"
              "Invitation of its owner, to choose a password with (7 days, once): %s\n",
              made.brand.text().c_str(), made.token.c_str(), made.invite.c_str());
        }
        return 0;
      },
      true, privacy::Need::must);
}

int verify_brand(const Settings& settings, const Console& console, const std::string& brand, const std::string& as) {
  return with_bench(settings, [&](Workbench& bench) -> Result<int> {
    TRY(const auto id, the_brand(bench, brand));
    const Call call = bench.system_call();
    TRY_OK(bench.db->write([&](db::Tx& tx) { return org::verify_brand(tx, call, id, as); }));
    if (console.json) {
      JsonWriter w;
      w.begin().field("brand_id", id).field("verified_as", as).end();
      std::printf("%s\n", w.text().c_str());
    } else {
      std::printf("%s\n", as.empty() ? "the mark is taken away" : ("buyers read now that it belongs to " + as).c_str());
    }
    return 0;
  });
}

int issue_token(const Settings& settings, const Console& console, const std::string& login, int days) {
  const auto issue = [&](Workbench& bench) -> Result<int> {
    const Call call = bench.system_call();
    TRY(const auto token, bench.db->write([&](db::Tx& tx) -> Result<std::string> {
      const auto found = org::find_login(tx, login);
      if (!found) return fail(Code::not_found, "nobody has this login", login);
      return org::issue_session(tx, call, found->person, org::TokenKind::api, "made by lianbo token", days);
    }));
    if (console.json) {
      JsonWriter w;
      w.begin().field("token", token).end();
      std::printf("%s\n", w.text().c_str());
    } else {
      std::printf("%s\n", token.c_str());
    }
    return 0;
  };
  return with_bench(settings, issue, false, privacy::Need::must);
}

int import_catalog(const Settings& settings, const Console& console, const std::string& brand, const std::string& file,
                   std::int64_t default_stock) {
  return with_bench(settings, [&](Workbench& bench) -> Result<int> {
    TRY(const auto bytes, read_file(file));
    TRY(const auto id, the_brand(bench, brand));
    catalog::CatalogOptions options;
    options.default_stock = default_stock;
    TRY(const auto report, catalog::import_catalog(*bench.db, bench.system_call(), id, bytes, options));
    if (console.json) {
      JsonWriter w;
      w.begin().field("products", report.products).field("skus", report.skus).field("created", report.created);
      w.field("updated", report.updated)
          .field("unchanged", report.unchanged)
          .field("stock_taken", report.stock_taken)
          .end();
      std::printf("%s\n", w.text().c_str());
    } else {
      std::printf("%d products with %d SKUs: %d new, %d changed, %d as they were; %lld units of first stock\n",
                  report.products, report.skus, report.created, report.updated, report.unchanged,
                  static_cast<long long>(report.stock_taken));
      for (const auto& note : report.notes) std::printf("  note: %s\n", note.c_str());
    }
    return 0;
  });
}

int import_agents(const Settings& settings, const Console& console, const std::string& brand, const std::string& file) {
  return with_bench(settings, [&](Workbench& bench) -> Result<int> {
    TRY(const auto bytes, read_file(file));
    TRY(const auto id, the_brand(bench, brand));
    TRY(const auto report, org::import_agents(*bench.db, bench.system_call(), id, bytes, share::follow_agent));
    if (console.json) {
      JsonWriter w;
      w.begin()
          .field("imported", report.imported)
          .field("updated", report.updated)
          .field("unchanged", report.unchanged);
      w.field("stores", report.stores).end();
      std::printf("%s\n", w.text().c_str());
    } else {
      std::printf("%lld agents new, %lld changed, %lld as they were; %lld stores opened\n",
                  static_cast<long long>(report.imported), static_cast<long long>(report.updated),
                  static_cast<long long>(report.unchanged), static_cast<long long>(report.stores));
    }
    return 0;
  });
}

int settle(const Settings& settings, const Console& console, const std::string& brand, const std::string& cutoff) {
  return with_bench(settings, [&](Workbench& bench) -> Result<int> {
    TRY(const auto id, the_brand(bench, brand));
    Instant at = bench.clock->now();
    if (!cutoff.empty()) {
      TRY(at, parse_rfc3339(cutoff, "--cutoff"));
    }
    TRY(const auto report, order::run_settlement(*bench.db, bench.system_call(), id, at));
    if (console.json) {
      std::printf("%s\n", order::run_json(report).c_str());
    } else {
      std::printf("Settlement up to %s: %lld agents (%lld settled now, %lld before)\n", format_rfc3339(at).c_str(),
                  static_cast<long long>(report.sum.agents), static_cast<long long>(report.settled_now),
                  static_cast<long long>(report.settled_before));
      std::printf("  entries %s, debt worked off %s, new debt %s, payable %s\n",
                  format_fen(report.sum.entries_fen).c_str(), format_fen(report.sum.worked_off_fen).c_str(),
                  format_fen(report.sum.new_debt_fen).c_str(), format_fen(report.sum.payable_fen).c_str());
    }
    for (const auto& f : report.failed) std::fprintf(stderr, "lianbo: not settled: %s\n", f.c_str());
    return report.failed.empty() ? 0 : 1;
  });
}

int explain(const Settings& settings, const Console&, const std::string& kind, const std::string& id_text) {
  return with_bench(settings, [&](Workbench& bench) -> Result<int> {
    const Call call = bench.system_call();
    const auto id = parse_id_text(id_text);
    if (!id) return fail(Code::invalid_field, "\"" + id_text + "\" is not an identifier (13 characters)", "ID");
    TRY(const auto text, bench.db->read([&](db::Tx& tx) -> Result<std::string> {
      if (kind == "order") return order::explain_order(tx, call, OrderId{*id});
      if (kind == "entry") return order::explain_entry(tx, call, EntryId{*id});
      return order::explain_settlement(tx, call, SettlementId{*id}, 0, 100000);
    }));
    std::printf("%s\n", text.c_str());
    return 0;
  });
}

int verify(const Settings& settings, const Console& console) {
  return with_bench(settings, [&](Workbench& bench) -> Result<int> {
    TRY(const auto report, insight::verify(*bench.db));
    std::printf("%s",
                console.json ? (insight::verify_json(report) + "\n").c_str() : insight::verify_text(report).c_str());
    return report.ok() ? 0 : 1;
  });
}

int verify_lucky_bag(const Console& console, const std::string& file) {
  const auto run = [&]() -> Status {
    TRY(const auto bytes, read_file(file == "-" ? "/dev/stdin" : file));
    return live::check_bag_proof(bytes);
  };
  const auto right = run();
  if (console.json) {
    JsonWriter w;
    w.begin().field("ok", right.has_value()).field("detail", right ? "" : right.error().detail).end();
    std::printf("%s\n", w.text().c_str());
  } else if (right) {
    std::printf("the draw holds: seed, commitment, entrants and winners fit each other\n");
  }
  return right ? 0 : complain(right.error());
}

int evidence_verify(const Settings& settings, const Console& console, const std::string& brand) {
  return with_bench(settings, [&](Workbench& bench) -> Result<int> {
    BrandId id;
    if (!brand.empty()) {
      TRY(id, the_brand(bench, brand));
    }
    TRY(const auto reports, evidence::verify_evidence(*bench.db, id));
    std::printf("%s", console.json ? (evidence::chain_report_json(reports) + "\n").c_str()
                                   : evidence::chain_report_text(reports).c_str());
    bool ok = true;
    for (const auto& r : reports) ok = ok && r.wrong == 0;
    return ok ? 0 : 1;
  });
}

int evidence_export(const Settings& settings, const Console& console, const std::string& brand, const std::string& kind,
                    const std::string& id_text, const std::string& file, bool personal) {
  const auto run = [&](Workbench& bench) -> Result<int> {
    TRY(const auto of, the_brand(bench, brand));
    const auto id = parse_id_text(id_text);
    const auto subject_kind = evidence::parse_subject_kind(kind);
    if (!id || !subject_kind)
      return fail(Code::invalid_field, "\"" + id_text + "\" is not an identifier (13 characters)", "ID");
    const evidence::Subject subject{*subject_kind, *id};
    std::int64_t after = 0;
    int part = 0;
    do {
      TRY(const auto bundle,
          bench.db->read([&](db::Tx& tx) { return evidence::export_bundle(tx, of, subject, after, personal); }));
      after = bundle.next_seq;
      if (file == "-") {
        std::printf("%s\n", bundle.json.c_str());
        continue;
      }
      const std::string path = part++ == 0 ? file : file + "." + std::to_string(part);
      std::ofstream out(path, std::ios::binary);
      out << bundle.json << "\n";
      if (!out.flush()) return fail(Code::io_failed, "can't write the bundle there", path);
      if (!console.quiet)
        std::fprintf(stderr, "written to %s; check it: lianbo evidence check %s\n", path.c_str(), path.c_str());
    } while (after != 0);
    return bench.db->write([&](db::Tx& tx) -> Result<int> {
      JsonWriter detail;
      detail.begin().field("reason", "lianbo evidence export").field("personal", personal).end();
      org::audit(tx, bench.system_call(), of, "evidence.export", kind, *id, detail.text());
      return 0;
    });
  };
  return with_bench(settings, run, false, personal ? privacy::Need::must : privacy::Need::if_there);
}

int evidence_check(const std::string& file, const Console& console) {
  const auto run = [&]() -> Result<int> {
    TRY(const auto text, read_file(file));
    TRY(const auto check, evidence::check_bundle(text));
    if (console.json) {
      JsonWriter w;
      w.begin().field("ok", check.differences.empty()).field("entries", check.entries).field("purged", check.purged);
      w.field("segments", check.segments).key("differences").begin_list();
      for (const auto& d : check.differences) w.value(d);
      w.end_list().end();
      std::printf("%s\n", w.text().c_str());
    } else {
      std::printf("%s  %lld entries (%lld purged) in %lld segments\n", check.differences.empty() ? "ok   " : "WRONG",
                  static_cast<long long>(check.entries), static_cast<long long>(check.purged),
                  static_cast<long long>(check.segments));
      for (const auto& d : check.differences) std::printf("       %s\n", d.c_str());
    }
    return check.differences.empty() ? 0 : 1;
  };
  const auto done = run();
  return done ? *done : complain(done.error());
}

int clip_verify(const Console& console, const std::string& clip, const std::string& provenance,
                const std::string& key) {
  const auto run = [&]() -> Result<int> {
    TRY(const auto text, read_file(provenance));
    TRY(const auto said, clips::read_provenance(text));
    std::string known;
    if (!key.empty() && (!from_hex(key, known) || known.size() != 32))
      return fail(Code::invalid_field, "a public key is 64 hex digits", "--key");
    TRY(const auto bytes, read_file(clip));
    const std::string wrong = clips::check_provenance(said, sha256(bytes), known);
    if (console.json)
      std::printf("%s\n", JsonWriter().begin().field("ok", wrong.empty()).field("wrong", wrong).end().take().c_str());
    else
      std::printf("%s  %s\n", wrong.empty() ? "ok   " : "WRONG",
                  wrong.empty()
                      ? fmt::format("broadcast {}, host {}, from {} ms to {} ms, key {}", said.clip.broadcast.text(),
                                    said.clip.agent.text(), said.clip.from_ms, said.clip.to_ms, to_hex(said.public_key))
                            .c_str()
                      : wrong.c_str());
    return wrong.empty() ? 0 : 1;
  };
  const auto done = run();
  return done ? *done : complain(done.error());
}

int migrate(const Settings& settings, const Console& console, bool dry) {
  const auto run = [&]() -> Result<int> {
    TRY(auto db, db::open_database({.url = settings.db_url}));
    int applied = 0;
    if (!dry) {
      TRY(applied, bring_forward(*db, "", SystemClock().now()));
    }
    TRY(const auto states, db::migration_state(*db));
    if (console.json) {
      JsonWriter w;
      w.begin().field("applied_now", applied).key("migrations").begin_list();
      for (const auto& s : states)
        w.begin().field("version", s.version).field("name", s.name).field("applied", s.applied).end();
      w.end_list().end();
      std::printf("%s\n", w.text().c_str());
    } else {
      for (const auto& s : states)
        std::printf("%04d %-12s %s\n", s.version, s.name.c_str(), s.applied ? "applied" : "waiting");
      std::printf("%d applied now\n", applied);
    }
    return 0;
  };
  const auto done = run();
  return done ? *done : complain(done.error());
}

int backup(const Settings& settings, const Console& console, const std::string& path) {
  const auto run = [&]() -> Result<int> {
    TRY_OK(set_log_level(settings.log_level));
    TRY_OK(require_database(settings));
    TRY(auto db, db::open_database({.url = settings.db_url}));
    const Instant now = SystemClock().now();
    std::string file = path;
    if (path.empty()) {
      BackupKeeper keeper(*db, settings);
      TRY(const auto made, keeper.make(now));
      file = settings.backup_dir + "/" + made.name;
    } else {
      TRY_OK(write_backup(*db, settings.db_url, path, now));
    }
    TRY(const auto info, check_backup(file));
    if (console.json) {
      JsonWriter w;
      w.begin().field("file", file).field("bytes", info.file_bytes).key("backup").raw(backup_json(info)).end();
      std::printf("%s\n", w.text().c_str());
    } else if (!console.quiet) {
      std::printf("%s: %lld bytes, everything answered before %s\n", file.c_str(),
                  static_cast<long long>(info.file_bytes), format_rfc3339(info.made_at).c_str());
    }
    return 0;
  };
  const auto done = run();
  return done ? *done : complain(done.error());
}

int restore(const Settings& settings, const Console& console, const std::string& file, bool only_check) {
  const auto run = [&]() -> Result<int> {
    TRY_OK(set_log_level(settings.log_level));
    if (only_check) {
      TRY(const auto info, check_backup(file));
      if (console.json)
        std::printf("%s\n", backup_json(info).c_str());
      else
        std::printf("%s is whole: %s, migration %d (%s), by Lianbo %s at %s\n", file.c_str(), info.engine.c_str(),
                    info.migration, info.migration_name.c_str(), info.program.c_str(),
                    format_rfc3339(info.made_at).c_str());
      return 0;
    }
    TRY(const auto restored, restore_backup(file, settings.db_url, SystemClock().now()));
    if (console.json) {
      JsonWriter w;
      w.begin().key("backup").raw(backup_json(restored.from)).field("migrations_applied", restored.migrated);
      w.key("verify").raw(insight::verify_json(restored.verify)).end();
      std::printf("%s\n", w.text().c_str());
    } else {
      std::printf("Restored to the state of %s; %d migrations applied\n%s",
                  format_rfc3339(restored.from.made_at).c_str(), restored.migrated,
                  insight::verify_text(restored.verify).c_str());
    }
    // Names and addresses in it stay closed without the key of the server it is from.
    TRY(auto db, db::open_database({.url = settings.db_url}));
    SecureRandom random;
    if (const auto key = privacy::open_master_key(*db, settings, random, privacy::Need::must); !key)
      std::fprintf(stderr, "lianbo: before the server starts: %s\n", key.error().text().c_str());
    return restored.verify.ok() ? 0 : 1;
  };
  const auto done = run();
  return done ? *done : complain(done.error());
}

int doctor(const Result<Settings>& settings, const Console& console, const std::string& config_file, bool online) {
  static_cast<void>(set_log_level("off"));
  const auto findings = examine(settings, SystemClock(), {.config_file = config_file, .online = online});
  std::printf("%s", console.json ? (findings_json(findings) + "\n").c_str() : findings_text(findings).c_str());
  return healthy(findings) ? 0 : 1;
}

int check_config(const Settings& settings, const Console& console) {
  if (console.json) {
    JsonWriter w;
    w.begin();
    for (const auto& s : all_settings()) w.field(s.name, setting_text(settings, s.name));
    w.end();
    std::printf("%s\n", w.text().c_str());
    return 0;
  }
  for (const auto& s : all_settings())
    std::printf("%-24s = %-28s # %s\n", s.name.c_str(), setting_text(settings, s.name).c_str(), s.doc.c_str());
  return 0;
}

}  // namespace lianbo::app
