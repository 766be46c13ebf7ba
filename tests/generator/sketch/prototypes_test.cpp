// Sketches that compile only with the right declarations in the right places. Each is
// compiled by avr-g++ against the Arduino core and, where it is valid C++, by the host's
// compiler; and each is shown not to compile without the declarations.
#include <doctest/doctest.h>

#include "generator/sketch/sketch.h"
#include "tests/generator/sketch/compile.h"

using namespace fbuild;
using namespace fbuild::test;

namespace {

struct Case {
  std::string name;
  const char* sketch;
  bool needed = true;  // does not compile as it is
  bool host = true;    // is C++ that the host's compiler takes, too
};

const Case kCases[] = {
    {"a plain call",
     "void setup() { blink(3); }\nvoid loop() {}\nvoid blink(int n) { delay(n); }\n"},
    {"a return value, const, pointers, references",
     "int total = 0;\nvoid setup() { total += *first(name(1)); twice(total); }\nvoid loop() {}\n"
     "const char* name(int) { return \"x\"; }\nint *first(const char* s) { static int i; return "
     "&i; }\n"
     "int& twice(int& n) { n *= 2; return n; }\n"},
    {"mutual recursion",
     "bool odd(int n) { return n == 0 ? false : even(n - 1); }\n"
     "bool even(int n) { return n == 0 ? true : odd(n - 1); }\nvoid setup() { odd(3); }\nvoid "
     "loop() {}\n"},
    {"the address of a later function",
     "void (*task)() = work;\nvoid (*table[])(void) = { &work, work };\nvoid setup() { task(); }\n"
     "void loop() {}\nvoid work() {}\n"},
    {"a type that is defined between the functions",
     "void setup() { early(); }\nenum Color { Red, Green };\ntypedef struct { int r, g; } Pair;\n"
     "using Number = long;\nvoid loop() { Pair p = {1, 2}; show(Red); print(&p); count(1L); "
     "}\nvoid early() {}\n"
     "void show(Color c) {}\nvoid print(const Pair* p) {}\nNumber count(Number n) { return n; }\n"},
    {"a method of the same name stands before the type of the function",
     "class Display { public: void update() {} };\nDisplay display;\nvoid setup() { "
     "display.update(); }\n"
     "struct Frame { int n; };\nvoid loop() { Frame f = {1}; update(f); }\nvoid update(Frame& f) { "
     "f.n++; }\n"},
    {"a member declared with the name of a later function whose type comes between",
     "class Display { public: void show(); int n; };\nvoid Display::show() { n = 1; }\n"
     "struct Frame { int n; };\nvoid setup() { Frame f = {1}; show(f); }\nvoid loop() {}\n"
     "void show(Frame f) {}\n"},
    {"a class calls a function that takes it",
     "struct Node { int v; void go() { visit(this); copy(*this); } };\nNode n;\nvoid setup() { "
     "n.go(); }\nvoid loop() {}\n"
     "void visit(Node* n) { n->v++; }\nvoid copy(Node n) {}\n"},
    {"overloads, one defined before its use and one after",
     "void put(int n) {}\nvoid setup() { put(\"text\", 2); put(1); }\nvoid loop() {}\n"
     "void put(const char* s, int n) {}\n"},
    {"default arguments that an earlier call relies on",
     "void setup() { blink(); blink(2); text(); }\nvoid loop() { blink(1, 2); }\n"
     "void blink(int times = 3, unsigned long pause = (100, 200)) { delay(times * pause); }\n"
     "const char* text(const char* s = \"a, b) {\", char c = ',') { return s; }\n"},
    {"default arguments nobody relies on before the definition",
     "void setup() { blink(2); }\nvoid loop() { last(); }\nvoid blink(int times = 3) {}\n"
     "void finish() { blink(); }\nvoid last() { finish(); }\n"},
    {"a default argument that uses a constant defined after the first call",
     "void setup() { blink(1); }\nconst int kTimes = 3;\nvoid loop() { blink(); }\n"
     "void blink(int times = kTimes) {}\nvoid later() { blink(); }\n"},
    {"a default argument over several lines",
     "void setup() { blink(); }\nvoid loop() {}\nvoid blink(int times =  // how often\n            "
     "     3,\n"
     "           int pause /* ms */ = sizeof(int)\n           ) {}\n"},
    {"a template",
     "void setup() { int n = largest(1, 2); show<int>(n); }\nvoid loop() {}\n"
     "template <typename T>\nT largest(T a, T b) { return a > b ? a : b; }\n"
     "template<class T> void show(const T& value) {}\n"},
    {"a template over several lines, with defaults",
     "void setup() { fill<4>(1); pick(2); }\nvoid loop() {}\n"
     "template <int N,\n          typename T = int,\n          class U = T>\ninline T\nfill(T "
     "value,\n     U other = U())\n"
     "{ return value * N; }\ntemplate <typename T = long> T pick(int n) { return n; }\n",
     true, false},
    {"a template head that ends with >>",
     "template <typename T> struct Box { typedef T type; };\nvoid setup() { open(Box<int>()); "
     "}\nvoid loop() {}\n"
     "template <typename T, typename U = Box<Box<T>>> void open(T box) {}\n"},
    {"a variadic template",
     "void setup() { all(1, 2, 3); }\nvoid loop() {}\ntemplate <typename... T> void all(T... "
     "values) {}\n"},
    {"a signature over several lines with comments",
     "void setup() { draw(1, 2); }\nvoid loop() {}\nvoid\ndraw(int x,   // across {\n     int y)  "
     "/* down ( */\n"
     "// now the body\n{\n}\n"},
    {"attributes",
     "void setup() { a(); b(); c(1); d(); }\nvoid loop() {}\n"
     "__attribute__((noinline)) void a() {}\nvoid __attribute__((noinline, section(\".text.x\"))) "
     "b() {}\n"
     "[[gnu::noinline]] int c(int unused) { return 1; }\nstatic inline "
     "__attribute__((always_inline)) void d() {}\n"},
    {"an attribute macro on a line of its own",
     "#define NOINLINE __attribute__((noinline))\nvoid setup() { a(); }\nvoid loop() "
     "{}\nNOINLINE\nvoid a() { b(); }\n"
     "NOINLINE void b() {}\n"},
    {"a section attribute with a counter, as on the ESP32",
     "#define TEXT2(x) #x\n#define TEXT(x) TEXT2(x)\n"
     "#define RAM_ATTR __attribute__((section(\".ram.\" TEXT(__COUNTER__))))\n"
     "void setup() { handle(); }\nvoid loop() {}\nvoid RAM_ATTR handle() {}\n"},
    {"static, inline, constexpr",
     "void setup() { a(); b(); int n = square(3); n = cube(n); }\nvoid loop() {}\nstatic void a() "
     "{}\ninline void b() {}\n"
     "constexpr int square(int n) { return n * n; }\nstatic constexpr long cube(long n) { return n "
     "* n * n; }\n"},
    {"extern \"C\", alone and as a block",
     "void setup() { a(); b(); c(); }\nvoid loop() {}\nextern \"C\" void a() { d(); }\n"
     "extern \"C\" {\nvoid b() { d(); }\n}\n#ifdef __cplusplus\nextern \"C\" {\n#endif\nint c() { "
     "d(); return 1; }\n"
     "#ifdef __cplusplus\n}\n#endif\nvoid d() {}\n"},
    {"an interrupt handler is no function to declare",
     "volatile int ticks;\nISR(TIMER1_COMPA_vect) { tick(); }\nvoid setup() {}\nvoid loop() "
     "{}\nvoid tick() { ticks++; }\n"},
    {"strings, characters and raw strings with braces",
     "const char* a = \"{ ( \\\" }}\";\nchar c = '{', d = '\\'', e = '\"';\n"
     "const char* r = R\"x(\n } void fake(Missing m) { \" )\" )x\";\nvoid setup() { real(); "
     "}\nvoid loop() {}\n"
     "// a comment with a ' and a {\n/* \" { */ void real() {}\n"},
    {"line continuations",
     "void setup() { re\\\nal(1); }\nvoid loop() {}\n#define DO_IT do { \\\n    other(); "
     "\\\n  } while (0) // \\\n  }\n"
     "void re\\\nal(int n) { DO_IT; }\nvoid other() {}\n",
     true, false},
    {"functions in #if and #else",
     "#define MODE 2\nvoid setup() { send(1); only(); }\nvoid loop() {}\n#if MODE == 1\nvoid "
     "send(String s) {}\n#elif MODE == 2\n"
     "void send(int n) {}\n#else\nvoid send(Missing m) {}\n#endif\n#ifdef MODE\nvoid only() "
     "{}\n#endif\n"},
    {"a function whose types exist only in its branch",
     "#ifdef USE_RADIO\n#include <Radio.h>\nRadio radio;\n#endif\nvoid setup() {\n#ifdef "
     "USE_RADIO\n  start(radio);\n#endif\n"
     "  other();\n}\nvoid loop() {}\n#ifdef USE_RADIO\nvoid start(Radio& r) { r.start(); "
     "}\n#endif\nvoid other() {}\n"},
    {"a condition that is decided after the first use",
     "void setup() { flag(1, true); }\nvoid loop() {}\n#define BITS 1\n#if BITS == 8\nvoid "
     "flag(int i, bool on) {}\n#endif\n"
     "#if BITS == 1\nvoid flag(int i, bool on) {}\n#endif\n"},
    {"two heads, one body",
     "#define LONG\nvoid setup() { f(70000); g(1); h(2); }\nvoid loop() {}\n#ifdef LONG\nvoid "
     "f(long n) {\n#else\nvoid f(int n) {\n#endif\n"
     "  delay(n);\n}\nvoid g(int n\n#ifdef SECOND\n  , Missing m\n#endif\n  ) { }\n#ifdef "
     "SHORT\nvoid h(char n)\n#else\nvoid h(int n)\n#endif\n{\n}\n"},
    {"uses in different branches",
     "#define A\n#ifdef B\nvoid one() { helper(); }\n#endif\n#ifdef A\nvoid two() { helper(); "
     "}\n#endif\nvoid setup() { two(); }\n"
     "void loop() {}\nvoid helper() {}\n"},
    {"braces that open in a branch",
     "void setup() {\n#ifdef A\n  if (millis() > 1) {\n#else\n  {\n#endif\n    work();\n  "
     "}\n}\nvoid loop() {}\nvoid work() {}\n"},
    {"dead code is not looked at",
     "void setup() { real(); }\nvoid loop() {}\n#if 0\nvoid real(Missing m) {} don't { "
     "{\n#endif\nvoid real() {}\n"},
    {"uses through macros",
     "#define LOG(x) logLine(x)\n#define TWICE(x) LOG(x); LOG(x)\nstruct Line { int n; };\nvoid "
     "setup() { Line l = {1}; TWICE(l); }\n"
     "void loop() {}\nvoid logLine(const Line& l) {}\n"},
    {"names put together by a macro",
     "#define CALL(name) on_##name()\nvoid setup() { CALL(start); }\nvoid loop() {}\nvoid "
     "on_start() {}\n"},
    {"methods, constructors and namespaces",
     "class Led { public: Led(int pin); ~Led(); void on(); int pin, level; };\nnamespace util { "
     "int twice(int n); struct S { int v; }; }\n"
     "Led::Led(int p) : pin(p), level{setLevel(0)} { on(); }\nLed::~Led() {}\nvoid Led::on() { "
     "pulse(pin); }\n"
     "int util::twice(int n) { return 2 * n; }\nnamespace util { int thrice(int n) { return "
     "pulse(n) + twice(n); }\nint four() { return 4; } }\n"
     "void setup() { Led led(util::four()); take(util::S()); }\nvoid loop() {}\nint pulse(int pin) "
     "{ return pin; }\n"
     "int setLevel(int n) { return n; }\nvoid take(util::S s) {}\n"},
    {"function pointers as parameters and results",
     "void setup() { every(100, setup); handler(1)(2); row(0)[0] = 1; }\nvoid loop() {}\n"
     "void every(unsigned long ms, void (*task)(void), int (*filter)(int code, char) = nullptr) "
     "{}\n"
     "void (*handler(int kind))(int code) { return 0; }\nint (&row(int n))[3] { static int r[3]; "
     "return r; }\n"
     "int code, task, filter, kind;\n"},
    {"trailing return types",
     "void setup() { int n = half(4); }\nvoid loop() {}\nauto half(int n) -> int { return n / 2; "
     "}\n"},
    {"operators",
     "struct V { int x; };\nvoid setup() { V a = {1}, b = {2}; V c = a + b; bool e = a == b; c = "
     "-c; }\nvoid loop() {}\n"
     "V operator+(const V& a, const V& b) { V r = {a.x + b.x}; return r; }\nbool operator==(V a, V "
     "b) { return a.x == b.x; }\n"
     "V operator-(V a) { a.x = -a.x; return a; }\n"},
    {"shift operators",
     "struct Out { int n; } out;\nvoid setup() { out << 1 << 2; out >> 3; }\nvoid loop() {}\n"
     "Out& operator<<(Out& o, int n) { return o; }\nOut& operator>>(Out& o, int n) { return o; "
     "}\n"},
    {"arrays as parameters, sized by constants",
     "const int kSize = 4;\nenum { kRows = 2 };\nint data[kRows][kSize];\nvoid setup() { "
     "sum(data[0], 4); grid(data); exact(data[1]); }\n"
     "void loop() {}\nint sum(int values[], int n) { return 0; }\nvoid grid(int "
     "cells[kRows][kSize]) {}\n"
     "void exact(int (&cells)[kSize]) {}\n"},
    {"a lambda in a global initializer",
     "auto twice = [](int n) { return n * scale(); };\nint table[] = { 1, scale(), 3 };\nstruct { "
     "int a; } s = { scale() };\n"
     "void setup() { twice(2); }\nvoid loop() {}\nint scale() { return 2; }\n"},
    {"the sketch's own declarations, with defaults",
     "void blink(int n = 3);\nstatic int hidden(byte);\nextern \"C\" void cee();\nvoid setup() { "
     "blink(); hidden(1); cee(); other(); }\nvoid loop() {}\n"
     "void blink(int count) {}\nint hidden(uint8_t n) { return n; }\nvoid cee() {}\nvoid other() "
     "{}\n"},
    {"a declaration with other names and spaces for the same types",
     "unsigned   long int value(const char *, int);\nvoid setup() { value(\"\", 1); }\nvoid loop() "
     "{}\n"
     "unsigned long int value(const char* text, int n) { return n; }\n",
     false},
    {"a macro for the function's name",
     "#define report send\nvoid setup() { report(1); }\nvoid loop() {}\nvoid report(int n) {}\n"},
    {"a macro that is defined only after the function it hides",
     "void setup() { add(1, 2); }\nvoid loop() {}\nint add(int a, int b) { return a + b; "
     "}\n#define add(a, b) ((a) + (b))\n"},
    {"macros that need no semicolon",
     "#define BEGIN_SKETCH\n#define STRUCT(name) struct name { int v; "
     "};\nBEGIN_SKETCH\n\nSTRUCT(Item)\n"
     "void setup() { Item i; store(i); }\nvoid loop() {}\nvoid store(Item& i) {}\n"},
    {"several definitions on one line",
     "int a; void setup() { b(); } void loop() { c(); } void b() {} void c() {}\n"},
    {"structs and enums by their keyword",
     "struct point { int x; };\nenum mode { on, off };\nvoid setup() { struct point p = make(1); "
     "set(off); }\nvoid loop() {}\n"
     "struct point make(int x) { struct point p; p.x = x; return p; }\nvoid set(enum mode mode) "
     "{}\n"},
    {"parameters named like later variables",
     "void setup() { put(1, 2); }\nint count, size;\nvoid loop() {}\nvoid put(int count, unsigned "
     "size) {}\n"},
    {"int, unsigned and friends without names",
     "void setup() { f(1, 2, 3); }\nvoid loop() {}\nvoid f(int, unsigned long, const char) {}\n"},
    {"static_assert and alignas between functions",
     "static_assert(sizeof(int) >= 2, \"{\");\nalignas(4) int cell[2] = {1, 2};\nint x{3};\nvoid "
     "setup() { f(); }\nvoid loop() {}\nvoid f() {}\n"},
    {"a function that hides a struct of its name",
     "struct stat { int n; };\nvoid setup() { struct stat s; stat(&s); }\nvoid loop() {}\nint "
     "stat(struct stat* s) { return s->n; }\n"},
    {"tabs of the sketch with includes of their own",
     "void setup() { show(1); }\nvoid loop() {}\n#include <stdio.h>\nclass Lcd {};\nLcd lcd;\nvoid "
     "show(Lcd& l) {}\nvoid show(int n) { show(lcd); }\n"},
    {"a function try block and a catch behind it",
     "void setup() { f(); }\nvoid loop() {}\nvoid f() { g(); }\nvoid g() {}\nstruct T { T(); int "
     "a; };\nT::T() : a{h(1)} { g(); }\nint h(int n) { return n; }\n"},
};

std::string numbered(const std::string& text) {
  std::string out;
  int number = 0;
  for (size_t at = 0; at < text.size();) {
    size_t end = text.find('\n', at);
    if (end == std::string::npos) end = text.size();
    out += std::to_string(++number) + "\t" + text.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return out;
}

}  // namespace

TEST_CASE("sketches that need declarations compile") {
  for (const Case& each : kCases) {
    CAPTURE(each.name);
    std::vector<SketchFile> files = {{"src/sketch.ino", each.sketch}};
    Result<std::string> joined = join_sketch(files);
    REQUIRE(joined);
    Compiled uno = compile_for_uno(*joined);
    CHECK_MESSAGE(uno.ok, each.name << "\n" << uno.messages << numbered(*joined));
    if (each.host) {
      Compiled host = compile_for_host(*joined);
      CHECK_MESSAGE(host.ok, each.name << " (host)\n" << host.messages << numbered(*joined));
    }
    if (each.needed)
      CHECK_MESSAGE(!compile_for_uno(join_plainly(files)).ok, each.name << " needs no declaration");
  }
}
