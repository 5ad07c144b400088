#include "org/training.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "base/shape.hpp"
#include "org/org_service.hpp"
#include "org/training_store.hpp"

namespace lianbo::org {
namespace {

using db::Tx;

constexpr std::array<std::pair<TaskKind, std::string_view>, 3> kKinds{
    {{TaskKind::lesson, "lesson"}, {TaskKind::quiz, "quiz"}, {TaskKind::rehearsal, "rehearsal"}}};

Status wrong(std::string what, std::string where) {
  return fail(Code::invalid_field, std::move(what), std::move(where));
}

Status check_quiz(const TaskContent& c) {
  if (c.questions.empty() || c.questions.size() > kMaxQuestions)
    return wrong("a quiz has 1 to " + std::to_string(kMaxQuestions) + " questions", "/questions");
  for (std::size_t i = 0; i < c.questions.size(); ++i) {
    const Question& q = c.questions[i];
    const std::string at = "/questions/" + std::to_string(i);
    if (auto problem = text_problem(q.text, 1, kMaxQuestion)) return wrong(*problem, at + "/text");
    if (q.options.size() < 2 || q.options.size() > kMaxOptions)
      return wrong("a question has 2 to " + std::to_string(kMaxOptions) + " options", at + "/options");
    for (std::size_t k = 0; k < q.options.size(); ++k)
      if (auto problem = text_problem(q.options[k], 1, kMaxOption))
        return wrong(*problem, at + "/options/" + std::to_string(k));
    if (q.right < 0 || q.right >= static_cast<int>(q.options.size()))
      return wrong("must be the place of an option, 0 to " + std::to_string(q.options.size() - 1), at + "/right");
  }
  if (c.pass_right < 1 || c.pass_right > static_cast<int>(c.questions.size()))
    return wrong("must be from 1 to the number of questions, " + std::to_string(c.questions.size()), "/pass_right");
  return {};
}

// Every character but control characters; line ends may be there.
Status check_lesson(const TaskContent& c) {
  if (c.text.empty() && c.link.empty())
    return wrong("a lesson has a text to read, or a link to what to watch", "/text");
  if (!valid_utf8(c.text) || utf8_length(c.text) > kMaxLesson)
    return wrong("must have at most " + std::to_string(kMaxLesson) + " characters", "/text");
  if (c.link.empty()) return {};
  if (auto problem = text_problem(c.link, 1, kMaxLink)) return wrong(*problem, "/link");
  if (!c.link.starts_with("https://") && !(c.link.starts_with('/') && !c.link.starts_with("//")))
    return wrong("must begin with https://, or with / for a page of this site, like /clip/…", "/link");
  return {};
}

std::unexpected<Error> no_task() { return fail(Code::not_found, "there is no such task"); }

bool done_and_counts(const Task& task, std::span<const TaskDone> done) {
  return std::any_of(done.begin(), done.end(), [&](const TaskDone& d) { return d.task == task.id && counts(task, d); });
}

Result<Agent> admit(Tx& tx, const Call& call, Agent agent, const MatrixRules& rules, std::span<const Task> tasks) {
  if (agent.state != AgentState::training || rules.admission != Admission::automatic) return agent;
  if (!missing_tasks(tasks, store::done_of(tx, agent.id)).empty()) return agent;
  return set_agent_state(tx, call, agent.id, AgentState::active, "training done", {});  // nothing follows admission
}

// After a change of the list: everybody in training whom it leaves nothing to do.
Status admit_who_is_ready(Tx& tx, const Call& call, BrandId brand) {
  constexpr int kPage = 1000;
  const MatrixRules rules = matrix_rules(tx, brand);
  if (rules.admission != Admission::automatic) return {};
  const std::vector<Task> tasks = tasks_of(tx, brand);
  for (AgentId after;;) {
    const auto ids = store::agents_in_training(tx, brand, after, kPage);
    for (const AgentId id : ids) {
      TRY(Agent agent, find_agent(tx, id));
      TRY_OK(admit(tx, call, std::move(agent), rules, tasks));
    }
    if (ids.size() < static_cast<std::size_t>(kPage)) return {};
    after = ids.back();
  }
}

void audit_task(Tx& tx, const Call& call, const Task& task, std::string_view action) {
  JsonWriter w;
  w.begin().field("kind", kind_text(task.kind)).field("title", task.title).field("required", task.required);
  w.field("version", task.version).field("counts_from", task.counts_from).end();
  audit(tx, call, task.brand, action, "training_task", task.id.value, w.text());
}

// The agent in training or yet to be, and the task, both of one brand; behind the brand's lock, so that the list stands
// still meanwhile.
struct Lesson {
  Agent agent;
  Task task;
};
Result<Lesson> open_lesson(Tx& tx, const Call&, AgentId agent_id, TaskId task_id) {
  TRY(const Agent seen, find_agent(tx, agent_id));
  TRY_OK(lock_brand(tx, seen.brand));
  TRY(Agent agent, find_agent(tx, agent_id));
  TRY(Task task, find_task(tx, task_id));
  if (task.brand != agent.brand || task.retired()) return no_task();
  if (agent.state == AgentState::left) return fail(Code::agent_not_active, "who has left has nothing to learn here");
  return Lesson{std::move(agent), std::move(task)};
}

Result<Agent> finish(Tx& tx, const Call& call, const Lesson& lesson, PersonId waived_by, BroadcastId broadcast) {
  store::put_done(tx, lesson.agent.id, {lesson.task.id, lesson.task.version, waived_by, broadcast, call.now});
  JsonWriter w;
  w.begin().field("task_id", lesson.task.id).field("kind", kind_text(lesson.task.kind));
  w.field("version", lesson.task.version).field("waived", bool(waived_by)).field("broadcast_id", broadcast).end();
  audit(tx, call, lesson.agent.brand, "training.done", "agent", lesson.agent.id.value, w.text());
  return admit_if_ready(tx, call, lesson.agent);
}

}  // namespace

std::string_view kind_text(TaskKind kind) {
  for (const auto& [value, text] : kKinds)
    if (value == kind) return text;
  return {};
}
std::optional<TaskKind> parse_task_kind(std::string_view text) {
  for (const auto& [value, name] : kKinds)
    if (name == text) return value;
  return std::nullopt;
}

Status check_task(const Task& task) {
  if (auto problem = text_problem(task.title, 1, kMaxTaskTitle)) return wrong(*problem, "/title");
  const TaskContent& c = task.content;
  struct Given {
    bool given;
    TaskKind kind;
    const char* field;
  };
  for (const Given& g : {Given{!c.text.empty(), TaskKind::lesson, "text"},
                         {!c.link.empty(), TaskKind::lesson, "link"},
                         {!c.questions.empty(), TaskKind::quiz, "questions"},
                         {c.pass_right != 0, TaskKind::quiz, "pass_right"},
                         {c.rehearsal_minutes != 0, TaskKind::rehearsal, "rehearsal_minutes"}})
    if (g.given && g.kind != task.kind)
      return wrong("a " + std::string(kind_text(task.kind)) + " takes no " + g.field, "/" + std::string(g.field));
  switch (task.kind) {
    case TaskKind::lesson:
      return check_lesson(c);
    case TaskKind::quiz:
      return check_quiz(c);
    case TaskKind::rehearsal:
      if (c.rehearsal_minutes < 1 || c.rehearsal_minutes > kMaxRehearsalMinutes)
        return wrong("must be from 1 to " + std::to_string(kMaxRehearsalMinutes), "/rehearsal_minutes");
      return {};
  }
  return {};
}

std::string content_json(const TaskContent& c) {
  JsonWriter w;
  w.begin().field("text", c.text).field("link", c.link).field("pass_right", c.pass_right);
  w.field("rehearsal_minutes", c.rehearsal_minutes).key("questions").begin_list();
  for (const Question& q : c.questions) {
    w.begin().field("text", q.text).field("right", q.right).key("options").begin_list();
    for (const auto& option : q.options) w.value(option);
    w.end_list().end();
  }
  w.end_list().end();
  return w.take();
}

Result<TaskContent> parse_content(std::string_view text) {
  TRY(const json::value body, parse_json(text));
  TaskContent c;
  c.text = get_text(body, "text");
  c.link = get_text(body, "link");
  c.pass_right = static_cast<int>(get_int(body, "pass_right"));
  c.rehearsal_minutes = get_int(body, "rehearsal_minutes");
  for (const auto& item : get_list(body, "questions")) {
    Question q{get_text(item, "text"), {}, static_cast<int>(get_int(item, "right"))};
    for (const auto& option : get_list(item, "options")) q.options.emplace_back(std::string_view(option.get_string()));
    c.questions.push_back(std::move(q));
  }
  return c;
}

bool counts(const Task& task, const TaskDone& done) { return done.version >= task.counts_from; }

std::vector<const Task*> missing_tasks(std::span<const Task> tasks, std::span<const TaskDone> done) {
  std::vector<const Task*> out;
  for (const Task& task : tasks)
    if (task.required && !task.retired() && !done_and_counts(task, done)) out.push_back(&task);
  return out;
}

Result<Grade> grade(const Task& task, std::span<const std::int64_t> answers) {
  const auto& questions = task.content.questions;
  if (answers.size() != questions.size())
    return fail(Code::invalid_field,
                "the quiz has " + std::to_string(questions.size()) + " questions; give one answer for each, in order",
                "/answers");
  Grade out;
  out.asked = static_cast<int>(questions.size());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i] < 0 || answers[i] >= static_cast<std::int64_t>(questions[i].options.size()))
      return fail(Code::invalid_field,
                  "must be the place of an option, 0 to " + std::to_string(questions[i].options.size() - 1),
                  "/answers/" + std::to_string(i));
    out.right += answers[i] == questions[i].right ? 1 : 0;
  }
  out.passed = out.right >= task.content.pass_right;
  return out;
}

Training training_of(Tx& tx, const Agent& agent) {
  Training out;
  for (Task& task : tasks_of(tx, agent.brand))
    if (!task.retired()) out.tasks.push_back(std::move(task));
  const auto all = store::done_of(tx, agent.id);
  for (const TaskDone& done : all)
    for (const Task& task : out.tasks)
      if (task.id == done.task && counts(task, done)) out.done.push_back(done);
  if (agent.state != AgentState::training && agent.state != AgentState::applied) return out;
  for (const Task* task : missing_tasks(out.tasks, out.done)) out.missing.push_back(task->id);
  out.waits_for_staff = agent.state == AgentState::training && out.missing.empty();
  return out;
}

Status check_admitted(Tx& tx, const Agent& agent) {
  if (agent.active()) return {};
  if (agent.state != AgentState::training)
    return fail(Code::agent_not_active,
                "agent " + agent.code + " is " + std::string(state_text(agent.state)) + "; to go live: active");
  const Training training = training_of(tx, agent);
  if (training.waits_for_staff)
    return fail(Code::training_incomplete,
                "agent " + agent.code + " has done it all and waits for the brand's approval");
  std::string titles;
  for (const Task& task : training.tasks)
    if (std::find(training.missing.begin(), training.missing.end(), task.id) != training.missing.end())
      titles += (titles.empty() ? "" : ", ") + task.title + " (" + std::string(kind_text(task.kind)) + ")";
  return fail(Code::training_incomplete, "agent " + agent.code + " has yet to do: " + titles);
}

Result<Agent> admit_if_ready(Tx& tx, const Call& call, Agent agent) {
  const BrandId brand = agent.brand;
  return admit(tx, call, std::move(agent), matrix_rules(tx, brand), tasks_of(tx, brand));
}

std::vector<Task> tasks_of(Tx& tx, BrandId brand) { return store::tasks(tx, brand); }
Result<Task> find_task(Tx& tx, TaskId id) {
  if (auto task = store::task(tx, id)) return *std::move(task);
  return no_task();
}

Result<Task> create_task(Tx& tx, const Call& call, Task task) {
  TRY_OK(check_task(task));
  TRY_OK(lock_brand(tx, task.brand));
  const auto tasks = tasks_of(tx, task.brand);
  const auto asked = std::count_if(tasks.begin(), tasks.end(), [](const Task& t) { return !t.retired(); });
  if (asked >= static_cast<std::ptrdiff_t>(kMaxTasks) || tasks.size() >= 20 * kMaxTasks)
    return fail(Code::conflict, "a brand asks at most " + std::to_string(kMaxTasks) + " tasks; retire one first");
  task.id = call.make_id<TaskId>();
  task.version = task.counts_from = 1;
  task.created_at = call.now;
  task.retired_at = 0;
  store::add_task(tx, task);
  audit_task(tx, call, task, "training_task.create");
  return task;
}

Result<Task> change_task(Tx& tx, const Call& call, TaskId id, const TaskPatch& patch) {
  TRY(const Task seen, find_task(tx, id));
  TRY_OK(lock_brand(tx, seen.brand));
  TRY(Task task, find_task(tx, id));
  if (task.retired()) return no_task();
  const Task before = task;
  if (patch.title) task.title = *patch.title;
  if (patch.content) task.content = *patch.content;
  if (patch.required) task.required = *patch.required;
  if (patch.position) task.position = *patch.position;
  TRY_OK(check_task(task));
  if (task.content != before.content || patch.again) ++task.version;
  if (patch.again) task.counts_from = task.version;
  if (task.title == before.title && task.version == before.version && task.required == before.required &&
      task.position == before.position)
    return task;
  store::save_task(tx, task);
  audit_task(tx, call, task, "training_task.change");
  if (before.required && !task.required) TRY_OK(admit_who_is_ready(tx, call, task.brand));
  return task;
}

Status retire_task(Tx& tx, const Call& call, TaskId id) {
  TRY(const Task seen, find_task(tx, id));
  TRY_OK(lock_brand(tx, seen.brand));
  TRY(Task task, find_task(tx, id));
  if (task.retired()) return {};
  task.retired_at = call.now;
  store::save_task(tx, task);
  audit_task(tx, call, task, "training_task.retire");
  return admit_who_is_ready(tx, call, task.brand);
}

Result<Agent> finish_task(Tx& tx, const Call& call, AgentId agent_id, TaskId task_id, bool by_staff) {
  TRY(const Lesson lesson, open_lesson(tx, call, agent_id, task_id));
  if (!by_staff && lesson.task.kind != TaskKind::lesson)
    return fail(Code::conflict, lesson.task.kind == TaskKind::quiz ? "a quiz is done by answering it"
                                                                   : "a rehearsal is done by going through one");
  // Again changes nothing: what was done first stays as it was.
  if (done_and_counts(lesson.task, store::done_of(tx, agent_id))) return lesson.agent;
  return finish(tx, call, lesson, by_staff ? call.caller.person : PersonId{}, {});
}

int tries_left(Tx& tx, const Agent& agent, TaskId task, Instant now) {
  return static_cast<int>(std::max<std::int64_t>(0, kTriesADay - store::tries_since(tx, agent.id, task, now - kDayMs)));
}

Result<Tried> answer_quiz(Tx& tx, const Call& call, AgentId agent_id, TaskId task_id,
                          std::span<const std::int64_t> answers) {
  TRY(const Lesson lesson, open_lesson(tx, call, agent_id, task_id));
  if (lesson.task.kind != TaskKind::quiz) return fail(Code::conflict, "this task is no quiz");
  if (done_and_counts(lesson.task, store::done_of(tx, agent_id)))
    return fail(Code::conflict, "this quiz is done already");
  Tried out;
  out.tries_left = tries_left(tx, lesson.agent, task_id, call.now);
  if (out.tries_left == 0)
    return fail(Code::too_many_requests,
                "the " + std::to_string(kTriesADay) + " tries of 24 hours are used up; try again tomorrow");
  TRY(out.grade, grade(lesson.task, answers));
  --out.tries_left;
  store::add_try(tx, call.make_id<TaskId>().value, agent_id, lesson.task, out.grade, call.now);
  if (out.grade.passed) TRY_OK(finish(tx, call, lesson, {}, {}));
  return out;
}

Status rehearsed(Tx& tx, const Call& call, const Agent& agent, BroadcastId broadcast, DurationMs lasted) {
  TRY_OK(lock_brand(tx, agent.brand));
  const auto done = store::done_of(tx, agent.id);
  for (const Task& task : tasks_of(tx, agent.brand)) {
    if (task.kind != TaskKind::rehearsal || task.retired() || done_and_counts(task, done)) continue;
    if (lasted < task.content.rehearsal_minutes * kMinuteMs) continue;
    TRY(Agent now_agent, find_agent(tx, agent.id));
    TRY_OK(finish(tx, call, {std::move(now_agent), task}, {}, broadcast));
  }
  return {};
}

}  // namespace lianbo::org
