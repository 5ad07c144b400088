// Training: what a list of tasks leaves to do, against a model of a few lines; quizzes that tell no answers; the
// routes.
#include "org/training.hpp"

#include <rapidcheck.h>

#include <map>
#include <set>

#include "org/test_world.hpp"

namespace lianbo::org {
namespace {

Task lesson(std::string title) {
  Task t;
  t.title = std::move(title);
  t.content.text = "read me";
  return t;
}
Task quiz(std::string title) {
  Task t;
  t.kind = TaskKind::quiz;
  t.title = std::move(title);
  t.content.questions = {{"2 + 2?", {"3", "4", "5"}, 1}, {"Cure?", {"no", "yes"}, 0}};
  t.content.pass_right = 2;
  return t;
}
Task rehearsal(std::string title, std::int64_t minutes) {
  Task t;
  t.kind = TaskKind::rehearsal;
  t.title = std::move(title);
  t.content.rehearsal_minutes = minutes;
  return t;
}

TEST(Tasks, SayWhatIsWrongWithThemAndWhere) {
  EXPECT_TRUE(check_task(lesson("a")));
  EXPECT_TRUE(check_task(quiz("a")));
  EXPECT_TRUE(check_task(rehearsal("a", 1)));
  struct Row {
    Task task;
    const char* where;
  };
  std::vector<Row> rows;
  const auto broken = [&](Task t, const std::function<void(Task&)>& change, const char* where) {
    change(t);
    rows.push_back({std::move(t), where});
  };
  broken(lesson("a"), [](Task& t) { t.title = ""; }, "/title");
  broken(lesson("a"), [](Task& t) { t.content.text = ""; }, "/text");
  broken(lesson("a"), [](Task& t) { t.content.link = "javascript:alert(1)"; }, "/link");
  broken(lesson("a"), [](Task& t) { t.content.link = "//elsewhere.example"; }, "/link");
  broken(lesson("a"), [](Task& t) { t.content.rehearsal_minutes = 5; }, "/rehearsal_minutes");
  broken(quiz("a"), [](Task& t) { t.content.questions.clear(); }, "/questions");
  broken(quiz("a"), [](Task& t) { t.content.questions[1].options.pop_back(); }, "/questions/1/options");
  broken(quiz("a"), [](Task& t) { t.content.questions[0].right = 3; }, "/questions/0/right");
  broken(quiz("a"), [](Task& t) { t.content.questions[0].text = ""; }, "/questions/0/text");
  broken(quiz("a"), [](Task& t) { t.content.pass_right = 3; }, "/pass_right");
  broken(quiz("a"), [](Task& t) { t.content.text = "x"; }, "/text");
  broken(rehearsal("a", 1), [](Task& t) { t.content.rehearsal_minutes = 0; }, "/rehearsal_minutes");
  broken(rehearsal("a", 1), [](Task& t) { t.content.rehearsal_minutes = 241; }, "/rehearsal_minutes");
  for (const Row& row : rows) {
    const auto ok = check_task(row.task);
    ASSERT_FALSE(ok) << row.where;
    EXPECT_EQ(ok.error().where, row.where);
  }
}

TEST(Tasks, ContentComesBackFromItsTextAsItWas) {
  for (const Task& t : {lesson("a"), quiz("b"), rehearsal("c", 7)}) {
    const auto back = parse_content(content_json(t.content));
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, t.content);
  }
}

TEST(Quiz, IsPassedByEnoughRightAnswers) {
  Task t = quiz("a");
  struct Row {
    std::vector<std::int64_t> answers;
    int pass_right, right;
    bool passed;
  };
  for (const Row& row :
       {Row{{1, 0}, 2, 2, true}, Row{{1, 1}, 2, 1, false}, Row{{1, 1}, 1, 1, true}, Row{{0, 1}, 1, 0, false}}) {
    t.content.pass_right = row.pass_right;
    const auto g = grade(t, row.answers);
    ASSERT_TRUE(g);
    EXPECT_EQ(g->right, row.right);
    EXPECT_EQ(g->asked, 2);
    EXPECT_EQ(g->passed, row.passed);
  }
  EXPECT_EQ(grade(t, std::vector<std::int64_t>{1}).error().where, "/answers");
  EXPECT_EQ(grade(t, std::vector<std::int64_t>{1, 2}).error().where, "/answers/1");
  EXPECT_EQ(grade(t, std::vector<std::int64_t>{-1, 0}).error().where, "/answers/0");
}

// Against a model that keeps, for each task, since which version it must have been done.
TEST(TrainingProperty, WhatIsMissingIsWhatIsRequiredAndNotDoneSinceItCounts) {
  EXPECT_TRUE(rc::check("missing", [] {
    std::vector<Task> tasks;
    std::vector<TaskDone> done;
    std::set<std::int64_t> expected;
    const int n = *rc::gen::inRange(0, 8);
    for (int i = 1; i <= n; ++i) {
      Task t = lesson("t" + std::to_string(i));
      t.id = TaskId{i};
      t.required = *rc::gen::arbitrary<bool>();
      t.version = *rc::gen::inRange(1, 5);
      t.counts_from = *rc::gen::inRange(1, t.version + 1);
      t.retired_at = *rc::gen::inRange(0, 2);
      const int version = *rc::gen::inRange(0, t.version + 1);  // 0: never done
      if (version > 0) done.push_back({t.id, version, {}, {}, 1});
      if (t.required && !t.retired() && (version == 0 || version < t.counts_from)) expected.insert(i);
      tasks.push_back(std::move(t));
    }
    std::set<std::int64_t> is;
    for (const Task* t : missing_tasks(tasks, done)) is.insert(t->id.value);
    RC_ASSERT(is == expected);
  }));
}

class TrainingTest : public OrgApiTest {
 protected:
  Task add(Task t) {
    t.brand = brand;
    return *db().write([&](Tx& tx) { return create_task(tx, call(), t); });
  }
  std::vector<std::pair<std::string, std::string>> at(AgentId agent, TaskId task = {}) {
    return {{"agent_id", agent.text()}, {"task_id", task.text()}, {"brand_id", brand.text()}};
  }
  AgentState state(AgentId id) {
    return (*db().read([&](Tx& tx) { return find_agent(tx, id); })).state;
  }
};
ON_BOTH_ENGINES(TrainingTest);

TEST_P(TrainingTest, TheRightAnswersNeverReachAnAgent) {
  const Agent anna = *add_agent("A1", AgentState::training);
  const auto made =
      ask("createTrainingTask", staff(kOperator), at_brand(),
          R"({"kind":"quiz","title":"Rules","questions":[{"text":"2+2?","options":["3","4"],"right":1}]})");
  ASSERT_TRUE(made) << body(made);
  EXPECT_NE(made->body.find("\"right\":1"), std::string::npos) << "staff sees them";
  EXPECT_EQ(get_int(*parse_json(made->body), "pass_right"), 1) << "default: all";
  const TaskId task = get_id<TaskId>(*parse_json(made->body), "id");
  const Call agents = as(anna.person);
  const auto seen_by_agent = ask("getTraining", agents, at(anna.id));
  ASSERT_TRUE(seen_by_agent) << body(seen_by_agent);
  EXPECT_EQ(seen_by_agent->body.find("\"right\""), std::string::npos);
  EXPECT_EQ(code(ask("listTrainingTasks", agents, at_brand())), Code::forbidden);
  const auto tried = ask("answerQuiz", agents, at(anna.id, task), R"({"answers":[0]})");
  EXPECT_EQ(body(tried), R"({"right":0,"asked":1,"passed":false,"tries_left":4})") << "not which were wrong";
  EXPECT_EQ(code(ask("finishTask", agents, at(anna.id, task))), Code::conflict) << "a quiz is answered";
  EXPECT_EQ(code(ask("answerQuiz", as((*add_agent("A2")).person), at(anna.id, task), R"({"answers":[1]})")),
            Code::forbidden);
  EXPECT_EQ(code(ask("answerQuiz", staff(kOperator), at(anna.id, task), R"({"answers":[1]})")), Code::forbidden)
      << "staff waives, but does not answer for her";
  ASSERT_TRUE(ask("answerQuiz", agents, at(anna.id, task), R"({"answers":[1]})"));
  EXPECT_EQ(state(anna.id), AgentState::active);
  EXPECT_EQ(code(ask("answerQuiz", agents, at(anna.id, task), R"({"answers":[1]})")), Code::conflict);
}

TEST_P(TrainingTest, TriesOfADayAreFiveAndComeBackOneByOne) {
  const Agent anna = *add_agent("A1", AgentState::training);
  const Task t = add(quiz("Rules"));
  const std::vector<std::int64_t> wrong{0, 1}, right{1, 0};
  const auto tries = [&](Instant now, const std::vector<std::int64_t>& answers) {
    return db().write([&](Tx& tx) { return answer_quiz(tx, call(now), anna.id, t.id, answers); });
  };
  for (int i = 0; i < kTriesADay; ++i) {
    const auto tried = tries(kNow + i * kHourMs, wrong);
    ASSERT_TRUE(tried);
    EXPECT_EQ(tried->tries_left, kTriesADay - 1 - i);
  }
  EXPECT_EQ(tries(kNow + kDayMs - 1, right).error().code, Code::too_many_requests);
  EXPECT_TRUE(tries(kNow + kDayMs, wrong)) << "the first was 24 hours ago";
  EXPECT_EQ(tries(kNow + kDayMs, right).error().code, Code::too_many_requests);
  EXPECT_TRUE(tries(kNow + kDayMs + kHourMs, right)->grade.passed);
  EXPECT_EQ(tries(kNow, std::vector<std::int64_t>{1}).error().code, Code::conflict) << "done already";
}

TEST_P(TrainingTest, ARehearsalCountsWhenItWasLongEnough) {
  const Agent anna = *add_agent("A1", AgentState::training);
  add(rehearsal("short", 1));
  add(rehearsal("long", 10));
  const auto rehearse = [&](DurationMs lasted) {
    return db().write([&](Tx& tx) { return rehearsed(tx, call(), anna, BroadcastId{7}, lasted); });
  };
  ASSERT_TRUE(rehearse(kMinuteMs - 1));
  EXPECT_EQ(seen([&](Tx& tx) { return training_of(tx, anna); }).missing.size(), 2u);
  ASSERT_TRUE(rehearse(kMinuteMs));
  EXPECT_EQ(seen([&](Tx& tx) { return training_of(tx, anna); }).missing.size(), 1u);
  ASSERT_TRUE(rehearse(10 * kMinuteMs));
  EXPECT_EQ(state(anna.id), AgentState::active);
}

TEST_P(TrainingTest, TheGateNamesWhatIsMissingOrWhoIsWaitedFor) {
  const Agent anna = *add_agent("A1", AgentState::training);
  const Task one = add(lesson("Manners")), two = add(quiz("Rules"));
  const auto gate = [&] { return db().read([&](Tx& tx) { return check_admitted(tx, *find_agent(tx, anna.id)); }); };
  EXPECT_EQ(gate().error().code, Code::training_incomplete);
  EXPECT_NE(gate().error().detail.find("Manners (lesson), Rules (quiz)"), std::string::npos) << gate().error().detail;
  ASSERT_TRUE(ask("putMatrixRules", staff(kOperator), at_brand(),
                  R"({"applications":"open","admission":"by_staff","hand_to_parent":true,"house_agent_id":null})"));
  const auto finish = [&](TaskId id) {
    return db().write([&](Tx& tx) { return finish_task(tx, call(), anna.id, id, true); });
  };
  ASSERT_TRUE(finish(one.id));
  EXPECT_NE(gate().error().detail.find("Rules"), std::string::npos);
  EXPECT_EQ(gate().error().detail.find("Manners"), std::string::npos);
  ASSERT_TRUE(finish(two.id));
  EXPECT_EQ(gate().error().code, Code::training_incomplete);
  EXPECT_NE(gate().error().detail.find("approval"), std::string::npos) << gate().error().detail;
  EXPECT_EQ(state(anna.id), AgentState::training);
  ASSERT_TRUE(db().write([&](Tx& tx) { return set_agent_state(tx, call(), anna.id, AgentState::active, "", {}); }));
  EXPECT_TRUE(gate());
}

TEST_P(TrainingTest, EachRouteAsksWhoCalls) {
  const Agent anna = *add_agent("A1", AgentState::training, {}, "华东");
  const Task t = add(lesson("Manners"));
  const Call east = member("east", kOperator, {"华东"});
  ASSERT_TRUE(add_agent("A3", AgentState::active, {}, "华南"));
  const Call south = member("south", kOperator, {"华南"});
  EXPECT_TRUE(ask("getTraining", east, at(anna.id)));
  EXPECT_EQ(code(ask("getTraining", south, at(anna.id))), Code::forbidden);
  EXPECT_EQ(code(ask("getTraining", guest(), at(anna.id))), Code::unauthenticated);
  EXPECT_EQ(code(ask("finishTask", south, at(anna.id, t.id))), Code::forbidden);
  EXPECT_EQ(code(ask("finishTask", staff(kAuditor), at(anna.id, t.id))), Code::forbidden);
  EXPECT_EQ(code(ask("createTrainingTask", east, at_brand(), R"({"kind":"lesson","title":"x","text":"y"})")),
            Code::forbidden)
      << "the list is the whole brand's";
  EXPECT_EQ(code(ask("changeTrainingTask", staff(kFinance), at({}, t.id), R"({"title":"x"})")), Code::forbidden);
  EXPECT_EQ(code(ask("retireTrainingTask", staff(kFinance), at({}, t.id))), Code::forbidden);
  ASSERT_TRUE(ask("finishTask", as(anna.person), at(anna.id, t.id)));
  EXPECT_EQ(state(anna.id), AgentState::active);
  const auto changed = ask("changeTrainingTask", staff(kOperator), at({}, t.id), R"({"text":"anew","again":true})");
  EXPECT_EQ(get_int(*parse_json(body(changed)), "counts_from"), 2);
  ASSERT_TRUE(ask("retireTrainingTask", staff(kOperator), at({}, t.id)));
  EXPECT_EQ(code(ask("finishTask", staff(kOperator), at(anna.id, t.id))), Code::not_found);
  EXPECT_EQ(code(ask("changeTrainingTask", staff(kOperator), at({}, t.id), R"({"title":"x"})")), Code::not_found);
}

}  // namespace
}  // namespace lianbo::org
