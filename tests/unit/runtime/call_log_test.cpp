// What the log tells of a call, and what it must never tell.

#include "runtime/call_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>

#include "call_script.hpp"
#include "catch.hpp"
#include "scratch.hpp"

using namespace td;
using namespace td::test;

namespace {

constexpr const char* number = "79001112233";

/// What the log tells of these steps, at debug level.
std::string told_of(const std::string& file, const call::fact& news, const call::commands& wishes) {
    runtime::log_options options;
    options.level = runtime::log_level::debug;
    options.file_descriptor = ::open(file.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
    {
        runtime::log log(options, [] { return instant{}; });
        runtime::call_log witness(log);
        witness.saw(instant{}, news, wishes);
        log.close(std::chrono::seconds{5});
    }
    ::close(options.file_descriptor);
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// A whole call of one account whose name is a phone number, told at debug level.
std::string told_of_a_call(const std::string& file, runtime::log_format format) {
    runtime::log_options options;
    options.level = runtime::log_level::debug;
    options.format = format;
    options.file_descriptor = ::open(file.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
    instant now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};
    {
        runtime::log log(options, [&] { return now; });
        runtime::call_log witness(log);
        call::switchboard board(call::rules{});
        auto found = accounts(1);
        found.flat.accounts.at(0).name = account_id{number};
        for (const call::fact& news : std::initializer_list<call::fact>{
                 call::panel_arrived{the_call, the_panel, panel_id{"5001"}, flat_id{"12\nlevel=fake"}, ""}, described(),
                 found, ringing(0), answered(0), did(call::act::bridge), did(call::act::answer),
                 did(call::act::join, 0), call::key_pressed{leg(0), '1'}, call::account_registered{account_id{number}},
                 panel_gone(), ended(0), did(call::act::remove_bridge), call::pbx_line_lost{}, call::pbx_seen{},
                 call::drain_begun{}}) {
            call::commands wishes;
            board.step(now, news, wishes);
            witness.saw(now, news, wishes);
        }
        log.close(std::chrono::seconds{5});
    }
    ::close(options.file_descriptor);
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("call log: an account is a phone number and never shown whole", "[runtime]") {
    const auto format = GENERATE(runtime::log_format::text, runtime::log_format::json);
    const scratch_dir place;
    const std::string text = told_of_a_call((place.path() / "log").string(), format);
    CHECK(text.find("call begun") != std::string::npos);
    CHECK(text.find("call finished") != std::string::npos);
    CHECK(text.find("*******2233") != std::string::npos);
    CHECK(text.find(number) == std::string::npos);
}

TEST_CASE("call log: a flat cannot write a line of its own", "[runtime]") {
    const scratch_dir place;
    const std::string text = told_of_a_call((place.path() / "log").string(), runtime::log_format::text);
    CHECK(text.find("\nlevel=fake") == std::string::npos);
    CHECK(text.find("12\\nlevel=fake") != std::string::npos);
}

TEST_CASE("call log: an emergency call that went wrong is an error, and its number is never shown whole", "[runtime]") {
    const scratch_dir place;
    call::finish_sos end;
    end.record.call = the_call;
    end.record.how = call::outcome::failed;
    end.record.who = call::ended_by::no_route;
    end.record.number = number_id{number};
    end.record.note = "callback map: no answer\nlevel=fake";
    call::commands wishes;
    wishes.push_back(call::alert{{the_call,
                                  panel_id{"5001"},
                                  instant{},
                                  number_id{number},
                                  "112",
                                  {call::lack::store, call::lack::every_try},
                                  "pool: no answer in time"}});
    wishes.push_back(end);
    const std::string text = told_of((place.path() / "log").string(), call::time_passed{}, wishes);
    CHECK(text.find(" error call=" + std::string(the_call.text()) + " event=\"emergency call degraded\"") !=
          std::string::npos);
    CHECK(text.find("without=store,every_try") != std::string::npos);
    CHECK(text.find("emergency call finished") != std::string::npos);
    CHECK(text.find("ended_by=no_route") != std::string::npos);
    CHECK(text.find("*******2233") != std::string::npos);
    CHECK(text.find(number) == std::string::npos);
    CHECK(text.find("\nlevel=fake") == std::string::npos);
}

TEST_CASE("call log: a callback is told with the panel it led to, and its number redacted", "[runtime]") {
    const scratch_dir place;
    call::finish_callback end;
    end.record.call = the_call;
    end.record.panel = panel_id{"5001"};
    end.record.number = number_id{number};
    call::commands wishes;
    wishes.push_back(end);
    const std::string text = told_of((place.path() / "log").string(),
                                     call::callback_arrived{the_call, the_panel, panel_id{"5001"}, number_id{number},
                                                            number, call::urgency::psap_callback, ""},
                                     wishes);
    CHECK(text.find("callback begun") != std::string::npos);
    CHECK(text.find("priority=psap_callback") != std::string::npos);
    CHECK(text.find("callback finished") != std::string::npos);
    CHECK(text.find("panel=5001") != std::string::npos);
    CHECK(text.find(number) == std::string::npos);
}
