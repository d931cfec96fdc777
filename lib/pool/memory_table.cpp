#include "pool/memory_table.hpp"

#include <algorithm>
#include <cassert>

namespace td::pool {

void memory_table::undo() {
    std::vector<std::function<void()>> steps;
    steps.swap(undo_);
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
        (*step)();
    }
    undo_.clear();  // undoing is not undone
}

void memory_table::unlist(const number_row& row) {
    by_free_at_.erase({row.city, free_at(row), row.number});
    by_until_.erase({row.until, row.number});
    if (!row.panel.empty()) {
        const auto owned = by_panel_.find(row.panel);
        owned->second.erase(row.number);
        if (owned->second.empty()) {
            by_panel_.erase(owned);
        }
    }
}

void memory_table::list(const number_row& row) {
    by_free_at_.insert({row.city, free_at(row), row.number});
    by_until_.insert({row.until, row.number});
    if (!row.panel.empty()) {
        by_panel_[row.panel].insert(row.number);
    }
}

void memory_table::replace(const number_id& which, std::optional<number_row> by) {
    const auto there = rows_.find(which);
    std::optional<number_row> old;
    if (there != rows_.end()) {
        old = there->second;
        unlist(*old);
    }
    if (by) {
        list(*by);
        rows_.insert_or_assign(which, *by);
    } else {
        rows_.erase(which);
    }
    undo_.emplace_back([this, which, old] { replace(which, old); });
}

void memory_table::replace_lease(lease_token which, std::optional<lease_row> by) {
    const auto there = leases_.find(which);
    std::optional<lease_row> old;
    if (there != leases_.end()) {
        old = there->second;
        if (const auto calls = by_call_.find(old->call); calls != by_call_.end()) {
            calls->second.erase(which);
            if (calls->second.empty()) {
                by_call_.erase(calls);
            }
        }
        by_number_[old->number].erase(which);
    }
    if (by) {
        if (by->call != call_id{}) {
            by_call_[by->call].insert(which);
        }
        by_number_[by->number].insert(which);
        leases_.insert_or_assign(which, *by);
    } else {
        leases_.erase(which);
    }
    undo_.emplace_back([this, which, old] { replace_lease(which, old); });
}

std::optional<city> memory_table::city_of(const city_id& which) {
    const auto there = cities_.find(which);
    return there == cities_.end() ? std::nullopt : std::optional(there->second);
}

std::vector<city> memory_table::cities() {
    std::vector<city> all;
    for (const auto& [fias, each] : cities_) {
        all.push_back(each);
    }
    return all;
}

void memory_table::put_city(const city& what) {
    const auto old = city_of(what.fias);
    cities_.insert_or_assign(what.fias, what);
    undo_.emplace_back([this, fias = what.fias, old] {
        if (old) {
            cities_.insert_or_assign(fias, *old);
        } else {
            cities_.erase(fias);
        }
    });
}

std::optional<number_row> memory_table::row(const number_id& which) {
    const auto there = rows_.find(which);
    return there == rows_.end() ? std::nullopt : std::optional(there->second);
}

std::vector<number_row> memory_table::rows_of(const panel_id& panel) {
    std::vector<number_row> found;
    if (const auto owned = by_panel_.find(panel); owned != by_panel_.end()) {
        for (const number_id& each : owned->second) {
            found.push_back(rows_.at(each));
        }
    }
    return found;
}

std::vector<number_row> memory_table::held_by(const std::string& holder, const city_id& where) {
    std::vector<number_row> found;
    for (const auto& [number, row] : rows_) {
        if (row.holder == holder && row.city == where) {
            found.push_back(row);
        }
    }
    return found;
}

std::optional<number_row> memory_table::longest_rested(const city_id& where, instant at) {
    const auto first = by_free_at_.lower_bound({where, instant::min(), number_id{}});
    if (first != by_free_at_.end() && std::get<0>(*first) == where && std::get<1>(*first) <= at) {
        return rows_.at(std::get<2>(*first));
    }
    // A clock that was set back sees numbers that were given back in its future: they are free all the same.
    for (auto each = first; each != by_free_at_.end() && std::get<0>(*each) == where; ++each) {
        const number_row& row = rows_.at(std::get<2>(*each));
        if (row.state == number_state::free) {
            return row;
        }
    }
    return std::nullopt;
}

std::optional<number_row> memory_table::nearest_to_free(const city_id& where, instant at) {
    for (auto each = by_free_at_.lower_bound({where, instant::min(), number_id{}});
         each != by_free_at_.end() && std::get<0>(*each) == where; ++each) {
        const number_row& row = rows_.at(std::get<2>(*each));
        if (may_be_spent(state_at(row, at, rules_), at, rules_)) {
            return row;
        }
    }
    return std::nullopt;
}

std::vector<number_row> memory_table::overdue(instant at, std::size_t limit) {
    std::vector<number_row> found;
    for (auto each = by_until_.begin(); each != by_until_.end() && each->first <= at && found.size() < limit; ++each) {
        found.push_back(rows_.at(each->second));
    }
    return found;
}

std::vector<number_row> memory_table::numbers() {
    std::vector<number_row> all;
    for (const auto& [number, row] : rows_) {
        all.push_back(row);
    }
    return all;
}

void memory_table::put(const move& what) {
    assert(rows_.at(what.before().number) == what.before());
    replace(what.after().number, what.after());
}

void memory_table::add(const number_row& what) {
    replace(what.number, what);
}

void memory_table::remove(const number_id& which) {
    replace(which, std::nullopt);
}

lease_token memory_table::add_lease(const lease_row& what) {
    lease_row kept = what;
    kept.token = ++last_token_;  // a token that was undone is not given again, as in a database
    if (!keeps_history_) {
        if (const auto old = by_number_.find(what.number); old != by_number_.end()) {
            // An open one is still to be ended.
            while (old->second.size() > 4 && leases_.at(*old->second.begin()).window_until != never) {
                replace_lease(*old->second.begin(), std::nullopt);
            }
        }
    }
    replace_lease(kept.token, kept);
    return kept.token;
}

void memory_table::put_lease(const lease_row& what) {
    replace_lease(what.token, what);
}

std::optional<lease_row> memory_table::lease(lease_token which) {
    const auto there = leases_.find(which);
    return there == leases_.end() ? std::nullopt : std::optional(there->second);
}

std::optional<lease_row> memory_table::lease_of(const call_id& call) {
    const auto there = by_call_.find(call);
    return there == by_call_.end() ? std::nullopt : lease(*there->second.begin());
}

std::optional<lease_row> memory_table::lease_of(const call_id& call, const number_id& number) {
    if (const auto there = by_call_.find(call); there != by_call_.end()) {
        for (const lease_token each : there->second) {
            if (auto found = lease(each); found && found->number == number) {
                return found;
            }
        }
    }
    return std::nullopt;
}

void memory_table::close_leases(const number_id& which, instant ended_at, instant window_until, instant cut) {
    const std::set<lease_token> tokens = by_number_[which];
    for (const lease_token token : tokens) {
        lease_row entry = leases_.at(token);
        if (entry.panel.empty() || (entry.window_until != never && entry.window_until <= cut)) {
            continue;
        }
        entry.ended_at = entry.ended_at == never ? ended_at : entry.ended_at;
        entry.window_until = window_until;
        replace_lease(token, entry);
    }
}

std::vector<lease_row> memory_table::leases_of(const number_id& which, instant at, instant oldest) {
    std::vector<lease_row> found;
    const std::set<lease_token> tokens = by_number_[which];
    for (auto token = tokens.rbegin(); token != tokens.rend(); ++token) {
        const lease_row& entry = leases_.at(*token);
        const bool led =
            at == never || (entry.leased_at <= at &&
                            (entry.window_until == never ? entry.leased_at > oldest : entry.window_until > at));
        if (!entry.panel.empty() && led) {
            found.push_back(entry);
        }
    }
    return found;
}

std::vector<std::pair<lease_row, number_row>> memory_table::latest_leases() {
    std::vector<std::pair<lease_row, number_row>> found;
    for (const auto& [number, row] : rows_) {
        if (row.state == number_state::leased || row.state == number_state::window) {
            if (const auto entry = lease(row.lease); entry && !row.panel.empty()) {
                found.emplace_back(*entry, row);
            }
        }
    }
    return found;
}

void memory_table::note(const audit_row& what) {
    if (!keeps_history_) {
        return;
    }
    audit_.push_back(what);
    audit_.back().no = audit_.size();
    undo_.emplace_back([this] { audit_.pop_back(); });
}

std::vector<audit_row> memory_table::audit(const number_id& which, std::size_t limit) {
    std::vector<audit_row> found;
    for (auto row = audit_.rbegin(); row != audit_.rend() && found.size() < limit; ++row) {
        if (which.empty() || row->number == which) {
            found.push_back(*row);
        }
    }
    return found;
}

}  // namespace td::pool
