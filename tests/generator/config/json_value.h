// Reads JSON for the tests: the expected answers, and what the code under test prints.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "generator/config/unicode_text.h"

namespace fbuild::test {

struct Json {
  enum Kind { Null, Bool, Number, String, Array, Object } kind = Null;
  std::string text;  // String; Number as written; Bool "true" / "false"
  std::vector<Json> items;
  std::vector<std::pair<std::string, Json>> members;  // in order

  const Json* find(std::string_view name) const {
    for (const auto& [key, value] : members) {
      if (key == name) return &value;
    }
    return nullptr;
  }
  // A member that has to be there.
  const Json& at(std::string_view name) const {
    if (const Json* value = find(name)) return *value;
    throw std::runtime_error("no member " + std::string(name));
  }
  bool operator==(const Json&) const = default;
};

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  Json read() {
    Json value = read_value();
    skip();
    if (at_ != text_.size()) fail("text behind the document");
    return value;
  }

 private:
  [[noreturn]] void fail(const char* what) const {
    throw std::runtime_error(std::string("JSON: ") + what + " at " + std::to_string(at_));
  }
  void skip() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) ++at_;
  }
  bool take(char c) {
    skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail("unexpected character");
  }

  Json read_value() {
    skip();
    if (at_ >= text_.size()) fail("early end");
    Json out;
    char c = text_[at_];
    if (c == '{') {
      ++at_;
      out.kind = Json::Object;
      if (take('}')) return out;
      do {
        skip();
        std::string key = read_string();
        expect(':');
        out.members.emplace_back(std::move(key), read_value());
      } while (take(','));
      expect('}');
    } else if (c == '[') {
      ++at_;
      out.kind = Json::Array;
      if (take(']')) return out;
      do {
        out.items.push_back(read_value());
      } while (take(','));
      expect(']');
    } else if (c == '"') {
      out.kind = Json::String;
      out.text = read_string();
    } else {
      size_t end = text_.find_first_of(" \t\r\n,]}", at_);
      if (end == text_.npos) end = text_.size();
      out.text = text_.substr(at_, end - at_);
      at_ = end;
      out.kind = out.text == "null"                          ? Json::Null
                 : out.text == "true" || out.text == "false" ? Json::Bool
                                                             : Json::Number;
      if (out.kind == Json::Null) out.text.clear();
    }
    return out;
  }

  unsigned read_hex() {
    if (at_ + 4 > text_.size()) fail("short escape");
    unsigned code =
        static_cast<unsigned>(std::stoul(std::string(text_.substr(at_, 4)), nullptr, 16));
    at_ += 4;
    return code;
  }

  std::string read_string() {
    expect('"');
    std::string out;
    while (at_ < text_.size() && text_[at_] != '"') {
      char c = text_[at_++];
      if (c != '\\') {
        out += c;
        continue;
      }
      if (at_ >= text_.size()) fail("early end");
      char e = text_[at_++];
      static constexpr std::string_view kFrom = "bfnrt\"\\/", kTo = "\b\f\n\r\t\"\\/";
      if (size_t i = kFrom.find(e); i != kFrom.npos) {
        out += kTo[i];
      } else if (e == 'u') {
        char32_t code = read_hex();
        if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_, 2) == "\\u") {
          at_ += 2;
          code = 0x10000 + ((code - 0xD800) << 10) + (read_hex() - 0xDC00);
        }
        config::append_code_point(out, code);
      } else {
        fail("unknown escape");
      }
    }
    expect('"');
    return out;
  }

  std::string_view text_;
  size_t at_ = 0;
};

inline Json parse_json(std::string_view text) {
  return JsonReader(text).read();
}

}  // namespace fbuild::test
