// Training (SPEC 3): the brand's list of tasks between an application and going public. The types, the rules as pure
// functions, and what is done with them.
//
// Kinds: a lesson is read or watched, and said to be done; a quiz is answered, its right answers never leave the server
// and a try tells only how many were right; a rehearsal is a broadcast of audience `rehearsal` that lasted long enough,
// and is done by ending it. Staff that operates the agent can set a task down as done (a waiver, audited).
//
// When the list changes while agents are in training:
// - what was done stays done, unless the change says `again`: then it counts from the new version on;
// - a new required task is asked of everybody who is in training, of nobody who is active already;
// - a task that is retired or no longer required is asked of nobody, and who has nothing left to do is admitted at
// once. An agent is admitted when the last required task is done: by itself, or by staff if the brand says so
// (MatrixRules::admission). Until then no broadcast of theirs goes public.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "base/json.hpp"
#include "db/db.hpp"
#include "org/org.hpp"

namespace lianbo::org {

inline constexpr std::size_t kMaxTasks = 50, kMaxQuestions = 50, kMaxOptions = 10, kMaxLesson = 20'000,
                             kMaxTaskTitle = 100, kMaxQuestion = 500, kMaxOption = 200, kMaxLink = 2000;
inline constexpr int kTriesADay = 5;  // of one quiz, in any 24 hours
inline constexpr std::int64_t kMaxRehearsalMinutes = 240;

enum class TaskKind { lesson, quiz, rehearsal };
std::string_view kind_text(TaskKind kind);
std::optional<TaskKind> parse_task_kind(std::string_view text);

struct Question {
  std::string text;
  std::vector<std::string> options;
  int right = 0;  // which option, from 0

  friend bool operator==(const Question&, const Question&) = default;
};

// What a task asks. Fields of other kinds are empty.
struct TaskContent {
  std::string text;                    // lesson
  std::string link;                    // lesson: what to watch, an address of this site or of the web
  std::vector<Question> questions;     // quiz
  int pass_right = 0;                  // quiz: so many right answers pass
  std::int64_t rehearsal_minutes = 0;  // rehearsal: it lasted at least so long

  friend bool operator==(const TaskContent&, const TaskContent&) = default;
};

struct Task {
  TaskId id;
  BrandId brand;
  TaskKind kind = TaskKind::lesson;
  std::string title;
  TaskContent content;
  bool required = true;
  std::int32_t position = 0;
  std::int32_t version = 1;
  std::int32_t counts_from = 1;
  Instant created_at = 0;
  Instant retired_at = 0;  // 0: asked for

  bool retired() const { return retired_at != 0; }
};
Status check_task(const Task& task);  // places are JSON pointers into what createTrainingTask takes

std::string content_json(const TaskContent& content);  // as stored: right answers too
Result<TaskContent> parse_content(std::string_view text);

struct TaskDone {
  TaskId task;
  std::int32_t version = 0;
  PersonId waived_by;  // none: the agent did it
  BroadcastId broadcast;
  Instant at = 0;
};
bool counts(const Task& task, const TaskDone& done);
// What is required and not done, in order of the list.
std::vector<const Task*> missing_tasks(std::span<const Task> tasks, std::span<const TaskDone> done);

struct Grade {
  int right = 0, asked = 0;
  bool passed = false;
};
// invalid_field when there are more or fewer answers than questions, or one that is no option.
Result<Grade> grade(const Task& task, std::span<const std::int64_t> answers);

// Where an agent stands. What an agent who is not in training sees is the list as it is, with nothing missing.
struct Training {
  std::vector<Task> tasks;     // not retired, in order
  std::vector<TaskDone> done;  // that count
  std::vector<TaskId> missing;
  bool waits_for_staff = false;  // in training, nothing missing
};
Training training_of(db::Tx&, const Agent&);
// Ok for who is active. agent_not_active else: for who is in training training_incomplete, which names what is missing
// or says that the brand has yet to admit them.
Status check_admitted(db::Tx&, const Agent&);

// Who is in training and has nothing left to do becomes active, if the brand admits by itself. The agent as it is then.
Result<Agent> admit_if_ready(db::Tx&, const Call&, Agent);

std::vector<Task> tasks_of(db::Tx&, BrandId);  // with those that were retired
Result<Task> find_task(db::Tx&, TaskId);
Result<Task> create_task(db::Tx&, const Call&, Task);  // id, version and instants are set here
struct TaskPatch {
  std::optional<std::string> title;
  std::optional<TaskContent> content;
  std::optional<bool> required;
  std::optional<std::int32_t> position;
  bool again = false;
};
Result<Task> change_task(db::Tx&, const Call&, TaskId, const TaskPatch&);
Status retire_task(db::Tx&, const Call&, TaskId);

// A lesson, by its agent; any task, by staff (the caller decides which: by_staff).
Result<Agent> finish_task(db::Tx&, const Call&, AgentId, TaskId, bool by_staff);
struct Tried {
  Grade grade;
  int tries_left = 0;
};
// too_many_requests when the tries of the day are used up; conflict when it is done already.
Result<Tried> answer_quiz(db::Tx&, const Call&, AgentId, TaskId, std::span<const std::int64_t> answers);
int tries_left(db::Tx&, const Agent&, TaskId, Instant now);
// A rehearsal of this agent has ended: every rehearsal task it was long enough for is done.
Status rehearsed(db::Tx&, const Call&, const Agent&, BroadcastId, DurationMs lasted);

}  // namespace lianbo::org
