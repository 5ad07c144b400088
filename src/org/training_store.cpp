#include "org/training_store.hpp"

#include "base/check.hpp"

namespace lianbo::org::store {
namespace {

using db::Param;
using db::Row;
using db::Sql;
using db::Tx;

#define TASK_COLUMNS                                                                                                  \
  "select id, brand_id, kind, title, content, required, position, version, counts_from, created_at, retired_at from " \
  "training_tasks "
const Sql kTasks{"training.tasks", TASK_COLUMNS "where brand_id = $1 order by position, id limit 1000"};
const Sql kTask{"training.task", TASK_COLUMNS "where id = $1"};
const Sql kAddTask{"training.add_task",
                   "insert into training_tasks (id, brand_id, kind, title, content, required, position, version, "
                   "counts_from, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"};
const Sql kSaveTask{"training.save_task",
                    "update training_tasks set title = $2, content = $3, required = $4, position = $5, version = $6, "
                    "counts_from = $7, retired_at = $8 where id = $1"};
const Sql kDone{"training.done",
                "select task_id, version, by_person_id, broadcast_id, at from training_done where agent_id = $1 "
                "order by task_id limit 1000"};
const Sql kPutDone{"training.put_done",
                   "insert into training_done (agent_id, task_id, version, by_person_id, broadcast_id, at) values "
                   "($1, $2, $3, $4, $5, $6) on conflict (agent_id, task_id) do update set version = excluded.version, "
                   "by_person_id = excluded.by_person_id, broadcast_id = excluded.broadcast_id, at = excluded.at"};
const Sql kAddTry{"training.add_try",
                  "insert into training_tries (id, agent_id, task_id, version, right_answers, asked, passed, at) "
                  "values ($1, $2, $3, $4, $5, $6, $7, $8)"};
const Sql kTriesSince{"training.tries_since",
                      "select count(*) from training_tries where agent_id = $1 and task_id = $2 and at > $3"};
const Sql kInTraining{"training.agents",
                      "select id from agents where brand_id = $1 and state = 'training' and id > $2 order by id "
                      "limit $3"};

Task read_task(const Row& r) {
  const auto kind = parse_task_kind(r.text(2));
  auto content = parse_content(r.text(4));
  CHECK(kind && content);
  return {r.id<TaskId>(0),
          r.id<BrandId>(1),
          *kind,
          r.str(3),
          *std::move(content),
          r.flag(5),
          static_cast<std::int32_t>(r.integer(6)),
          static_cast<std::int32_t>(r.integer(7)),
          static_cast<std::int32_t>(r.integer(8)),
          r.integer(9),
          r.integer(10)};
}

}  // namespace

std::vector<Task> tasks(Tx& tx, BrandId brand) { return tx.all(kTasks, {brand}, read_task); }
std::optional<Task> task(Tx& tx, TaskId id) { return tx.one(kTask, {id}, read_task); }
void add_task(Tx& tx, const Task& t) {
  const std::string content = content_json(t.content);
  tx.exec(kAddTask, {t.id, t.brand, kind_text(t.kind), t.title, content, t.required, t.position, t.version,
                     t.counts_from, t.created_at});
}
void save_task(Tx& tx, const Task& t) {
  const std::string content = content_json(t.content);
  tx.exec(kSaveTask, {t.id, t.title, content, t.required, t.position, t.version, t.counts_from,
                      t.retired() ? Param(t.retired_at) : Param(nullptr)});
}
std::vector<TaskDone> done_of(Tx& tx, AgentId agent) {
  return tx.all(kDone, {agent}, [](const Row& r) {
    return TaskDone{r.id<TaskId>(0), static_cast<std::int32_t>(r.integer(1)), r.id<PersonId>(2), r.id<BroadcastId>(3),
                    r.integer(4)};
  });
}
void put_done(Tx& tx, AgentId agent, const TaskDone& d) {
  tx.exec(kPutDone, {agent, d.task, d.version, d.waived_by, d.broadcast, d.at});
}
void add_try(Tx& tx, std::int64_t id, AgentId agent, const Task& task, const Grade& grade, Instant at) {
  tx.exec(kAddTry, {id, agent, task.id, task.version, grade.right, grade.asked, grade.passed, at});
}
std::int64_t tries_since(Tx& tx, AgentId agent, TaskId task, Instant since) {
  return tx.number(kTriesSince, {agent, task, since});
}
std::vector<AgentId> agents_in_training(Tx& tx, BrandId brand, AgentId after, int limit) {
  return tx.all(kInTraining, {brand, after.value, limit}, [](const Row& r) { return r.id<AgentId>(0); });
}

}  // namespace lianbo::org::store
