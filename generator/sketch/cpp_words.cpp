// The words that mean something by themselves.
#include <algorithm>
#include <array>
#include <string_view>

#include "generator/sketch/signature.h"

namespace fbuild::sketch {
namespace {

// Sorted as bytes.
constexpr auto kKeywords = std::to_array<std::string_view>({
    "_Bool",         "__asm__",     "__attribute__",
    "__inline",      "__inline__",  "__restrict",
    "__restrict__",

    "alignas",       "alignof",     "and",
    "and_eq",        "asm",         "auto",
    "bitand",        "bitor",       "bool",
    "break",         "case",        "catch",
    "char",          "char16_t",    "char32_t",
    "char8_t",       "class",       "co_await",
    "co_return",     "co_yield",    "compl",
    "concept",       "const",       "const_cast",
    "consteval",     "constexpr",   "constinit",
    "continue",      "decltype",    "default",
    "delete",        "do",          "double",
    "dynamic_cast",  "else",        "enum",
    "explicit",      "export",      "extern",
    "false",         "float",       "for",
    "friend",        "goto",        "if",
    "inline",        "int",         "long",
    "mutable",       "namespace",   "new",
    "noexcept",      "not",         "not_eq",
    "nullptr",       "operator",    "or",
    "or_eq",         "private",     "protected",
    "public",        "register",    "reinterpret_cast",
    "requires",      "return",      "short",
    "signed",        "sizeof",      "static",
    "static_assert", "static_cast", "struct",
    "switch",        "template",    "this",
    "thread_local",  "throw",       "true",
    "try",           "typedef",     "typeid",
    "typename",      "typeof",      "union",
    "unsigned",      "using",       "virtual",
    "void",          "volatile",    "wchar_t",
    "while",         "xor",         "xor_eq",
});

constexpr auto kCoreTypes = std::to_array<std::string_view>({
    "Client",
    "HardwareSerial",
    "IPAddress",
    "Print",
    "Printable",
    "Server",
    "Stream",
    "String",
    "__FlashStringHelper",
    "boolean",
    "byte",
    "int16_t",
    "int32_t",
    "int64_t",
    "int8_t",
    "intptr_t",
    "ptrdiff_t",
    "size_t",
    "ssize_t",
    "std",
    "uint16_t",
    "uint32_t",
    "uint64_t",
    "uint8_t",
    "uintptr_t",
    "va_list",
    "word",
});

static_assert(std::is_sorted(kKeywords.begin(), kKeywords.end()));
static_assert(std::is_sorted(kCoreTypes.begin(), kCoreTypes.end()));

}  // namespace

bool is_keyword(std::string_view word) {
  return std::binary_search(kKeywords.begin(), kKeywords.end(), word);
}

bool is_core_type(std::string_view word) {
  return std::binary_search(kCoreTypes.begin(), kCoreTypes.end(), word);
}

}  // namespace fbuild::sketch
