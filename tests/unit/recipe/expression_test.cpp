// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <map>
#include <vector>

#include "pipelines/recipe/evaluate.h"
#include "tests/unit/recipe/shown.h"

namespace inferad::recipe {
namespace {

using testing::shown;

Result<Value> look_up(const std::string& id) {
  static const std::map<std::string, Value> known{{"n", {std::int64_t{5}}},
                                                  {"half", {0.5}},
                                                  {"flag", {true}},
                                                  {"key", {std::string("image")}},
                                                  {"a#b#0", {std::string("deep")}},
                                                  {"list", {List{{std::int64_t{1}}, {std::int64_t{2}}}}}};
  const auto found = known.find(id);
  if (found == known.end()) return Error{Errc::invalid_input, "@" + id + " names nothing"};
  return found->second;
}

// The value as text, or "refused: …".
std::string value_of(const std::string& text) {
  const auto parsed = parse_expression(text);
  if (!parsed) return "refused: " + parsed.error().what;
  const auto value = evaluate(*parsed, look_up);
  return value ? shown(*value) : "refused: " + value.error().what;
}

struct Case {
  const char *text, *expected;
};

void check(const std::vector<Case>& cases) {
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    CHECK(value_of(text) == expected);
  }
}

TEST_CASE("literals are what they are in Python") {
  check({{"1", "1"},
         {"1.5", "1.5"},
         {"1e3", "1000.0"},
         {".5", "0.5"},
         {"2.", "2.0"},
         {"1e-2", "0.01"},
         {"'a'", "'a'"},
         {"\"a'b\"", "'a'b'"},
         {"'a' 'b'", "'ab'"},
         {"'a\\n\\t\\''", "'a\n\t''"},
         {"None", "None"},
         {"True", "True"},
         {" [1, 'a', None,] ", "[1, 'a', None]"},
         {"()", "[]"},
         {"(1)", "1"},
         {"(1,)", "[1]"},
         {"1, 2", "[1, 2]"},
         {"{'a': 1, \"b\": [2]}", "{a: 1, b: [2]}"}});
}

TEST_CASE("arithmetic follows Python: floor division, signs, precedence") {
  check({{"1 + 2 * 3", "7"},
         {"(1 + 2) * 3", "9"},
         {"7 // 2", "3"},
         {"-7 // 2", "-4"},
         {"-7 % 3", "2"},
         {"7 % -3", "-2"},
         {"7 / 2", "3.5"},
         {"6 / 2", "3.0"},
         {"2 ** 10", "1024"},
         {"2 ** -1", "0.5"},
         {"-2 ** 2", "-4"},
         {"2 ** 3 ** 2", "512"},
         {"(-1) ** 1000001", "-1"},
         {"1 ** 99999999999", "1"},
         {"0 ** 0", "1"},
         {"-7.5 // 2", "-4.0"},
         {"7.5 % 2", "1.5"},
         {"10 - 3 - 2", "5"},
         {"8 // 2 // 2", "2"},
         {"True + 1", "2"},
         {"6 & 3", "2"},
         {"6 | 3", "7"},
         {"6 ^ 3", "5"},
         {"~5", "-6"},
         {"[1] + [2]", "[1, 2]"},
         {"'a' + 'b'", "'ab'"},
         {"(1, 2) * 2", "[1, 2, 1, 2]"},
         {"2 * [0]", "[0, 0]"},
         {"'ab' * 2", "'abab'"},
         {"[1] * -1", "[]"},
         {"1 + 0.5", "1.5"}});
}

TEST_CASE("comparisons, logic and conditional expressions follow Python") {
  check({{"1 < 2", "True"},
         {"1 == 1.0", "True"},
         {"'a' < 'b'", "True"},
         {"[1, 2] == [1, 2]", "True"},
         {"1 != '1'", "True"},
         {"2 in [1, 2]", "True"},
         {"3 not in [1, 2]", "True"},
         {"'a' in {'a': 1}", "True"},
         {"'mag' in @key", "True"},
         {"None is None", "True"},
         {"@n is not None", "True"},
         {"not 0", "True"},
         {"not 1 == 2", "True"},
         {"0 or 'x'", "'x'"},
         {"1 and 0", "0"},
         {"False and @missing", "False"},
         {"1 if @flag else @missing", "1"},
         {"1 if 0 else 2 if 0 else 3", "3"},
         {"1 < 2 < 3", "refused: chains of comparisons are not supported: use and"}});
}

TEST_CASE("elements and slices follow Python") {
  check({{"[1, 2, 3][-1]", "3"},
         {"[1, 2, 3][1:]", "[2, 3]"},
         {"[1, 2, 3][:-1]", "[1, 2]"},
         {"[1, 2, 3][::-1]", "[3, 2, 1]"},
         {"[1, 2, 3][-99:99:2]", "[1, 3]"},
         {"[1, 2, 3][0:3:9223372036854775807]", "[1]"},
         {"'abc'[1]", "'b'"},
         {"{'a': {'b': 2}}['a']['b']", "2"},
         {"[1][1]", "refused: there is no element 1"},
         {"{'a': 1}['b']", "refused: there is no member \"b\""},
         {"[1][::0]", "refused: the step of a slice is zero"},
         {"[1]['a']", "refused: [ ] of list and str is not supported"},
         {"[1][]", "refused: an index is missing"}});
}

TEST_CASE("the listed functions and constants work, and nothing else") {
  check({{"int('7') + int(7.9)", "14"},
         {"int(-7.9)", "-7"},
         {"float('1e-3')", "0.001"},
         {"str(1) + str(0.5) + str(2.0) + str(True)", "'10.52.0True'"},
         {"len([1, 2]) + len('abc')", "5"},
         {"min(3, 1, 2) + max([4, 5])", "6"},
         {"abs(-3)", "3"},
         {"list((1, 2))", "[1, 2]"},
         {"bool('')", "False"},
         {"os.path.join('a', 'b', 'c')", "'a/b/c'"},
         {"torch.float32", "'float32'"},
         {"torch.float", "'float32'"},
         {"np.uint8", "'uint8'"},
         {"numpy.float64", "'float64'"},
         {"torch.long", "'int64'"},
         {"torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')", "'cpu'"},
         {"torch.device('cuda')", "'cuda'"},
         {"torch.device('cuda', 1)", "'cuda:1'"},
         {"copy.deepcopy(@list)", "[1, 2]"},
         {"np.pi", "3.14159"},
         {"monai.utils.CommonKeys.IMAGE", "'image'"},
         {"open('/etc/passwd')", "refused: open(…) is not supported"},
         {"__import__('os').system('x')", "refused: __import__(…).system(…) is not supported"},
         {"@list.append(3)", "refused: @list.append(…) is not supported"},
         {"@list.__class__", "refused: @list.__class__ is not supported"},
         {"eval('1')", "refused: eval(…) is not supported"},
         {"torch.load('x')", "refused: torch.load(…) is not supported"},
         {"os", "refused: os is not supported"},
         {"torch.nothing", "refused: torch.nothing is not supported"},
         {"int('x')", "refused: \"x\" is no such number"},
         {"int()", "refused: int(…) with 0 arguments is not supported"},
         {"int(x=1)", "refused: int(…) with x= is not supported"}});
}

TEST_CASE("references stand anywhere in an expression") {
  check({{"@n + 1", "6"},
         {"@key + '_meta_dict'", "'image_meta_dict'"},
         {"@a#b#0", "'deep'"},
         {"@a::b::0", "'deep'"},
         {"[@n,@half]", "[5, 0.5]"},
         {"@list[0]", "1"},
         {"@n-1", "4"},
         {"@missing", "refused: @missing names nothing"},
         {"@", "refused: \"@\" is not a reference"},
         {"1 @ 2", "refused: \"@ 2\" is not a reference"}});
}

TEST_CASE("what is not in the grammar is refused with a reason") {
  check({{"[i for i in @list]", "refused: comprehensions (for … in …) are not supported"},
         {"import os", "refused: \"import\" is not supported here"},
         {"f'{x}'", "refused: texts with the prefix f are not supported"},
         {"x = 1", "refused: \"=\" is not supported here"},
         {"1 +", "refused: it ends too early"},
         {"", "refused: it ends too early"},
         {"(1", "refused: it ends too early"},
         {"1 2", "refused: \"2\" is not supported here"},
         {"'a", "refused: a text is not closed"},
         {"'\\x41'", "refused: an escape in a text is not supported"},
         {"1_000", "refused: the number 1_000 is not supported"},
         {"0x10", "refused: the number 0x10 is not supported"},
         {"lambda x, y: x", "refused: a lambda must have exactly one parameter"},
         {"lambda: 1", "refused: a lambda must have exactly one parameter"},
         {"lambda *x: 1", "refused: a lambda must have exactly one parameter"},
         {"(yield)", "refused: \"yield\" is not supported here"},
         {"{**@list}", "refused: \"**\" is not supported here"},
         {"{1: 2}", "refused: keys of a dict must be texts"},
         {"$x", "refused: the character $ is not understood"},
         {"ä", "refused: only ASCII is understood outside of texts"},
         {"1 / 0", "refused: a division by zero"},
         {"1 // 0.0", "refused: a division by zero"},
         {"'a' + 1", "refused: + of str and int is not supported"}});
}

TEST_CASE("nothing grows without a limit") {
  const auto repeat = [](const std::string& part, int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += part;
    return text;
  };
  CHECK(value_of("9223372036854775807 + 1") == "refused: a value is too large");
  CHECK(value_of("99999999999999999999") == "refused: the number 99999999999999999999 is not supported");
  CHECK(value_of("2 ** 64") == "refused: a value is too large");
  CHECK(value_of("10.0 ** 400") == "refused: a value is too large");
  CHECK(value_of("(-9223372036854775807 - 1) // -1") == "refused: a value is too large");
  CHECK(value_of("[0] * 1000000") == "refused: a value is too large");
  CHECK(value_of("[[0] * 50000] * 50000") == "refused: a value is too large");
  CHECK(value_of("'aaaaaaaaaa' * 100000") == "refused: a value is too large");
  CHECK(value_of(repeat("(", 2000) + "1" + repeat(")", 2000)) == "refused: it is nested too deeply");
  CHECK(value_of(repeat("[", 2000)) == "refused: it is nested too deeply");
  CHECK(value_of(repeat("-", 2000) + "1") == "refused: it is nested too deeply");
  CHECK(value_of(repeat("not ", 1000) + "1") == "refused: it is nested too deeply");
  CHECK(value_of("1" + repeat("[0]", 1000)) == "refused: it is nested too deeply");
  CHECK(value_of(repeat("1 if 1 else ", 300) + "1") == "refused: it is nested too deeply");
  CHECK(value_of("1" + repeat("+1", 2000)) == "2001");
  CHECK(value_of(repeat(" ", 5000)) == "refused: 5000 characters, at most 4096");
}

TEST_CASE("functions become trees in which only what depends on the parameter is left") {
  check({{"lambda x : x[1:]", "x -> (at x (slice 1 None None))"},
         {"lambda x: x[[2]] > 0", "x -> (> (at x [2]) 0)"},
         {"lambda x: torch.where(x[[2]] > 0, 4, torch.where(x[[0]] > 0, 1, 0))",
          "x -> (torch.where (> (at x [2]) 0) 4 (torch.where (> (at x [0]) 0) 1 0))"},
         {"lambda x: torch.nan_to_num(x, nan=255)", "x -> (torch.nan_to_num x nan=255)"},
         {"lambda x: -x * (@n + 1) ** 2", "x -> (* (- x) 36)"},
         {"lambda x: x + 1 if @flag else x", "x -> (+ x 1)"},
         {"lambda y: y[..., None, -1]", "y -> (at y ... None -1)"},
         {"lambda x: None", "x -> None"},
         {"lambda x: x.convert('RGB')", "refused: x.convert(…) is not supported in a function"},
         {"lambda x: open(x)", "refused: open(…) is not supported in a function"},
         {"lambda x: torch.where(x > 0, 1)", "refused: torch.where(…) with 2 arguments is not supported"},
         {"lambda x: torch.nan_to_num(x, out=x)", "refused: torch.nan_to_num(…) with out= is not supported"},
         {"lambda x: torch.nan_to_num(x, nan=1, nan=2)", "refused: torch.nan_to_num(…) has nan= twice"},
         {"lambda x: x[x > 0]", "refused: an index that depends on x is not supported"},
         {"lambda x: x[0.5]", "refused: an index must be a whole number or a list of them"},
         {"lambda x: 1 if x else 2", "refused: a condition on x is not supported: use torch.where"},
         {"lambda x: x and 1", "refused: … and … is not supported in a function"},
         {"lambda x: [x]", "refused: … is not supported in a function"},
         {"lambda x: lambda y: x", "refused: lambda y is not supported in a function"},
         {"lambda x: y", "refused: y is not supported"}});
}

}  // namespace
}  // namespace inferad::recipe
