// A JSON value that a Shape lets through, for tests that call every route there is.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "base/json.hpp"
#include "base/shape.hpp"

namespace lianbo::test {

inline std::string any_id() { return id_text(std::int64_t{1} << 40); }

// A body that the shape lets through, with real identifiers where they are known by name.
inline void write_sample(JsonWriter& w, const Shape& shape, const std::map<std::string, std::string>& ids);
inline void write_sample(JsonWriter& w, const Field& f, const std::map<std::string, std::string>& ids) {
  switch (f.kind) {
    case Field::Kind::text:
      w.value(std::string(static_cast<std::size_t>(std::max<std::int64_t>(f.min, f.max >= 8 ? 8 : f.max)), 'a'));
      break;
    case Field::Kind::integer:
    case Field::Kind::number:
      w.value(std::max<std::int64_t>(f.min, std::min<std::int64_t>(1, f.max)));
      break;
    case Field::Kind::boolean:
      w.value(false);
      break;
    case Field::Kind::id: {
      const auto it = ids.find(f.name);
      w.value(it == ids.end() ? any_id() : it->second);
      break;
    }
    case Field::Kind::instant:
      w.value("2026-11-10T00:00:00Z");
      break;
    case Field::Kind::choice:
      w.value(f.choices.front());
      break;
    case Field::Kind::object:
      w.begin();
      write_sample(w, f.fields, ids);
      w.end();
      break;
    case Field::Kind::list:
      w.begin_list();
      for (std::int64_t i = 0; i < std::max<std::int64_t>(f.min, 1); ++i) {
        if (f.fields.size() == 1 && f.fields.front().name.empty()) {
          write_sample(w, f.fields.front(), ids);
        } else {
          w.begin();
          write_sample(w, f.fields, ids);
          w.end();
        }
      }
      w.end_list();
      break;
    case Field::Kind::any:
      w.null();
      break;
  }
}
inline void write_sample(JsonWriter& w, const Shape& shape, const std::map<std::string, std::string>& ids) {
  for (const auto& f : shape) {
    if (f.optional) continue;
    w.key(f.name);
    write_sample(w, f, ids);
  }
}

}  // namespace lianbo::test
