// Bodies that may run together: a crowd of like writes in one transaction of PostgreSQL, statement by statement.
//
// There each statement is a journey to the server, and a commit is a flush; an order takes some thirty. The bodies of a
// crowd run side by side in one transaction: each goes on until it asks something, then one statement asks for all of
// them (arrays, `unnest`). What a body need not know is written last, one statement a table. SQLite has no journeys and
// shares commits already: there such a body is one like any other.
//
// Who submits a body so promises that bodies with different keys don't decide about the same rows, or decide by
// statements that are fit for it (Together::takes). Bodies of one key never run together. Whatever else a body
// does is safe: a statement that nobody has called fit for a crowd makes its body leave, and it runs again, alone, as
// does everybody when a statement fails. So a crowd may be slower than hoped, but not wrong.
#pragma once

#include "db/db.hpp"

namespace lianbo::db {

// As Database::submit. key: of what the body decides about (a buyer).
void submit_together(Database& db, std::int64_t key, Database::Body body, Database::Done done);
// Whether this body runs in a crowd now. What is then written under a unique key may be written without asking: if
// somebody else was quicker, the body runs again, alone.
bool together(const Tx& tx);

// The parts of one body that need not know of one another, as of the rows of a list: part(tx, i) for i in [0, n), all
// in the body's own transaction. On PostgreSQL they run side by side and what they ask under one name is one statement,
// and what may be written later is written when all are through; elsewhere one runs after the other. No two parts may
// write one row. The first part's error is the answer, and the body's to return.
using Part = std::function<Status(Tx&, std::size_t)>;
Status in_parts(Tx& tx, std::size_t n, const Part& part);
// The same of parts that can't fail.
void for_each_part(Tx& tx, std::size_t n, const std::function<void(Tx&, std::size_t)>& part);

// How a statement that writes runs for a crowd. At namespace scope, behind its Sql. One that reads needs no word.
class Together {
 public:
  enum class How {
    locks,  // an update that changes nothing but a version, with returning: for all at once
    takes,  // text is its own form for arrays: `unnest($1::bigint[], …) with ordinality`; it returns the ordinals of
            // those who got what they asked for. All who share a row, or none of them
    later,  // its count is not looked at: written at the end, when the body has succeeded
  };
  // text: another text for a crowd, with the same parameters.
  Together(const Sql& sql, How how, const char* text = nullptr);
  Together(const Together&) = delete;
  Together& operator=(const Together&) = delete;

  const Sql& sql;
  How how;
  const char* text;
};
const Together* together_of(const Sql& sql);  // null: nobody has said so

}  // namespace lianbo::db
