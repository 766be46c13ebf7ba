// Errors as values. A function that can fail returns Result<T>: either the value or
// one Error, which already knows how it is to be shown to the person who caused it.
//
// The one form in which every program of this project reports bad input:
//
//     file:line:column: what is wrong; what would be right
//
// with the parts that are not known left out.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace fbuild {

struct Error {
  std::string what = {};  // what is wrong, no full stop
  std::string fix = {};   // what would be right; may be empty
  std::string file = {};  // where; may be empty
  int line = 0;           // 1-based; 0: not known
  int column = 0;         // 1-based, in bytes; 0: not known

  // The one-line form above, without a newline at its end.
  std::string text() const {
    std::string out;
    if (!file.empty()) {
      out += file;
      if (line > 0) out += ':' + std::to_string(line);
      if (line > 0 && column > 0) out += ':' + std::to_string(column);
      out += ": ";
    }
    out += what;
    if (!fix.empty()) out += "; " + fix;
    return out;
  }
};

// Either a T or an Error. Test with `if (!result)`, then use *result or result.error().
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  Error& error() & { return std::get<1>(state_); }
  const Error& error() const& { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

// Success or an Error, for functions with nothing to return.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  explicit operator bool() const { return !error_.has_value(); }
  Error& error() & { return *error_; }
  const Error& error() const& { return *error_; }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace fbuild
