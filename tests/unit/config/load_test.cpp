#include "config/load.hpp"

#include <algorithm>

#include "catch.hpp"
#include "config/keys.hpp"
#include "config/show.hpp"

using namespace td::config;
using namespace std::chrono_literals;

namespace {

loaded of(std::string_view text, variable_map variables = {}, std::vector<override_text> overrides = {}) {
    sources from;
    from.variables = std::move(variables);
    from.overrides = std::move(overrides);
    return load_text(from, text, "t.toml");
}

std::string words(const loaded& read) {
    std::string all;
    for (const problem& each : read.problems) {
        all.append(text_of(each)).append("\n");
    }
    return all;
}

}  // namespace

TEST_CASE("an empty file is the defaults, without a problem", "[config]") {
    const loaded read = of("");
    CHECK(words(read).empty());
    CHECK(read.usable());
    CHECK(read.values.door.ring_limit == 45s);
    CHECK(read.values.ari.url.text == "http://127.0.0.1:8088");
    CHECK(read.values.sos.window == 180min);
}

TEST_CASE("every default is a value that its own key takes, and shows the same again", "[config]") {
    settings usual;
    for (const key& each : keys()) {
        INFO(each.full_name());
        settings other;
        CHECK(each.take(other, each.show(usual)).empty());
        CHECK(each.show(other) == each.show(usual));
        CHECK_FALSE(each.meaning.empty());
        CHECK_FALSE(each.wants.empty());
    }
}

TEST_CASE("no two keys share a variable", "[config]") {
    std::vector<std::string> names;
    for (const key& each : keys()) {
        names.push_back(each.variable());
    }
    std::sort(names.begin(), names.end());
    CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
}

TEST_CASE("every key takes no text that it cannot use, and leaves the default then", "[config]") {
    const settings usual;
    for (const key& each : keys()) {
        for (const std::string& hostile :
             {std::string("\x1b[2J\n"), std::string(100'000, 'x'), std::string("a\0b", 3)}) {
            INFO(each.full_name());
            settings other;
            CHECK_FALSE(each.take(other, hostile).empty());
            CHECK(each.show(other) == each.show(usual));
        }
    }
}

TEST_CASE("a flag beats the environment, which beats the file", "[config]") {
    const char* text = "[door]\nring_limit = \"31s\"\ntalk_limit = \"91s\"\nlate_dial = \"2s\"\n";
    const loaded read =
        of(text, {{"TDCTL_DOOR_RING_LIMIT", "32s"}, {"TDCTL_DOOR_TALK_LIMIT", "92s"}}, {{"door.ring_limit", "33s"}});
    CHECK(words(read).empty());
    CHECK(read.values.door.ring_limit == 33s);
    CHECK(read.values.door.talk_limit == 92s);
    CHECK(read.values.door.late_dial == 2s);
}

TEST_CASE("the variable of a secret may hold the secret itself or say where it is", "[config]") {
    const loaded itself = of("", {{"TDCTL_CRM_TOKEN", "abc"}});
    CHECK(itself.values.crm.token == secret_ref{secret_ref::place::environment, "TDCTL_CRM_TOKEN"});
    CHECK(resolve(itself.values.crm.token, itself.variables)->reveal() == "abc");
    const loaded elsewhere = of("", {{"TDCTL_CRM_TOKEN", "env:OTHER"}});
    CHECK(elsewhere.values.crm.token == secret_ref{secret_ref::place::environment, "OTHER"});
    const loaded none = of("[crm]\ntoken = \"env:OTHER\"", {{"TDCTL_CRM_TOKEN", ""}});
    CHECK(none.values.crm.token == secret_ref{});
}

TEST_CASE("a variable that a secret is kept in is no unknown key", "[config]") {
    CHECK(words(of("[crm]\ntoken = \"env:TDCTL_MY_TOKEN\"", {{"TDCTL_MY_TOKEN", "x"}})).empty());
    CHECK(words(of("", {{"TDCTL_MY_TOKEN", "x"}})).find("TDCTL_MY_TOKEN: warning") == 0);
}

TEST_CASE("problems beyond the limit are not listed, however many there are", "[config]") {
    std::string text = "[door]\n";
    for (int i = 0; i < 5000; ++i) {
        text.append("k").append(std::to_string(i)).append(" = 1\n");
    }
    const loaded read = of(text);
    CHECK(read.problems.size() == problem_limit + 1);
    CHECK_FALSE(read.usable());
}

TEST_CASE("text that is no TOML at all is told, not thrown", "[config]") {
    for (const std::string& text :
         {std::string("\0\0\0", 3), std::string("\xff\xfe"), std::string(100'000, '['), std::string(5000, '{'),
          std::string("[door]\napp = \"\"\"\nendless"), std::string("[door]\nmax_calls = 99999999999999999999"),
          std::string("a.") + std::string(50'000, 'a') + " = 1", std::string("[[door]]\napp=\"x\"")}) {
        CHECK_FALSE(of(text).usable());
    }
}

TEST_CASE("a door call decides by what the configuration says", "[config]") {
    const loaded read =
        of("[door]\nring_limit=\"30s\"\non_decline=\"end_call\"\nearly=\"none\"\nmax_accounts=7\n"
           "[push]\nurl=\"none\"\nrepeat=\"3s\"\n[crm]\ntimeout=\"500ms\"\n");
    REQUIRE(words(read).empty());
    const td::call::door_rules rules = call_rules(read.values).door;
    CHECK(rules.ring_limit == 30s);
    CHECK(rules.on_decline == td::call::decline_rule::end_call);
    CHECK(rules.early == td::call::early_sound::none);
    CHECK(rules.max_accounts == 7);
    CHECK_FALSE(rules.push_wanted);
    CHECK(rules.push_repeat == 3s);
    CHECK(rules.lookup_limit > 500ms);
}

TEST_CASE("the rules of an empty configuration are those that a door call has by itself", "[config]") {
    const td::call::door_rules usual;
    const td::call::door_rules made = call_rules(settings{}).door;
    CHECK(made.ring_limit == usual.ring_limit);
    CHECK(made.talk_limit == usual.talk_limit);
    CHECK(made.late_dial == usual.late_dial);
    CHECK(made.open_dtmf == usual.open_dtmf);
    CHECK(made.max_calls == usual.max_calls);
    CHECK(made.max_accounts == usual.max_accounts);
    CHECK(made.push_repeat == usual.push_repeat);
    CHECK(made.lookup_limit == usual.lookup_limit);
}
