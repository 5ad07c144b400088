#include "app/documents.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/settings.hpp"
#include "events/event_types.hpp"
#include "net/metrics.hpp"

namespace lianbo::app {
namespace {

std::string opening(std::string_view title, std::string_view file, std::string_view words) {
  return "# " + std::string(title) + "\n\nMade from the list in `" + std::string(file) +
         "` by `./dev docs`; a test fails when they part. " + std::string(words) + "\n\n";
}

std::string settings_markdown() {
  std::string out =
      opening("Settings", "src/base/settings.hpp",
              "Set them in a file (`--config FILE`, lines `name = value`), in the environment, or with `--set "
              "name=value`; the later wins.") +
      "| name | environment | default | allowed | what it is |\n|---|---|---|---|---|\n";
  for (const auto& s : all_settings())
    out += "| `" + s.name + "` | `" + s.env + "` | " + (s.fallback.empty() ? "" : "`" + s.fallback + "`") + " | " +
           (s.integer ? std::to_string(s.min) + " … " + std::to_string(s.max) : "text") + " | " + s.doc + " |\n";
  return out;
}

std::string errors_markdown() {
  std::string out = opening("Errors", "src/base/error_list.hpp",
                            "Every error is an RFC 9457 problem document with `code`, `name`, `detail` and, where it "
                            "helps, `where`.") +
                    "| code | name | HTTP | English | 中文 |\n|---|---|---|---|---|\n";
  for (const auto& e : all_errors())
    out += "| " + std::to_string(e.number) + " | `" + std::string(e.name) + "` | " + std::to_string(e.http_status) +
           " | " + std::string(e.title_en) + " | " + std::string(e.title_zh) + " |\n";
  return out;
}

std::string events_markdown() {
  return opening("Events", "src/events/event_types.cpp",
                 "What a webhook is sent and `GET /brands/{brand_id}/events` lists: `{id, cursor, type, timestamp, "
                 "brand_id, "
                 "subject_kind, subject_id, data}`. How to read and verify them: [api.md](api.md#events-and-webhooks). "
                 "Events of one subject come in the order of its changes; ignore types and members you don't know.") +
         events::event_table();
}

std::string metrics_markdown() {
  std::string out =
      opening(
          "Metrics", "src/net/metrics.hpp",
          "`GET /metrics` gives them in Prometheus' text form: on `http.port` to callers on the same machine, or to "
          "whoever reaches `metrics.address` when `metrics.port` is set. What to watch: "
          "[operations.md](operations.md#monitoring).") +
      "| name | kind | labels | what it is |\n|---|---|---|---|\n";
  for (const auto& m : net::all_metrics()) {
    std::string labels(m.labels);
    for (auto at = labels.find(','); at != std::string::npos; at = labels.find(',', at + 4))
      labels.replace(at, 1, "`, `");
    out += "| `" + std::string(m.name) + "` | " + std::string(m.kind) + " | " +
           (labels.empty() ? "" : "`" + labels + "`") + " | " + std::string(m.help) + " |\n";
  }
  return out;
}

std::string logs_markdown() {
  std::string out =
      opening("Log events", "src/base/log.hpp",
              "A line goes to stderr as `TIME LEVEL EVENT TEXT`, one event a line, without personal data; `log.level` "
              "says from which level on. Events are counted in `lianbo_log_events_total` whatever the level.") +
      "| event | level | what happened, and what to do |\n|---|---|---|\n";
  for (const auto& e : all_log_events())
    out +=
        "| `" + std::string(e.name) + "` | " + std::string(level_name(e.level)) + " | " + std::string(e.doc) + " |\n";
  return out;
}

}  // namespace

const std::vector<std::string>& document_kinds() {
  static const std::vector<std::string> kinds = {"settings", "errors", "metrics", "logs", "events"};
  return kinds;
}

std::string document(std::string_view kind) {
  if (kind == "settings") return settings_markdown();
  if (kind == "errors") return errors_markdown();
  if (kind == "metrics") return metrics_markdown();
  if (kind == "events") return events_markdown();
  return logs_markdown();
}

}  // namespace lianbo::app
