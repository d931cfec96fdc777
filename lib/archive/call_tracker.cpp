#include "archive/call_tracker.hpp"

#include <algorithm>
#include <utility>

#include "archive/file_head.hpp"
#include "base/overloaded.hpp"
#include "journal/moment_reader.hpp"
#include "story/gatherer.hpp"

namespace td::archive {
namespace {

constexpr std::size_t most_ended = 20'000;  // late lines come within seconds

duration milliseconds(call::call_ms ms) {
    return std::chrono::milliseconds{std::max<call::call_ms>(ms, 0)};
}

template <class Record>
void take_common(index_row& row, const Record& r) {
    row.panel = r.panel;
    row.how = r.how;
    row.who = r.who;
    row.started = r.started_at;
    row.lasted = std::max(r.ended_at - r.started_at, duration{});
    row.rang = milliseconds(r.ring_ms);
    row.talked = milliseconds(r.talk_ms);
}

}  // namespace

struct call_tracker::moments {
    journal::moment_reader reader;
    instant read(std::string_view text, instant otherwise) {
        instant at = otherwise;
        return reader.read(text, at) ? at : otherwise;
    }
};

call_tracker::call_tracker(outlets to, std::vector<living_call> living)
    : to_(std::move(to)), moments_(std::make_unique<moments>()) {
    for (living_call& each : living) {
        const std::string name(each.row.call.text());
        channels_.emplace(each.channel, name);
        for (const account_id& account : each.row.accounts) {
            accounts_.emplace(account.text(), name);
        }
        last_ = std::max(last_, each.last);
        living_.emplace(name, std::move(each));
    }
}

call_tracker::~call_tracker() = default;

void call_tracker::begin_file(const beginning& how) {
    beginning_ = how;
    if (how.goes_on) {
        return;
    }
    for (auto& [name, one] : living_) {
        one.remembered = false;  // the head names again whom the run has remembered
    }
    if (how.head.over()) {
        end_head(true);
    }
}

void call_tracker::take(std::string_view line, place at) {
    const bool within = !beginning_.head.over();
    in_head_ = beginning_.head.takes(line);
    retelling_ = in_head_;
    if (in_head_ && beginning_.goes_on) {
        return;
    }
    if (within && !in_head_) {
        end_head(false);
    }
    take(look_at(line), line, at);
    if (in_head_ && beginning_.head.over()) {
        end_head(true);
    }
}

/// Who lived before a hole and is not named behind it has ended in between.
void call_tracker::end_head(bool whole) {
    for (auto each = living_.begin(); each != living_.end();) {
        const auto next = std::next(each);
        if (whole && beginning_.says_all && !each->second.remembered) {
            end_untold(each, story::ending::lost);
        } else if (beginning_.memory_until == instant::min()) {
            each->second.remembered = false;
            each->second.from_memory = false;
        }
        each = next;
    }
    beginning_.says_all = false;
}

void call_tracker::take(const glance& seen, std::string_view line, place at) {
    if (!seen.moment.empty()) {
        const instant moment = moments_->read(seen.moment, last_);
        last_ = std::max(last_, moment);
        retelling_ = in_head_ || moment <= beginning_.memory_until;
    }
    switch (seen.what) {
        case glance::kind::of_call:
        case glance::kind::arrival:
        case glance::kind::accounts:
        case glance::kind::record:
        case glance::kind::panel_left: of_call(seen, line, at); return;
        case glance::kind::registered: {
            const auto [first, last] = accounts_.equal_range(std::string(seen.key));
            std::for_each(first, last, [&](const auto& each) {
                if (living_call& one = living_.at(each.second); concerns(one)) {
                    put(one, at);
                }
            });
            return;
        }
        case glance::kind::recalled: seen.retold ? at_everybody(at) : recalled(at); return;
        case glance::kind::gap: miss(line, at); return;
        case glance::kind::general: at_everybody(at); return;
        case glance::kind::unknown: take_other(line, at); return;
        case glance::kind::header:
        case glance::kind::rules:
        case glance::kind::nobody: return;
    }
}

/// A line of another shape is written as ours are, and looked at once more.
void call_tracker::take_other(std::string_view line, place at) {
    const auto read = reader_.read(line);
    std::string again;
    if (read) {
        const auto how = read->retold ? journal::telling::again : journal::telling::first;
        std::visit(overloaded{[](const journal::header&) {}, [](const journal::rules_changed&) {},
                              [&](const call::fact& news) { journal::write(again, read->at, news, how); },
                              [&](const auto& each) { journal::write(again, read->at, each); }},
                   read->what);
    }
    const glance seen = again.empty() ? glance{} : look_at(again);
    if (seen.what == glance::kind::unknown) {
        unreadable_ += read ? 0U : 1U;
        beginning_.says_all = beginning_.says_all && read;  // it may have named a call
    } else {
        take(seen, again, at);
    }
}

living_call* call_tracker::life_of(const glance& seen) {
    std::string name(seen.call);
    if (seen.what == glance::kind::panel_left) {
        const auto found = channels_.find(std::string(seen.key));
        if (found == channels_.end()) {
            return nullptr;
        }
        name = found->second;
    }
    if (const auto found = living_.find(name); found != living_.end()) {
        return &found->second;
    }
    if (seen.what == glance::kind::panel_left || ended_.contains(name)) {
        return nullptr;
    }
    const auto call = call_id::parse(name);
    if (!call || to_.known(*call)) {
        return nullptr;  // late, or told again
    }
    living_call& one = living_[name];
    one.row.call = *call;
    one.row.started = moments_->read(seen.moment, last_);
    one.from_memory = retelling_;
    return &one;
}

void call_tracker::of_call(const glance& seen, std::string_view line, place at) {
    living_call* const one = life_of(seen);
    if (one == nullptr) {
        return;
    }
    one->remembered = one->remembered || retelling_;
    if (!concerns(*one)) {
        return;
    }
    put(*one, at);
    one->last = moments_->read(seen.moment, last_);
    if (seen.what == glance::kind::arrival) {
        arrive(*one, line);
    } else if (seen.what == glance::kind::accounts) {
        find_accounts(*one, line);
    } else if (seen.what == glance::kind::record) {
        end(living_.find(std::string(seen.call)), line);
    }
}

void call_tracker::arrive(living_call& one, std::string_view line) {
    const auto read = reader_.read(line);
    const auto* news = read ? std::get_if<call::fact>(&read->what) : nullptr;
    if (news == nullptr) {
        ++unreadable_;
        return;
    }
    index_row& row = one.row;
    row.started = read->at;
    std::visit(overloaded{[&](const call::panel_arrived& told) {
                              row.kind = story::call_kind::door;
                              row.panel = told.panel;
                              row.flat = told.flat;
                          },
                          [&](const call::sos_arrived& told) {
                              row.kind = story::call_kind::sos;
                              row.panel = told.panel;
                          },
                          [&](const call::callback_arrived& told) {
                              row.kind = story::call_kind::callback;
                              row.panel = told.panel;
                              row.number = told.number;
                          },
                          [](const auto&) {}},
               *news);
    constexpr std::string_view mark = R"("channel":")";
    const auto from = line.find(mark);
    const auto to = from == std::string_view::npos ? from : line.find('"', from + mark.size());
    if (to != std::string_view::npos) {
        one.channel = line.substr(from + mark.size(), to - from - mark.size());
        channels_.emplace(one.channel, row.call.text());
    }
}

void call_tracker::find_accounts(living_call& one, std::string_view line) {
    const auto read = reader_.read(line);
    const auto* news = read ? std::get_if<call::fact>(&read->what) : nullptr;
    const auto* found = news == nullptr ? nullptr : std::get_if<call::accounts_found>(news);
    if (found == nullptr) {
        ++unreadable_;
        return;
    }
    for (const call::account& each : found->flat.accounts) {
        auto& known = one.row.accounts;
        if (std::find(known.begin(), known.end(), each.name) == known.end()) {
            known.push_back(each.name);
            accounts_.emplace(each.name.text(), one.row.call.text());
        }
    }
}

void call_tracker::end(lives::iterator which, std::string_view line) {
    const auto read = reader_.read(line);
    const auto* wish = read ? std::get_if<call::command>(&read->what) : nullptr;
    if (wish == nullptr) {
        ++unreadable_;
        return;
    }
    index_row& row = which->second.row;
    row.end = story::ending::told;
    std::visit(overloaded{[&](const call::finish& told) {
                              row.kind = story::call_kind::door;
                              take_common(row, told.record);
                              row.flat = told.record.flat;
                          },
                          [&](const call::finish_sos& told) {
                              row.kind = story::call_kind::sos;
                              take_common(row, told.record);
                              row.number = told.record.number;
                          },
                          [&](const call::finish_callback& told) {
                              row.kind = story::call_kind::callback;
                              take_common(row, told.record);
                              row.number = told.record.number;
                          },
                          [](const auto&) {}},
               *wish);
    end(which);
}

void call_tracker::end(lives::iterator which) {
    const living_call& call = which->second;
    to_.ended(call.row);
    if (const auto channel = channels_.find(call.channel);
        channel != channels_.end() && channel->second == which->first) {
        channels_.erase(channel);
    }
    for (const account_id& account : call.row.accounts) {
        const auto [first, last] = accounts_.equal_range(account.text());
        const auto mine = std::find_if(first, last, [&](const auto& each) { return each.second == which->first; });
        if (mine != last) {
            accounts_.erase(mine);
        }
    }
    remember_end(which->first);
    living_.erase(which);
}

void call_tracker::remember_end(const std::string& name) {
    if (ended_.insert(name).second) {
        ended_order_.push_back(name);
    }
    if (ended_order_.size() > most_ended) {
        ended_.erase(ended_order_.front());
        ended_order_.pop_front();
    }
}

void call_tracker::end_untold(lives::iterator which, story::ending how) {
    index_row& row = which->second.row;
    row.end = how;
    row.lasted = std::max(which->second.last - row.started, duration{});
    end(which);
}

/// Whom the new run does not know has died with the old one.
void call_tracker::recalled(place at) {
    const bool remembers = std::exchange(beginning_.memory_until, instant::min()) != instant::min();
    retelling_ = false;
    for (auto each = living_.begin(); remembers && each != living_.end();) {
        const auto next = std::next(each);
        if (!each->second.remembered) {
            end_untold(each, story::ending::cut_off);
        } else {
            each->second.remembered = false;
            each->second.from_memory = false;
        }
        each = next;
    }
    at_everybody(at);
}

/// Lines are missing, and with them the ends of those that the gap does not name.
void call_tracker::miss(std::string_view line, place at) {
    at_everybody(at);
    const auto read = reader_.read(line);
    const auto* hole = read ? std::get_if<journal::gap>(&read->what) : nullptr;
    if (hole == nullptr || !hole->living) {
        return;
    }
    std::unordered_set<std::string> named;
    for (const call_id& each : *hole->living) {
        named.emplace(each.text());
    }
    for (auto each = living_.begin(); each != living_.end();) {
        const auto next = std::next(each);
        if (!named.contains(each->first)) {
            end_untold(each, story::ending::lost);
        }
        each = next;
    }
}

/// What is told again of a call that is known says nothing new, but in a head behind missing files.
bool call_tracker::concerns(const living_call& one) const {
    return !retelling_ || (one.remembered && (one.from_memory || in_head_));
}

void call_tracker::at_everybody(place at) {
    for (auto& [name, one] : living_) {
        if (concerns(one)) {
            put(one, at);
        }
    }
}

void call_tracker::put(living_call& one, place at) {
    auto& places = one.row.places;
    if (places.empty() || places.back() != at) {
        places.push_back(at);
    }
}

std::vector<living_call> call_tracker::living() {
    std::vector<living_call> all;
    for (auto& [name, one] : living_) {
        one.row.lasted = std::max(one.last - one.row.started, duration{});
        all.push_back(one);
    }
    std::sort(all.begin(), all.end(),
              [](const living_call& a, const living_call& b) { return a.row.call < b.row.call; });
    return all;
}

}  // namespace td::archive
