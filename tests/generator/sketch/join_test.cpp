// What the joined text looks like, that nothing of the sketch is lost, that messages of
// the compiler point into the sketch, and that the code is the same with and without help.
#include <doctest/doctest.h>

#include <sstream>

#include "generator/sketch/sketch.h"
#include "tests/generator/sketch/compile.h"

using namespace fbuild;
using namespace fbuild::test;

namespace {

std::string join(std::vector<SketchFile> files) {
  Result<std::string> text = join_sketch(std::move(files));
  REQUIRE(text);
  return *text;
}

std::string join_one(const std::string& content) {
  return join({{"src/a.ino", content}});
}

// What one file becomes, without the two lines before it.
std::string body(const std::string& content) {
  std::string text = join_one(content);
  std::string head = "#include <Arduino.h>\n#line 1 \"src/a.ino\"\n";
  REQUIRE(text.compare(0, head.size(), head) == 0);
  return text.substr(head.size());
}

}  // namespace

TEST_CASE("a sketch that needs no declaration is handed on byte for byte") {
  for (std::string content : {
           std::string("void setup() {}\nvoid loop() {}\n"),
           std::string("void setup() {}\r\nvoid loop() {}\r\n"),
           std::string("// caf\xe9 \xc3\xa9 \xff\xfe\nvoid setup() {}\nvoid loop() {}\n"),
           std::string("void help() {}\nvoid setup() { help(); }\nvoid loop() { setup(); }\n"),
           std::string("\n\n\tint a\\\n b;\n#define X \\\n  1\n"),
       }) {
    CHECK(body(content) == content);
  }
}

TEST_CASE("a byte order mark goes, a missing newline comes") {
  CHECK(join({{"a.ino", "\xef\xbb\xbfint a;"}, {"b.ino", "\xef\xbb\xbfint b;\n"}}) ==
        "#include <Arduino.h>\n#line 1 \"a.ino\"\nint a;\n#line 1 \"b.ino\"\nint b;\n");
}

TEST_CASE("a backslash at the end of a file does not swallow the next #line") {
  for (const char* end : {"\\", "\\\n", "\\  \r\n", "// c \\"}) {
    std::string text =
        join({{"src/a.ino", std::string("int a; ") + end}, {"src/b.ino", "int b = missing;\n"}});
    Compiled compiled = compile_for_uno(text);
    CHECK_MESSAGE(compiled.messages.find("src/b.ino:1:9:") != std::string::npos, compiled.messages);
  }
}

TEST_CASE("quotes, backslashes and control characters in paths") {
  std::string text = join({{"src/a \"b\"\\c\n\x01.ino", "int a = missing;\n"}});
  CHECK(text.find("#line 1 \"src/a \\\"b\\\"\\\\c\\012\\001.ino\"\n") != std::string::npos);
  CHECK(compile_for_uno(text).messages.find("src/a \"b\"\\c\n\x01.ino:1:9: error") !=
        std::string::npos);
}

TEST_CASE("declarations stand before the first use and say where the definition is") {
  CHECK(body("int a;\nvoid setup() { f(1); }\nvoid loop() {}\n\nvoid f(int n)\n{\n}\n") ==
        "int a;\n#line 5 \"src/a.ino\"\nvoid f(int n);\n#line 2 \"src/a.ino\"\n"
        "void setup() { f(1); }\nvoid loop() {}\n\nvoid f(int n)\n{\n}\n");
}

TEST_CASE("a declaration in the middle of a line keeps the columns") {
  std::vector<SketchFile> files = {
      {"src/a.ino", "int a;\tvoid setup() { f(); wrong(); }\nvoid f() {}\n"}};
  auto place = [](const std::string& text) {
    std::string messages = compile_for_uno(text).messages;
    size_t at = messages.find(": error: 'wrong'");
    REQUIRE(at != std::string::npos);
    size_t line = messages.rfind('\n', at) + 1;
    return messages.substr(line, at - line);
  };
  CHECK(place(join(files)) == place(join_plainly(files)));
  CHECK(place(join(files)).find("src/a.ino:1:") == 0);
}

TEST_CASE("a default argument moves into the declaration only if a call needs it") {
  CHECK(body("void setup() { f(); }\nvoid f(int n = 3, int m = 4) {}\n") ==
        "#line 2 \"src/a.ino\"\nvoid f(int n = 3, int m = 4);\n#line 1 \"src/a.ino\"\n"
        "void setup() { f(); }\nvoid f(int n    , int m    ) {}\n");
  CHECK(body("void setup() { f(1, 2); }\nvoid f(int n = 3, int m = 4) {}\n") ==
        "#line 2 \"src/a.ino\"\nvoid f(int n , int m );\n#line 1 \"src/a.ino\"\n"
        "void setup() { f(1, 2); }\nvoid f(int n = 3, int m = 4) {}\n");
}

TEST_CASE("a declaration repeats the conditions of its definition") {
  CHECK(body("void setup() { f(1); }\n#if A  // one\n#elif B\nvoid f(T n) {}\n#endif\n") ==
        "#if A\n#elif B\n#line 4 \"src/a.ino\"\nvoid f(T n);\n#endif\n#line 1 \"src/a.ino\"\n"
        "void setup() { f(1); }\n#if A  // one\n#elif B\nvoid f(T n) {}\n#endif\n");
}

TEST_CASE("what is never declared") {
  for (const char* content : {
           "void setup() { f(); }\nvoid f();\nvoid f() {}\n",                // already is
           "void setup() { X::f(); x.f(); y->f(); }\nvoid f() {}\n",         // not this one
           "void setup() { f(); }\nvoid X::f() {}\n",                        // a member
           "void setup() { f(); }\nnamespace n { void f() {} }\n",           // of a namespace
           "void setup() { f(); }\nauto f() { return 1; }\n",                // type unknown
           "void setup() { f<int>(); }\ntemplate <> void f<int>() {}\n",     // a specialization
           "void setup() { ISR(); }\nISR(TIMER1_COMPA_vect) {}\n",           // a macro
           "void setup() {}\nvoid f() { f(); }\n",                           // itself
           "#if 0\nvoid setup() { f(); }\n#endif\nvoid f() {}\n",            // never compiled
           "#ifdef A\nvoid setup() { f(); }\n#else\nvoid f() {}\n#endif\n",  // never together
           "const char* s = \"f()\"; // f()\n/* f() */\nvoid f() {}\n",      // no code
       }) {
    CAPTURE(std::string(content));
    std::string text = body(content);
    CHECK(text == content);
  }
}

TEST_CASE("broken code is handed on, and the compiler says where") {
  struct Broken {
    const char* sketch;
    const char* message;  // at that line; columns and quotes differ from compiler to compiler
    int line = 3;
  };
  for (const Broken& each : {
           Broken{"void setup() { f(); }\nvoid f() {}\nint a;\n/* open\n",
                  "error: unterminated comment", 4},
           Broken{"void setup() { f(); }\nvoid f() {}\nconst char* s = \"open;\n",
                  "error: missing terminating"},
           Broken{"void setup() { f(); }\nvoid f() {}\n}\n", "error: expected declaration"},
           Broken{"void setup() { f(); }\nvoid f() {}\nvoid loop() {\n", "error: expected '}'"},
           Broken{"void setup() { f(); }\nvoid f() {}\nint a = (1;\n", "error: expected ')'"},
           Broken{"void setup() { f(); }\nvoid f() {}\n#if 1\n", "error: unterminated #if"},
           Broken{"void setup() { f(); }\nvoid f() {}\nconst char* r = R\"x( open\n\n",
                  "error: unterminated raw string"},
       }) {
    Compiled compiled = compile_for_uno(join_one(each.sketch));
    CHECK_FALSE(compiled.ok);
    bool told = false;
    std::istringstream messages(compiled.messages);
    for (std::string line; std::getline(messages, line);)
      told = told || (line.starts_with("src/a.ino:" + std::to_string(each.line) + ":") &&
                      line.find(each.message) != std::string::npos);
    CHECK_MESSAGE(told, compiled.messages);
  }
}

TEST_CASE("an error at any line of a sketch is reported at that line") {
  const std::vector<std::string> lines = {
      "",
      "#define TWO(a, \\",
      "            b) two(a, b)",
      "/* a comment",
      "   over lines */ struct S { int v; };",
      "",
      "void setup() {",
      "  S s = make();",
      "  TWO(s, 1);",
      "}",
      "template <typename T>",
      "T keep(T a,",
      "       T b = T())",
      "{",
      "  return a;",
      "}",
      "void loop() { later(); }",
      "S make() { S s; s.v = 1; return s; }",
      "void two(S& s,",
      "         int n = 3) {",
      "  s.v += keep(n);",
      "}",
      "#ifdef ARDUINO",
      "void later() {}",
      "#endif",
  };
  for (const char* end_of_line : {"\n", "\r\n"}) {
    for (size_t wrong = 0; wrong <= lines.size(); ++wrong) {
      std::string sketch, plain;
      for (size_t i = 0; i < lines.size(); ++i) {
        // A line of its own with an error, wherever a line may stand.
        bool continued = i == 2 || i == 4;
        if (i == wrong && !continued) sketch += std::string("#error here") + end_of_line;
        sketch += lines[i] + end_of_line;
      }
      if (wrong == lines.size()) sketch += std::string("#error here") + end_of_line;
      if (wrong == 2 || wrong == 4) continue;
      std::string text = join({{"src/main.ino", sketch}, {"src/tab.ino", "int tab = absent;\n"}});
      std::string messages = compile_for_uno(text).messages;
      std::string expected = "src/main.ino:" + std::to_string(wrong + 1) + ":2: error: #error here";
      CHECK_MESSAGE(messages.find(expected) != std::string::npos, expected << "\n" << messages);
      CHECK_MESSAGE(messages.find("src/tab.ino:1:11: error: 'absent'") != std::string::npos,
                    messages);
    }
  }
}

TEST_CASE("an error in a signature is reported at the definition") {
  std::string messages =
      compile_for_uno(
          join_one("void setup() { f(1); }\nvoid loop() {}\nint x;\nvoid f(Missing m) {}\n"))
          .messages;
  CHECK_MESSAGE(messages.find("src/a.ino:4:8: error: ") != std::string::npos, messages);
  CHECK(messages.find("sketch.ino.cpp") == std::string::npos);
}

TEST_CASE("the code is the same as with declarations written by hand") {
  const std::string rest =
      "int level = 0;\nvoid setup() { pinMode(13, OUTPUT); blink(2); level = next(level); }\n"
      "void loop() { pulse(); if (level > 3) blink(level); Serial.println(level); }\n"
      "void blink(int times) { for (int i = 0; i < times; i++) pulse(); }\n"
      "static int next(int n) { return n * 7 + 1; }\n"
      "void pulse(int ms = 100) { digitalWrite(13, HIGH); delay(ms); digitalWrite(13, LOW); }\n";
  std::string by_hand = rest;
  by_hand.replace(by_hand.find("int ms = 100"), 12, "int ms");
  by_hand =
      "#include <Arduino.h>\nvoid blink(int times);\nstatic int next(int n);\nvoid pulse(int ms = "
      "100);\n" +
      by_hand;
  CHECK(assembly_for_uno(join_one(rest)) == assembly_for_uno(by_hand));
}

TEST_CASE("tabs are one translation unit") {
  std::string text =
      join({{"src/robot.ino", "void setup() { start(); }\nvoid loop() { turn(kLeft); }\n"},
            {"src/arms.ino",
             "void start() { lift(); }\nstruct Arm { int n; };\nvoid use() { Arm a; grip(a); }\n"},
            {"src/legs.ino", "void lift() {}\nvoid grip(Arm& arm) {}\n"},
            {"src/old.pde", "void turn(int way) {}\n"}});
  std::string messages = compile_for_uno(text).messages;
  CHECK_MESSAGE(messages.find("src/robot.ino:2:20: error: 'kLeft'") != std::string::npos, messages);
  CHECK(messages.find("error") == messages.rfind("error"));
}

TEST_CASE("large and deep input ends soon") {
  auto repeat = [](const std::string& piece, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += piece;
    return out;
  };
  for (const char* piece : {"(",
                            "{",
                            "[",
                            "<",
                            "a<",
                            "a{}",
                            "a{},",
                            "#if A\n",
                            "#if A\n#else\n",
                            "namespace a {",
                            "void f(int a = f()) { f(); }\n",
                            "#define a a b\n",
                            "template <a<",
                            "f(",
                            "\"",
                            "'",
                            "/*",
                            "R\"(",
                            "\\\n",
                            "extern \"C\" {",
                            "struct a { void f(); };\n",
                            "M(a)\n",
                            "a(b)\n(c)\n",
                            "operator<",
                            "= {",
                            "x, "}) {
    std::string sketch = "void setup() { f(); }\n" + repeat(piece, 20000) + "\nvoid f() {}\n";
    CHECK(join_one(sketch).size() >= sketch.size());
  }
}
