#include "base/csv.hpp"
#include "org/org_api.hpp"
#include "org/training.hpp"

namespace lianbo::org {
namespace {

using db::Tx;
using net::Access;
using net::Method;
using net::Reply;
using net::Request;
namespace s = shape;

const std::vector<std::string> kKinds{"lesson", "quiz", "rehearsal"};

Shape question_shape(bool with_answer) {
  Shape out{s::text("text", 1, kMaxQuestion), s::list_of("options", s::text("", 1, kMaxOption), 2, kMaxOptions)};
  const Field right = s::integer("right", 0, kMaxOptions - 1, "which option, from 0; shown to staff only");
  out.push_back(with_answer ? right : s::opt(right));
  return out;
}
Field minutes_field() {
  return s::integer("rehearsal_minutes", 0, kMaxRehearsalMinutes, "rehearsal: it lasts at least so long");
}
Shape task_shape() {
  return {s::id("id"),
          s::choice("kind", kKinds),
          s::text("title", 1, kMaxTaskTitle),
          s::text("text", 0, kMaxLesson, "lesson: to read"),
          s::text("link", 0, kMaxLink, "lesson: to watch"),
          s::list("questions", question_shape(false), 0, kMaxQuestions),
          s::integer("pass_right", 0, kMaxQuestions, "quiz: so many right answers pass"),
          minutes_field(),
          s::boolean("required", "nobody goes public before it is done"),
          s::integer("position", 0, 100000),
          s::integer("version", 1, INT32_MAX),
          s::integer("counts_from", 1, INT32_MAX, "what was done under an older version has to be done again"),
          s::instant("created_at"),
          s::nullable(s::instant("retired_at", "no longer asked for"))};
}
Shape own_task_shape() {
  Shape out = task_shape();
  out.push_back(s::nullable(s::instant("done_at")));
  out.push_back(s::boolean("waived", "set down as done by staff"));
  out.push_back(s::nullable(s::integer("tries_left", 0, kTriesADay, "quiz: within 24 hours")));
  return out;
}
Shape training_shape() {
  return {s::choice("state", {"applied", "training", "active", "suspended", "left"}),
          s::list("tasks", own_task_shape(), 0, kMaxTasks),
          s::list_of("missing", s::id(""), 0, kMaxTasks, "required and not done: no broadcast goes public before"),
          s::boolean("waits_for_staff", "all done; the brand has yet to admit")};
}
Shape task_body(bool whole) {
  const auto may = [&](Field f) { return whole ? f : s::opt(std::move(f)); };
  Shape out;
  if (whole) out.push_back(s::choice("kind", kKinds));
  out.push_back(may(s::text("title", 1, kMaxTaskTitle)));
  out.push_back(s::opt(s::text("text", 0, kMaxLesson, "lesson: to read")));
  out.push_back(s::opt(s::text("link", 0, kMaxLink, "lesson: to watch; https://… or a page of this site")));
  out.push_back(s::opt(s::list("questions", question_shape(true), 1, kMaxQuestions, "quiz")));
  out.push_back(s::opt(s::integer("pass_right", 1, kMaxQuestions, "quiz: default: all of them")));
  out.push_back(s::opt(minutes_field()));
  out.push_back(s::opt(s::boolean("required", "default true")));
  out.push_back(s::opt(s::integer("position", 0, 100000, "place in the list; default: at its end")));
  if (!whole)
    out.push_back(s::opt(s::boolean("again", "what was done before does not count any more for who is in training")));
  return out;
}

void write_task(JsonWriter& w, const Task& t, bool with_answers) {
  w.field("id", t.id).field("kind", kind_text(t.kind)).field("title", t.title).field("text", t.content.text);
  w.field("link", t.content.link).key("questions").begin_list();
  for (const Question& q : t.content.questions) {
    w.begin().field("text", q.text).key("options").begin_list();
    for (const auto& option : q.options) w.value(option);
    w.end_list();
    if (with_answers) w.field("right", q.right);
    w.end();
  }
  w.end_list().field("pass_right", t.content.pass_right).field("rehearsal_minutes", t.content.rehearsal_minutes);
  w.field("required", t.required).field("position", t.position).field("version", t.version);
  w.field("counts_from", t.counts_from).field_at("created_at", t.created_at).field_at("retired_at", t.retired_at);
}
Reply task_reply(const Task& task, int status) {
  JsonWriter w;
  w.begin();
  write_task(w, task, true);
  w.end();
  return Reply::json(w.take(), status);
}

// What the body names, over what is there.
TaskContent content_of(const json::value& body, TaskContent c) {
  if (has(body, "text")) c.text = get_text(body, "text");
  if (has(body, "link")) c.link = std::string(csv_trim(get_text(body, "link")));
  if (has(body, "questions")) {
    c.questions.clear();
    for (const auto& item : get_list(body, "questions")) {
      Question q{get_text(item, "text"), {}, static_cast<int>(get_int(item, "right"))};
      for (const auto& option : get_list(item, "options"))
        q.options.emplace_back(std::string_view(option.get_string()));
      c.questions.push_back(std::move(q));
    }
    if (!has(body, "pass_right")) c.pass_right = static_cast<int>(c.questions.size());
  }
  if (has(body, "pass_right")) c.pass_right = static_cast<int>(get_int(body, "pass_right"));
  if (has(body, "rehearsal_minutes")) c.rehearsal_minutes = get_int(body, "rehearsal_minutes");
  return c;
}

Result<Reply> list_tasks(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  TRY_OK(require_any_staff(call, brand, kAnyStaff));
  JsonWriter w;
  w.begin_list();
  for (const Task& task : tasks_of(tx, brand)) {
    w.begin();
    write_task(w, task, true);
    w.end();
  }
  w.end_list();
  return Reply::json(net::page_json(w.text(), 0));
}

Result<Reply> post_task(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  TRY_OK(require_staff(call, brand, kOperates));
  const auto& body = request.value;
  Task task;
  task.brand = brand;
  task.kind = parse_task_kind(get_text(body, "kind")).value_or(TaskKind::lesson);
  task.title = std::string(csv_trim(get_text(body, "title")));
  task.content = content_of(body, {});
  task.required = get_bool(body, "required", true);
  std::int64_t last = 0;
  for (const Task& t : tasks_of(tx, brand)) last = std::max<std::int64_t>(last, t.position);
  task.position = static_cast<std::int32_t>(get_int(body, "position", last + 1));
  TRY(const Task made, create_task(tx, call, std::move(task)));
  return task_reply(made, 201);
}

// The task that the path names, of the brand that it names.
Result<Task> own_task(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  TRY(const auto id, request.id_param<TaskId>("task_id"));
  TRY_OK(require_staff(call, brand, kOperates));
  TRY(Task task, find_task(tx, id));
  if (task.brand != brand) return fail(Code::not_found, "there is no such task");
  return task;
}

Result<Reply> patch_task(Tx& tx, const Call& call, const Request& request) {
  TRY(const Task task, own_task(tx, call, request));
  const auto& body = request.value;
  TaskPatch patch;
  if (has(body, "title")) patch.title = std::string(csv_trim(get_text(body, "title")));
  patch.content = content_of(body, task.content);
  if (has(body, "required")) patch.required = get_bool(body, "required");
  if (has(body, "position")) patch.position = static_cast<std::int32_t>(get_int(body, "position"));
  patch.again = get_bool(body, "again");
  TRY(const Task changed, change_task(tx, call, task.id, patch));
  return task_reply(changed, 200);
}

Result<Reply> delete_task(Tx& tx, const Call& call, const Request& request) {
  TRY(const Task task, own_task(tx, call, request));
  TRY_OK(retire_task(tx, call, task.id));
  return Reply::none();
}

// The agent that the path names, for themselves or for staff over their region.
struct Seen {
  Agent agent;
  bool own = false;
};
Result<Seen> seen_agent(Tx& tx, const Call& call, const Request& request, unsigned roles) {
  TRY(const auto id, request.id_param<AgentId>("agent_id"));
  TRY(Agent agent, find_agent(tx, id));
  const auto* own = call.caller.agent_at(agent.brand);
  if (own && own->agent == id) return Seen{std::move(agent), true};
  TRY_OK(require_staff_in(call, agent.brand, agent.region, roles));
  return Seen{std::move(agent), false};
}

Result<Reply> training_reply(Tx& tx, const Call& call, AgentId id) {
  TRY(const Agent agent, find_agent(tx, id));
  const Training training = training_of(tx, agent);
  JsonWriter w;
  w.begin().field("state", state_text(agent.state)).key("tasks").begin_list();
  for (const Task& task : training.tasks) {
    w.begin();
    write_task(w, task, false);
    const auto done =
        std::find_if(training.done.begin(), training.done.end(), [&](const TaskDone& d) { return d.task == task.id; });
    w.field_at("done_at", done == training.done.end() ? 0 : done->at);
    w.field("waived", done != training.done.end() && bool(done->waived_by)).key("tries_left");
    if (task.kind == TaskKind::quiz)
      w.value(tries_left(tx, agent, task.id, call.now));
    else
      w.null();
    w.end();
  }
  w.end_list().key("missing").begin_list();
  for (const TaskId task : training.missing) w.value(task);
  w.end_list().field("waits_for_staff", training.waits_for_staff).end();
  return Reply::json(w.take());
}

Result<Reply> get_training(Tx& tx, const Call& call, const Request& request) {
  TRY(const Seen seen, seen_agent(tx, call, request, kAnyStaff));
  return training_reply(tx, call, seen.agent.id);
}

Result<Reply> post_done(Tx& tx, const Call& call, const Request& request) {
  TRY(const Seen seen, seen_agent(tx, call, request, kOperates));
  TRY(const auto task, request.id_param<TaskId>("task_id"));
  TRY_OK(finish_task(tx, call, seen.agent.id, task, !seen.own));
  return training_reply(tx, call, seen.agent.id);
}

Result<Reply> post_answers(Tx& tx, const Call& call, const Request& request) {
  TRY(const Seen seen, seen_agent(tx, call, request, 0));
  TRY(const auto task, request.id_param<TaskId>("task_id"));
  std::vector<std::int64_t> answers;
  for (const auto& answer : get_list(request.value, "answers")) answers.push_back(answer.as_int64());
  TRY(const Tried tried, answer_quiz(tx, call, seen.agent.id, task, answers));
  JsonWriter w;
  w.begin().field("right", tried.grade.right).field("asked", tried.grade.asked).field("passed", tried.grade.passed);
  w.field("tries_left", tried.tries_left).end();
  return Reply::json(w.take());
}

}  // namespace

net::Routes training_routes() {
  const std::string tasks = "/api/v1/brands/{brand_id}/training-tasks", task = tasks + "/{task_id}",
                    training = "/api/v1/agents/{agent_id}/training", one = training + "/{task_id}";
  net::Routes out;
  out.push_back(net::read_route(Method::get, tasks, "listTrainingTasks",
                                "What the brand asks of its new agents, with the right answers", Access::staff,
                                list_tasks)
                    .giving({s::list("items", task_shape(), 0, 1000), s::nullable(s::id("next"))}));
  out.push_back(
      net::write_route(Method::post, tasks, "createTrainingTask", "Ask for one more thing", Access::staff, post_task)
          .taking(task_body(true))
          .giving(task_shape())
          .answers(201)
          .may_fail({Code::conflict}));
  out.push_back(net::write_route(Method::patch, task, "changeTrainingTask",
                                 "Change a task; what was done stays done, unless `again`", Access::staff, patch_task)
                    .taking(task_body(false))
                    .giving(task_shape())
                    .may_fail({Code::not_found}));
  out.push_back(net::write_route(Method::del, task, "retireTrainingTask",
                                 "Ask for it no longer; who has nothing left to do is admitted", Access::staff,
                                 delete_task)
                    .answers(204)
                    .may_fail({Code::not_found}));
  out.push_back(net::read_route(Method::get, training, "getTraining", "What an agent has done and has yet to do",
                                Access::login, get_training)
                    .giving(training_shape())
                    .may_fail({Code::not_found, Code::forbidden}));
  out.push_back(net::write_route(Method::post, one + "/done", "finishTask",
                                 "A lesson was read, says its agent; or staff waives a task of any kind", Access::login,
                                 post_done)
                    .giving(training_shape())
                    .may_fail({Code::not_found, Code::forbidden, Code::conflict, Code::agent_not_active}));
  out.push_back(net::write_route(Method::post, one + "/answers", "answerQuiz", "Try a quiz; five times in 24 hours",
                                 Access::login, post_answers)
                    .taking({s::list_of("answers", s::integer("", 0, kMaxOptions - 1), 1, kMaxQuestions,
                                        "for each question the option's place, from 0")})
                    .giving({s::integer("right", 0, kMaxQuestions), s::integer("asked", 1, kMaxQuestions),
                             s::boolean("passed"), s::integer("tries_left", 0, kTriesADay)})
                    .may_fail({Code::not_found, Code::forbidden, Code::conflict, Code::too_many_requests}));
  return out;
}

}  // namespace lianbo::org
