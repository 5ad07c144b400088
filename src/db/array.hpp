// Many values as one parameter.
//
// ArrayText: for the few statements that take a whole batch at once on PostgreSQL: bind the text and
// write `unnest($1::bigint[], $2::text[])`. The postgres_text of such a Sql only; SQLite loops over its prepared
// statement. IdList: the rows of up to some hundred identifiers in one statement on either engine. Bind its text, and
// write `where id` LIANBO_IN_IDS("$1") in the statement and `where id` LIANBO_IN_IDS_POSTGRES("$1") in its second text:
// the engines read JSON by different functions.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "base/id.hpp"

namespace lianbo::db {

class ArrayText {
 public:
  template <std::integral T>
  void add(T value) {
    next() += std::to_string(value);
  }
  template <class Tag>
  void add(Id<Tag> id) {  // 0 is null
    if (id)
      add(id.value);
    else
      add_null();
  }
  void add(std::string_view value) {
    next() += '"';
    for (const char c : value) {
      if (c == '"' || c == '\\') text_ += '\\';
      text_ += c;
    }
    text_ += '"';
  }
  void add_null() { next() += "null"; }
  // "{1,2,3}". Borrowed by Param: keep this object until the statement has run.
  std::string_view text() {
    if (!closed_) text_ += '}';
    closed_ = true;
    return text_;
  }

 private:
  std::string& next() {
    if (text_.size() > 1) text_ += ',';
    return text_;
  }
  std::string text_ = "{";
  bool closed_ = false;
};

#define LIANBO_IN_IDS(parameter) " in (select value from json_each(" parameter "))"
#define LIANBO_IN_IDS_POSTGRES(parameter) \
  " in (select cast(value as bigint) from jsonb_array_elements_text(cast(" parameter " as jsonb)))"

class IdList {
 public:
  template <class Tag>
  void add(Id<Tag> id) {
    if (text_.size() > 1) text_ += ',';
    text_ += std::to_string(id.value);
  }
  // "[1,2,3]". Borrowed by Param, as above.
  std::string_view text() {
    if (!closed_) text_ += ']';
    closed_ = true;
    return text_;
  }

 private:
  std::string text_ = "[";
  bool closed_ = false;
};

}  // namespace lianbo::db
