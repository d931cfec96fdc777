#include "feed/publish_window.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace td::feed {

void publish_window::add(spooled message, instant now) {
    bytes_ += message.body.size();
    waits_.push_back({std::move(message), now});
}

const spooled* publish_window::next() const {
    const auto found = std::find_if(waits_.begin(), waits_.end(), [this](const wait& each) {
        return each.now == state::waiting && (!stands() || each.trial);
    });
    return found == waits_.end() ? nullptr : &found->message;
}

void publish_window::published() {
    const spooled* sent = next();
    for (std::size_t i = 0; i < waits_.size(); ++i) {
        if (&waits_[i].message == sent) {
            waits_[i].now = state::in_flight;
            tags_.emplace(++last_tag_, first_ + i);
            return;
        }
    }
}

std::size_t publish_window::acknowledged(std::uint64_t tag, confirm_reach reach) {
    std::size_t taken = 0;
    for (const std::uint64_t number : landed(tag, reach)) {
        taken += settle(number, word::taken) ? 1 : 0;
    }
    let_go();
    return taken;
}

std::size_t publish_window::refused(std::uint64_t tag, confirm_reach reach) {
    const auto numbers = landed(tag, reach);
    for (const std::uint64_t number : numbers) {
        settle(number, word::refused);
    }
    return numbers.size();
}

/// What is no longer in flight by such a word.
std::vector<std::uint64_t> publish_window::landed(std::uint64_t tag, confirm_reach reach) {
    auto first = tags_.begin();
    auto last = tags_.end();
    if (reach == confirm_reach::one) {
        first = tags_.find(tag);
        last = first == tags_.end() ? first : std::next(first);
    } else if (tag != 0) {
        last = tags_.upper_bound(tag);
    }
    std::vector<std::uint64_t> numbers;
    for (auto each = first; each != last; ++each) {
        numbers.push_back(each->second);
    }
    tags_.erase(first, last);
    return numbers;
}

/// True when the broker has the record now.
bool publish_window::settle(std::uint64_t number, word said) {
    wait& each = at(number);
    const bool was_trial = std::exchange(each.trial, false);
    const bool was_returned = std::exchange(each.unroutable, false);
    returns_ -= was_returned ? 1 : 0;
    const bool taken = !was_returned && said == word::taken;
    each.now = taken ? state::acknowledged : state::refused;
    if (taken && was_trial) {
        --refusals_;
        release_refused();
    } else if (!taken && !was_trial) {
        ++refusals_;
    }
    return taken;
}

/// The broker took what it refused before: the others may be taken too.
void publish_window::release_refused() {
    for (wait& each : waits_) {
        if (each.now == state::refused) {
            each.now = state::waiting;
            --refusals_;
        }
    }
}

void publish_window::let_go() {
    while (!waits_.empty() && waits_.front().now == state::acknowledged) {
        safe_ = waits_.front().message.end;
        bytes_ -= waits_.front().message.body.size();
        waits_.pop_front();
        ++first_;
    }
}

void publish_window::returned(std::string_view message_id) {
    for (const auto& [tag, number] : tags_) {
        if (wait& each = at(number); each.message.message_id == message_id && !each.unroutable) {
            each.unroutable = true;
            ++returns_;
        }
    }
}

void publish_window::line_lost() {
    tags_.clear();
    last_tag_ = 0;
    refusals_ = 0;
    returns_ = 0;
    for (wait& each : waits_) {
        if (each.now != state::acknowledged) {
            each.now = state::waiting;
        }
        each.unroutable = false;
        each.trial = false;
    }
}

void publish_window::try_again() {
    const bool under_way = std::any_of(waits_.begin(), waits_.end(), [](const wait& each) { return each.trial; });
    const auto first =
        std::find_if(waits_.begin(), waits_.end(), [](const wait& each) { return each.now == state::refused; });
    if (!under_way && first != waits_.end()) {
        first->now = state::waiting;
        first->trial = true;
    }
}

std::optional<instant> publish_window::oldest() const {
    const auto found =
        std::find_if(waits_.begin(), waits_.end(), [](const wait& each) { return each.now != state::acknowledged; });
    return found == waits_.end() ? std::nullopt : std::optional(found->since);
}

}  // namespace td::feed
