#include "cmd/recovery.hpp"

#include <variant>

#include "base/overloaded.hpp"

namespace td::cmd {

void recovery::remember(runtime::worker& worker, runtime::recorder& journal, const call::rules& in_force,
                        const runtime::steady_utc& clock, runtime::log& log) {
    for (const std::string& each : memory_.complaints) {
        log.say(runtime::log_level::warning, "memory", {{"said", each}});
    }
    journal::move_to_clock(memory_.what, memory_.clock, runtime::origin_of(clock), clock.now());
    const journal::recollection& what = memory_.what;
    if (!what.steps.empty()) {
        rebuild(worker, journal, in_force, log);
    }
    // Before memory_recalled: whoever finds that in this run's journal reads no older run.
    journal.repeat(clock.now(), what.last_words);
}

void recovery::rebuild(runtime::worker& worker, runtime::recorder& journal, const call::rules& in_force,
                       runtime::log& log) const {
    const journal::recollection& what = memory_.what;
    for (const journal::remembered_step& step : what.steps) {
        std::visit(overloaded{[&](const call::fact& news) { worker.remember(step.at, news); },
                              [&](const call::rules& rules) {
                                  worker.follow(rules);
                                  journal.follow(step.at, rules);
                              }},
                   step.what);
    }
    // A moment later, because what was dialled at the last one may not be there either.
    const instant cut = what.last + 1us;
    worker.remember(cut, call::pbx_line_lost{call::line::door});
    worker.remember(cut, call::pbx_line_lost{call::line::sos});
    worker.follow(in_force);
    journal.follow(cut, in_force);
    log.say(runtime::log_level::info, "calls remembered",
            {{"calls", worker.board().calls()},
             {"legs", worker.board().legs()},
             {"until", rfc3339(what.last)},
             {"files", memory_.files},
             {"bytes", memory_.bytes},
             {"lines_missing", what.missing}});
}

void recovery::go_on(runtime::worker& worker, ports::feed& feed, ports::number_pool& numbers) {
    worker.take(call::memory_recalled{});
    for (const call::command& wish : memory_.what.last_words) {
        std::visit(overloaded{[&](const call::finish& end) { feed.take(end.record); },
                              [&](const call::finish_sos& end) { feed.take(end.record); },
                              [&](const call::finish_callback& end) { feed.take(end.record); },
                              [&](const call::return_number& end) { numbers.give_back(end); },
                              [&](const call::alert& told) { feed.take(told.news); }, [](const auto&) {}},
                   wish);
    }
    memory_ = {};
}

}  // namespace td::cmd
