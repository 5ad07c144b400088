// A server for trials: the real App in this process, asked through its dispatcher, with faults that a seed decides.
//
// - `arm` says what breaks next: the n-th statement, the n-th commit, or the process dies before or after the n-th
//   commit. Death: from that instant nothing more reaches the database and the answer is lost, as if the process were
//   gone; `revive` throws the App away and starts another on the same rows.
// - What the server does in the background (the outbox's relay, its lease) is not counted, so that a seed breaks the
//   same statement each time.
// Threads: one, the trial's. Faults are asked from the database's threads.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "app/app.hpp"
#include "db/db.hpp"

namespace lianbo::trials {

enum class Break { nothing, statement, commit, death_before_commit, death_after_commit };
std::string_view break_name(Break kind);

class Faults final : public db::FaultPlan {
 public:
  void arm(Break kind, int nth);
  bool disarm();  // whether it fired
  bool dead() const { return dead_; }
  bool fail_statement(const db::Sql& sql) override;
  bool fail_commit() override;

 private:
  std::atomic<Break> kind_{Break::nothing};
  std::atomic<int> left_{0};
  std::atomic<bool> fired_{false}, dead_{false};
};

struct Answer {
  int status = 0;
  std::string body;
  std::string cookie;  // of a guest, if one was given
  std::string location;
  bool replayed = false;
  json::value value;  // {} when the body is no JSON
  bool ok() const { return status >= 200 && status < 400; }
  std::string name() const { return status < 400 ? std::string() : get_text(value, "name"); }  // of the error
};

class TrialServer {
 public:
  TrialServer(std::string db_url, Instant start_at);
  ~TrialServer();

  struct Who {
    std::string token, guest;  // a bearer token, or a guest's cookie
  };
  // One request, whatever happens to it. lost: the process died, nothing was answered.
  struct Sent {
    Answer answer;
    bool lost = false, broke = false;
  };
  Sent send(const Who& who, net::Method method, std::string_view path_and_query, std::string body = {},
            std::string_view key = {});
  Sent send_notice(const pay::sandbox::OutgoingNotice& notice);
  void revive();

  Faults& faults() { return *faults_; }
  app::App& app() { return *app_; }
  int deaths() const { return deaths_; }

 private:
  void start();
  Sent handled(net::Request&& request);
  Settings settings_;
  std::unique_ptr<Faults> faults_;
  std::unique_ptr<app::App> app_;
  int deaths_ = 0;
};

}  // namespace lianbo::trials
