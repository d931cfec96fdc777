// What an operator does with the pool.

#include <algorithm>
#include <set>

#include "pool/acts.hpp"
#include "pool/numbers.hpp"

namespace td::pool {
namespace {

std::string wrong_words(const occasion& why) {
    std::string text = unfit("the name for the audit", why.who, name_limit);
    return text.empty() ? unfit("the reason for the audit", why.why, why_limit) : text;
}

/// The row, locked, or why the act cannot begin.
result<number_row> begun(table& in, const number_id& which, const occasion& why) {
    if (std::string text = wrong_words(why); !text.empty()) {
        return failure{failure_kind::bad_input, std::move(text)};
    }
    const auto stored = in.row(which);
    if (!stored) {
        return no_such_number(which);
    }
    return *stored;
}

/// Why an act that would end a lease wants to be forced: who has the number, and until when.
failure in_use(const number_row& row, std::string_view remedy = "--force ends that at once") {
    const std::string whose = row.panel.empty() ? "is reserved by " + row.holder + " until "
                              : row.state == number_state::leased
                                  ? "is in a call of panel " + row.panel.text() + ", which ends by "
                                  : "leads back to panel " + row.panel.text() + " until ";
    return {failure_kind::taken,
            "number " + row.number.text() + " " + whose + rfc3339(row.until) + "; " + std::string(remedy)};
}

bool open(const number_row& row) {
    return row.state == number_state::leased || row.state == number_state::window;
}

failure wrong_state(const number_row& row, std::string_view remedy) {
    return {failure_kind::taken,
            "number " + row.number.text() + " is " + std::string(name_of(row.state)) + ": " + std::string(remedy)};
}

/// Ends what is open in the list of leases, too.
result<number_row> taken_away(table& in, const lease_rules& rules, const number_row& stored, const number_row& after,
                              const occasion& why, const std::string& act) {
    const number_row row = state_at(stored, why.at, rules);
    if (stored.state == number_state::leased && !stored.panel.empty() && row.state != number_state::leased) {
        in.close_leases(stored.number, stored.until, led_until(stored, rules), never);
    }
    if (open(row) && !row.panel.empty()) {
        in.close_leases(row.number, why.at, why.at, why.at);
    }
    return write(in, rules, stored, after, why, act);
}

std::string list_of(const std::vector<std::string>& names) {
    constexpr std::size_t shown = 20;
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), shown); ++i) {
        text += (i == 0 ? "" : ", ") + names[i];
    }
    return names.size() > shown ? text + " and " + std::to_string(names.size() - shown) + " more" : text;
}

/// What the audit says of a city: its code, and each word that is another one now. A call that took a wrong route is
/// asked about months later.
std::string change_of(const city& what, const std::optional<city>& former) {
    const city before = former.value_or(city{});
    std::string text = what.fias.text() + (former ? " changed" : " added");
    const auto word = [&](const char* name, const std::string& old, const std::string& now) {
        if (old != now) {
            text.append(", ").append(name).append(" ");
            text.append(former ? (old.empty() ? "-" : old) + " > " : "").append(now.empty() ? "-" : now);
        }
    };
    word("name", before.name, what.name);
    word("route", before.route, what.route);
    word("second route", before.second_route, what.second_route);
    word("shared number", before.shared_number.text(), what.shared_number.text());
    word("parent", before.parent.text(), what.parent.text());
    return text.size() <= why_limit ? text : what.fias.text();
}

}  // namespace

result<done> put_city(table& in, const city& what, const occasion& why) {
    if (what.fias.empty()) {
        return failure{failure_kind::bad_input, "a city needs its FIAS code"};
    }
    for (std::string text :
         {unfit("the city", what.fias.text(), name_limit), unfit("the city's name", what.name, name_limit),
          unfit("the route", what.route, name_limit), unfit("the second route", what.second_route, name_limit),
          unfit("the parent", what.parent.text(), name_limit), wrong_words(why)}) {
        if (!text.empty()) {
            return failure{failure_kind::bad_input, std::move(text)};
        }
    }
    if (!what.shared_number.empty() && !is_number(what.shared_number.text())) {
        return failure{failure_kind::bad_input, not_a_number(what.shared_number.text())};
    }
    if (!what.parent.empty() && what.parent != what.fias && !in.city_of(what.parent)) {
        return failure{failure_kind::not_found, "parent city " + what.parent.text() + ": no such city"};
    }
    if (what.parent == what.fias) {
        return failure{failure_kind::bad_input, "city " + what.fias.text() + " cannot be its own parent"};
    }
    std::string words = change_of(what, in.city_of(what.fias));
    in.put_city(what);
    in.note({0, why.at, why.who, "city", {}, {}, number_state::free, number_state::free, std::move(words)});
    return done{};
}

result<done> add_numbers(table& in, const std::vector<new_number>& numbers, const occasion& why) {
    if (std::string text = wrong_words(why); !text.empty()) {
        return failure{failure_kind::bad_input, std::move(text)};
    }
    std::vector<std::string> wrong;
    std::vector<std::string> there;
    std::vector<std::string> unknown;
    std::set<number_id> seen;
    std::set<number_id> old;
    for (const number_row& each : in.numbers()) {
        old.insert(each.number);
    }
    std::set<city_id> asked;
    for (const auto& [number, where, state] : numbers) {
        if (!is_number(number.text())) {
            wrong.push_back(number.text());
        } else if (!seen.insert(number).second) {
            wrong.push_back(number.text() + " (twice)");
        } else if (old.contains(number)) {
            there.push_back(number.text());
        }
        if (asked.insert(where).second && !in.city_of(where)) {
            unknown.push_back(where.text());
        }
    }
    if (!wrong.empty()) {
        return failure{failure_kind::bad_input, "not numbers of 5 to 15 digits, each once: " + list_of(wrong)};
    }
    if (!unknown.empty()) {
        return failure{failure_kind::not_found, "no such city: " + list_of(unknown) + "; add it with city add"};
    }
    if (!there.empty()) {
        return failure{failure_kind::taken, "already in the pool: " + list_of(there)};
    }
    for (const auto& [number, where, state] : numbers) {
        number_row row;
        row.number = number;
        row.city = where;
        row.state = state;
        in.add(row);
        in.note({0, why.at, why.who, "add", number, {}, state, state, why.why});
    }
    return done{};
}

result<number_row> release(table& in, const lease_rules& rules, const number_id& which, bool force,
                           const occasion& why) {
    const auto stored = begun(in, which, why);
    if (!stored) {
        return stored.why();
    }
    const number_row row = state_at(*stored, why.at, rules);
    if (row.state == number_state::free || row.state == number_state::disabled) {
        return wrong_state(row, "there is nothing to release");
    }
    if (open(row) && !force) {
        return in_use(row);
    }
    return taken_away(in, rules, *stored, after_release(row, why.at, rules), why, "release");
}

result<number_row> disable(table& in, const lease_rules& rules, const number_id& which, bool force,
                           const occasion& why) {
    const auto stored = begun(in, which, why);
    if (!stored) {
        return stored.why();
    }
    const number_row row = state_at(*stored, why.at, rules);
    if (row.state == number_state::disabled) {
        return wrong_state(row, "it is so already");
    }
    if (open(row) && !force) {
        return in_use(row);
    }
    return taken_away(in, rules, *stored, after_disable(row, why.at, rules), why, "disable");
}

result<number_row> enable(table& in, const lease_rules& rules, const number_id& which, const occasion& why) {
    const auto stored = begun(in, which, why);
    if (!stored) {
        return stored.why();
    }
    if (stored->state != number_state::disabled) {
        return wrong_state(state_at(*stored, why.at, rules), "only a disabled number can be enabled");
    }
    return write(in, rules, *stored, after_enable(*stored, why.at), why, "enable");
}

result<number_row> remove(table& in, const lease_rules& rules, const number_id& which, const occasion& why) {
    const auto stored = begun(in, which, why);
    if (!stored) {
        return stored.why();
    }
    const number_row row = state_at(*stored, why.at, rules);
    if (row.state != number_state::free && row.state != number_state::disabled) {
        return open(row) ? in_use(row, "release it with --force first")
                         : wrong_state(row, "only a free or disabled number can be removed; it is free at " +
                                                rfc3339(row.until));
    }
    write_time(in, rules, *stored, why);
    in.remove(which);
    in.note({0, why.at, why.who, "remove", which, {}, row.state, row.state, why.why});
    return row;
}

result<std::vector<number_row>> expire(table& in, const lease_rules& rules, const occasion& why, std::size_t limit) {
    if (std::string text = wrong_words(why); !text.empty()) {
        return failure{failure_kind::bad_input, std::move(text)};
    }
    std::vector<number_row> changed;
    for (const number_row& stored : in.overdue(why.at, limit)) {
        changed.push_back(write_time(in, rules, stored, why));
    }
    return changed;
}

std::vector<lease_row> leases_of(table& in, const lease_rules& rules, const number_id& which, instant at) {
    return in.leases_of(which, at, at == never ? instant::min() : at - rules.longest_call - rules.window);
}

std::vector<lease_row> open_leases(table& in, const lease_rules& rules, instant at) {
    std::vector<lease_row> open_ones;
    for (const auto& [entry, stored] : in.latest_leases()) {
        const number_row row = state_at(stored, at, rules);
        if (open(row) && !row.panel.empty()) {
            open_ones.push_back(entry);
        }
    }
    return open_ones;
}

}  // namespace td::pool
