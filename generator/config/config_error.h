// What is wrong with a configuration, in two languages: as this project says it (Error:
// one line with its place and what would be right), and as PlatformIO would have said it,
// for people and tests that compare the two.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "support/result.h"

namespace fbuild::config {

// A place in a file of the configuration; lines and columns are 1-based, columns in bytes.
// Values that come from the environment have no file.
struct Origin {
  int file = -1;  // index into the document's files; -1: not from a file
  unsigned line = 0;
  unsigned column = 0;
};

struct ConfigError {
  std::string kind;     // the class of PlatformIO's exception
  std::string message;  // PlatformIO's wording
  Error error;          // ours
  std::string stage;    // read, validate, options, resolve
  std::string section;  // the option that was being resolved, where there is one
  std::string option;
};

// Null when there is no error.
using ErrorPtr = std::unique_ptr<ConfigError>;

inline ErrorPtr make_error(std::string kind, std::string message, Error error) {
  auto out = std::make_unique<ConfigError>();
  out->kind = std::move(kind);
  out->message = std::move(message);
  out->error = std::move(error);
  return out;
}

// A warning: PlatformIO's wording (ours where it has none), and the same with its place.
struct ConfigWarning {
  std::string message;
  Error text;  // Error::text() is the line to print
};

}  // namespace fbuild::config
