#include "runtime/recorder.hpp"

#include "base/alarm_gate.hpp"
#include "base/overloaded.hpp"
#include "journal/codec.hpp"
#include "runtime/journal_writer.hpp"

namespace td::runtime {

struct recorder::shared {
    shared(recorder_options options, const call::rules& rules, std::function<instant()> wall_clock, alarm_sink alarms)
        : gate(std::move(alarms)),
          desk(options.buffer_limit),
          writer(
              std::move(options), rules, std::move(wall_clock), [this](const alarm& news) { gate.tell(news); }, desk) {}
    alarm_gate gate;
    journal_desk desk;
    journal_writer writer;
};

result<std::unique_ptr<recorder>> recorder::open(recorder_options options, const call::rules& rules,
                                                 std::function<instant()> wall_clock, alarm_sink alarms) {
    if (!is_node_name(options.node)) {
        return failure{failure_kind::bad_input,
                       "node name \"" + options.node + "\": use letters, digits, '.', '_' and '-', up to 64 of them"};
    }
    auto state = std::make_shared<shared>(std::move(options), rules, std::move(wall_clock), std::move(alarms));
    return std::unique_ptr<recorder>(new recorder(std::move(state)));
}

recorder::recorder(std::shared_ptr<shared> state)
    : state_(std::move(state)), thread_([shared = state_] { shared->writer.run(); }) {}

recorder::~recorder() {
    state_->desk.stopping = true;
    state_->desk.pieces.ring();
}

void recorder::note(instant at, const call::fact& news, const call::commands& wishes) {
    recalled_ = recalled_ || std::holds_alternative<call::memory_recalled>(news);
    step(at, news, wishes, journal::telling::first);
}

/// The end of a former memory is not that of this run's: whoever reads it must not take it for that.
void recorder::note_again(instant at, const call::fact& news, const call::commands& wishes) {
    const bool recalled = std::holds_alternative<call::memory_recalled>(news);
    step(at, news, wishes, recalled ? journal::telling::again : journal::telling::first);
}

void recorder::step(instant at, const call::fact& news, const call::commands& wishes, journal::telling how) {
    journal::write(text_, at, news, how);
    for (const call::command& each : wishes) {
        journal::write(text_, at, each);
    }
    follow_lives(at, news, wishes);
    put(at, 1 + wishes.size(), nullptr);
}

/// A file says where the memory of the calls begins that live when it is begun.
void recorder::follow_lives(instant at, const call::fact& news, const call::commands& wishes) {
    const auto begins = [&](const auto& arrival) {
        if (!wishes.empty() && arrivals_.emplace(arrival.call, at).second) {  // told twice it moves nothing
            oldest_first_.emplace(at, arrival.call);
        }
    };
    const auto ends = [&](const auto& end) {
        if (const auto found = arrivals_.find(end.record.call); found != arrivals_.end()) {
            oldest_first_.erase({found->second, end.record.call});
            arrivals_.erase(found);
        }
    };
    std::visit(overloaded{[&](const call::drain_begun&) { draining_ = true; },
                          [&](const call::memory_recalled&) { draining_ = false; },
                          [&](const call::panel_arrived& each) { begins(each); },
                          [&](const call::sos_arrived& each) { begins(each); },
                          [&](const call::callback_arrived& each) { begins(each); }, [](const auto&) {}},
               news);
    for (const call::command& wish : wishes) {
        std::visit(
            overloaded{[&](const call::finish& each) { ends(each); }, [&](const call::finish_sos& each) { ends(each); },
                       [&](const call::finish_callback& each) { ends(each); }, [](const auto&) {}},
            wish);
    }
    const instant oldest = oldest_first_.empty() ? never : oldest_first_.begin()->first;
    state_->desk.oldest = oldest.time_since_epoch().count();
}

void recorder::repeat(instant at, const call::commands& words) {
    for (const call::command& each : words) {
        journal::write(text_, at, each);
        put(at, 1, nullptr);
    }
}

void recorder::follow(instant at, const call::rules& rules) {
    journal::write(text_, at, journal::rules_changed{rules});
    put(at, 1, std::make_unique<call::rules>(rules));
}

void recorder::put(instant at, std::uint64_t lines, std::unique_ptr<call::rules> rules) {
    journal_desk& desk = state_->desk;
    journal_piece piece{at, lines, {}, std::move(rules), recalled_};
    // Behind a gap stands who lives there, so there must be few of them: nothing is written before there is much room.
    const bool room = gap_.lines == 0 || desk.pieces.weight() <= desk.weight_limit / 2;
    if (gap_.lines > 0 && room) {
        gap_.living = living();
        gap_.draining = draining_;
        journal::write(piece.text, at, gap_);
    }
    if (owed_ && !piece.rules) {
        journal::write(piece.text, at, journal::rules_changed{*owed_});
        piece.rules = std::make_unique<call::rules>(*owed_);
    }
    piece.text += room ? text_ : std::string();
    text_.clear();
    std::optional<call::rules> in_force;
    if (piece.rules) {
        in_force = *piece.rules;
    }
    const std::size_t weight = piece.weight();
    if (room && desk.pieces.put(std::move(piece), weight)) {
        desk.noted = at.time_since_epoch().count();
        if (desk.first == 0) {
            desk.first = desk.noted.load();
        }
        gap_ = {};
        owed_.reset();
        return;
    }
    gap_.since = gap_.lines == 0 ? at : gap_.since;
    gap_.lines += lines;
    desk.dropped += lines;
    owed_ = std::move(in_force);
}

std::vector<call_id> recorder::living() const {
    std::vector<call_id> calls;
    calls.reserve(arrivals_.size());
    for (const auto& [call, arrived] : arrivals_) {
        calls.push_back(call);
    }
    return calls;
}

recorder_counts recorder::counts() const {
    const journal_desk& desk = state_->desk;
    recorder_counts now;
    now.lines = desk.lines;
    now.bytes = desk.bytes;
    now.dropped = desk.dropped;
    now.waiting = desk.pieces.weight();
    const std::int64_t written = desk.written;
    const duration behind{desk.noted - (written == 0 ? desk.first.load() : written)};
    now.lag = now.waiting == 0 ? duration{0} : std::max(duration{0}, behind);
    now.trouble = desk.failing ? alarm_state::raised : alarm_state::cleared;
    return now;
}

result<done> recorder::close(std::chrono::milliseconds limit) {
    state_->desk.stopping = true;
    state_->desk.pieces.ring();
    left_ = !thread_.over_within(limit);
    if (left_) {
        state_->gate.shut();
    }
    if (const std::size_t left = state_->desk.pieces.weight(); left > 0) {
        return failure{failure_kind::full, "journal: about " + std::to_string(left) + " bytes were not written" +
                                               (left_ ? ": the disk does not answer" : ": the disk refuses them")};
    }
    if (left_) {  // in the last sync: what was written is the kernel's, and not yet the disk's
        return failure{failure_kind::full, "journal: the disk does not answer"};
    }
    return done{};
}

}  // namespace td::runtime
