// All SQL of training. Private to src/org.
#pragma once

#include "org/training.hpp"

namespace lianbo::org::store {

std::vector<Task> tasks(db::Tx&, BrandId);
std::optional<Task> task(db::Tx&, TaskId);
void add_task(db::Tx&, const Task&);
void save_task(db::Tx&, const Task&);
std::vector<TaskDone> done_of(db::Tx&, AgentId);
void put_done(db::Tx&, AgentId, const TaskDone&);  // the newest counts
void add_try(db::Tx&, std::int64_t id, AgentId, const Task&, const Grade&, Instant at);
std::int64_t tries_since(db::Tx&, AgentId, TaskId, Instant since);
std::vector<AgentId> agents_in_training(db::Tx&, BrandId, AgentId after, int limit);

}  // namespace lianbo::org::store
