// What org tells others in the same commit.
//
// agent.changed: key = the agent's id; payload {"agent_id","store_id","from","to"} (from is null for a new agent that
// did not come by file). An import tells only of agents whose state it changed.
#pragma once

namespace lianbo::org {

inline constexpr const char* kAgentChanged = "agent.changed";

}  // namespace lianbo::org
