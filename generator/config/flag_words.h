// Scopes of flags as the words a compiler or linker is started with: variables replaced,
// prefixes put before names and directories, and quotes removed as /bin/sh would, which
// PlatformIO's command lines go through.
//
// `-DNAME=\"x y\"`, `-DNAME='"x y"'` and `'-DNAME="x y"'` in an ini file all end as the one
// word `-DNAME="x y"` here (with the quotes, which are the C string's).
#pragma once

#include <string>
#include <vector>

#include "generator/config/flags.h"
#include "support/result.h"

namespace fbuild::config {

using FlagWords = Result<std::vector<std::string>>;

enum class Language { C, Cxx, Asm };

// The words of one scope as they are: compiler, preprocessor, assembler and linker flags.
FlagWords scope_words(const FlagScopes& scopes, FlagScope scope, FlagContext& context);

// -DNAME and -DNAME=value, then the -U that were among the flags.
FlagWords define_words(const FlagScopes& scopes, FlagContext& context);

// -Idirectory; -Ldirectory. Paths inside the project are relative to it, "." for itself.
FlagWords include_words(const FlagScopes& scopes, FlagContext& context);
FlagWords library_directory_words(const FlagScopes& scopes, FlagContext& context);

// -lname. "lib" at the start and ".a" or ".so" at the end of a name are taken away, also
// from `-l:libx.a` and from a file given by its path, as PlatformIO does.
FlagWords library_words(const FlagScopes& scopes, FlagContext& context);

// All flags of a compile command in PlatformIO's order: the language's own flags, those of
// C and C++ (Asm: ASFLAGS and ASPPFLAGS instead), CPPFLAGS, macros, include directories.
FlagWords compile_words(const FlagScopes& scopes, Language language, FlagContext& context);

}  // namespace fbuild::config
