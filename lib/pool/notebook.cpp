#include "pool/notebook.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "pool/site.hpp"

namespace td::pool {

notebook::notebook(notebook_rules rules, std::string holder)
    : rules_(std::move(rules)), fresh_holder_(std::move(holder)) {
    what_.holder = fresh_holder_;
}

void notebook::adopt(notes former, instant now) {
    adopted_ = former.closed;
    what_ = std::move(former);
    what_.closed = false;
    std::erase_if(what_.block, [&](const kept_number& each) { return !adopted_ && each.in_hand; });
    for (kept_number& each : what_.block) {
        each.in_hand = false;
        each.listed = true;
        each.former = !adopted_;
    }
    if (!adopted_) {
        what_.holder = fresh_holder_;
    }
    for (const auto& [panel, note] : what_.panels) {
        looks_ = std::max(looks_, note.seen);
    }
    tidy(now);
    std::set<city_id> cities;
    for (const kept_number& each : what_.block) {
        cities.insert(each.city);
    }
    std::ranges::for_each(cities, [&](const city_id& each) { move_up(each); });
    changed_ = true;
}

void notebook::disown() {
    if (adopted_) {
        adopted_ = false;
        what_.holder = fresh_holder_;
        what_.block.clear();
        changed_ = true;
    }
}

const std::string& notebook::holder() const {
    static const std::string nobody;
    return adopted_ ? nobody : what_.holder;
}

// ---- what the store says

void notebook::know(const std::vector<city>& cities) {
    std::map<city_id, city> known;
    for (const city& each : cities) {
        known.emplace(each.fias, each);
    }
    if (known != what_.cities) {
        what_.cities = std::move(known);
        changed_ = true;
    }
}

void notebook::took(const lease_wish& wish, const lent& number) {
    seen(wish.panel, wish.city);
    serve(wish.city, wish.at);
    serve(number.city, wish.at);
    if (loan_of(wish.call) != nullptr) {
        return;
    }
    std::erase_if(what_.block, [&](const kept_number& each) { return each.number == number.number; });
    for (loan& each : what_.loans) {
        // The store's word counts: it has given the number away.
        each.lost = each.lost || (each.row.number == number.number && each.row.panel != wish.panel);
    }
    loan made;
    made.row = {number.token, number.number, number.city, wish.panel, wish.call,
                number.how,   wish.at,       never,       never,      wish.site};
    add_loan(std::move(made));
}

void notebook::took_late(const lease_wish& wish, const lent& number, instant now) {
    changed_ = true;
    loan* mine = loan_of(wish.call);
    if (mine != nullptr && mine->noted && !mine->lost && mine->row.number == number.number) {
        mine->late = number.token;  // the store has written what the notes had lent: one lease, one end
        return;
    }
    lease_row row;
    row.token = number.token;
    row.number = number.number;
    row.panel = wish.panel;
    row.call = wish.call;
    row.ended_at = now;
    add_errand(errand::kind::end, now, never, std::move(row));
}

void notebook::reserved(const city_id& where, const std::vector<lent>& kept, instant now) {
    std::size_t lent_already = 0;
    std::vector<kept_number> block;
    for (const lent& each : kept) {
        if (const auto used = what_.used.find(each.token); used != what_.used.end()) {
            used->second = std::max(used->second, each.until);
            ++lent_already;
            continue;
        }
        const auto known = std::ranges::find(what_.block, each.token, &kept_number::token);
        kept_number entry;
        if (known != what_.block.end()) {
            entry = *known;
        }
        entry.number = each.number;
        entry.city = where;
        entry.token = each.token;
        entry.until = each.until;
        if (each.until > now) {
            block.push_back(std::move(entry));
        }
    }
    const auto renewed = [&](const kept_number& each) { return each.city == where && !each.former; };
    std::erase_if(what_.block, renewed);
    std::ranges::move(block, std::back_inserter(what_.block));
    stuck_[where] = lent_already;
    move_up(where);
    if (const auto city = what_.cities.find(where); city != what_.cities.end() && block.size() < rules_.reserve) {
        serve(city->second.parent, what_.served[where]);  // whose pool helps out: a block there helps, too
    }
    changed_ = true;
}

std::vector<notebook::reservation> notebook::wanted(instant now) const {
    std::vector<std::pair<instant, city_id>> latest;
    for (const auto& [city, when] : what_.served) {
        if (when > now - rules_.lately && what_.cities.contains(city)) {
            latest.emplace_back(when, city);
        }
    }
    std::ranges::sort(latest, std::greater{});
    latest.resize(std::min(latest.size(), rules_.most_cities));
    std::vector<reservation> wishes;
    for (const auto& [when, city] : latest) {
        const auto stuck = stuck_.find(city);
        std::size_t count = rules_.reserve + (stuck == stuck_.end() ? 0 : stuck->second);
        for (const errand& each : what_.backlog) {
            // The store still counts it as kept for us.
            const bool fresh = each.what == errand::kind::settle && each.row.how == lent_how::reserved;
            count += fresh && each.row.city == city && each.row.ended_at == never ? 1 : 0;
        }
        wishes.push_back({city, count});
    }
    return wishes;
}

// ---- calls

lease_answer notebook::lend(const lease_wish& wish) {
    lease_answer answer;
    city_id city = wish.city;
    if (!what_.cities.contains(city)) {
        const auto seen_in = what_.panels.find(wish.panel);
        city = seen_in == what_.panels.end() ? city : seen_in->second.city;
    }
    if (const auto known = what_.cities.find(city); known != what_.cities.end()) {
        answer.where = known->second;
    }
    if (const loan* told = loan_of(wish.call); told != nullptr && !told->lost) {
        answer.number = lent{told->row.token, told->row.number, told->row.city, told->row.how,
                             told->row.leased_at + rules_.leases.longest_call};
        return answer;
    }
    seen(wish.panel, wish.city);
    serve(city, wish.at);
    if (const loan* own = own_loan(wish.panel, wish.at)) {
        const lent again{std::max(own->row.token, own->late), own->row.number, own->row.city, lent_how::sticky, {}};
        return lend_row(wish, std::move(answer), again);
    }
    for (const city_id& each : chain_of(city)) {
        const auto free = std::ranges::find_if(what_.block, [&](const kept_number& candidate) {
            return candidate.city == each && usable(candidate, wish.at);
        });
        if (free != what_.block.end()) {
            const lent taken{free->token, free->number, free->city, lent_how::reserved, {}};
            what_.used[free->token] = free->until;
            what_.block.erase(free);
            move_up(each);
            return lend_row(wish, std::move(answer), taken);
        }
    }
    return answer;
}

lease_answer notebook::lend_row(const lease_wish& wish, lease_answer answer, const lent& what) {
    loan made;
    made.noted = true;
    made.row = {what.token, what.number, what.city, wish.panel, wish.call, what.how, wish.at, never, never, wish.site};
    add_errand(errand::kind::settle, wish.at, never, made.row);
    add_loan(std::move(made));
    answer.number = what;
    answer.number->until = wish.at + rules_.leases.longest_call;
    return answer;
}

const errand& notebook::map(const call_id& call, lease_token token, const number_id& number, const panel_id& panel,
                            std::string site, instant now) {
    lease_row row;
    if (const loan* known = loan_of(call)) {
        row = known->row;
    } else {
        row.leased_at = now;
    }
    row.token = newest_token(number, panel, token);
    row.number = number;
    row.panel = panel;
    row.call = call;
    row.site = std::move(site);
    const instant until = now + rules_.leases.longest_call + rules_.leases.window;
    return add_errand(errand::kind::put, now, until, std::move(row));
}

void notebook::ended(const call_id& call, lease_token token, const number_id& number, const panel_id& panel,
                     instant at) {
    loan* known = loan_of(call);
    if (known != nullptr && known->row.ended_at != never) {
        return;  // told twice is told once
    }
    lease_row row;
    if (known != nullptr) {
        known->row.ended_at = std::max(at, known->row.leased_at);
        known->row.window_until = known->row.ended_at + rules_.leases.window;
        row = known->row;
    } else {
        row = {token, number, {}, panel, call, lent_how::rested, at, at, at + rules_.leases.window, ""};
        row.site = site_text(site{panel, "", "", std::nullopt, std::nullopt, {}});
    }
    changed_ = true;
    const bool lost = known != nullptr && known->lost;
    const bool noted = known != nullptr && known->noted;
    if (!noted) {
        add_errand(errand::kind::end, at, never, row);
    } else if (!lost) {
        add_errand(errand::kind::settle, at, never, row);
    }
    const bool goes_on = std::ranges::any_of(what_.loans, [&](const loan& each) {
        return each.row.number == number && each.row.panel == panel && each.row.ended_at == never && open(each, at);
    });
    // Who gives a number back for a call that is over does not say whose it was. The route that is there is a better
    // one.
    if (rules_.writes_routes && !lost && !goes_on && !row.panel.empty()) {
        row.token = newest_token(number, panel, row.token);
        const instant until = row.window_until;
        add_errand(errand::kind::put, at, until, std::move(row));
    }
}

std::optional<panel_id> notebook::leads_to(const number_id& number, instant now) const {
    for (auto each = what_.loans.rbegin(); each != what_.loans.rend(); ++each) {
        if (each->row.number == number && open(*each, now)) {
            return each->row.panel;
        }
    }
    return std::nullopt;
}

// ---- errands

const errand* notebook::first_for_store() const {
    const auto first = std::ranges::find_if(what_.backlog, [](const errand& each) {
        return each.what == errand::kind::settle || each.what == errand::kind::end;
    });
    return first == what_.backlog.end() ? nullptr : &*first;
}

bool notebook::unsettled() const {
    return std::ranges::any_of(what_.backlog, [](const errand& each) { return each.what == errand::kind::settle; });
}

bool notebook::unsettled(const panel_id& panel) const {
    return std::ranges::any_of(what_.backlog, [&](const errand& each) {
        return each.what == errand::kind::settle && (each.row.panel == panel || each.row.how == lent_how::sticky);
    });
}

void notebook::strike(std::uint64_t no) {
    changed_ = std::erase_if(what_.backlog, [&](const errand& each) { return each.no == no; }) > 0 || changed_;
}

std::optional<errand> notebook::strike_taken(std::uint64_t no, instant now) {
    const auto found = std::ranges::find(what_.backlog, no, &errand::no);
    if (found == what_.backlog.end() || found->what != errand::kind::settle) {
        strike(no);
        return std::nullopt;
    }
    const errand refused = *found;
    strike(no);
    lease_row gone;
    gone.number = refused.row.number;
    gone.panel = refused.row.panel;
    gone.call = refused.row.call;
    gone.token = newest_token(gone.number, gone.panel, refused.row.token);
    for (loan& each : what_.loans) {
        each.lost = each.lost || (each.row.number == gone.number && each.row.panel == gone.panel);
    }
    if (rules_.writes_routes) {
        const instant until = now + rules_.leases.longest_call + rules_.leases.window;
        add_errand(errand::kind::remove, now, until, std::move(gone));
    }
    return refused;
}

errand& notebook::add_errand(errand::kind what, instant at, instant until, lease_row row) {
    if (what == errand::kind::put || what == errand::kind::remove) {
        // Only the last word about a number matters to the map.
        std::erase_if(what_.backlog, [&](const errand& each) {
            const bool route = each.what == errand::kind::put || each.what == errand::kind::remove;
            return route && each.row.number == row.number && each.row.token <= row.token;
        });
    }
    make_room();
    changed_ = true;
    return what_.backlog.emplace_back(errand{what_.next_no++, what, at, until, std::move(row)});
}

/// What the store and the map repair by themselves goes first: a route expires, a call that never ended is ended.
void notebook::make_room() {
    while (what_.backlog.size() >= std::max<std::size_t>(rules_.most_errands, 1)) {
        const auto oldest = [&](auto... kinds) {
            return std::ranges::find_if(what_.backlog,
                                        [&](const errand& each) { return ((each.what == kinds) || ...); });
        };
        auto victim = oldest(errand::kind::put, errand::kind::remove);
        victim = victim == what_.backlog.end() ? oldest(errand::kind::end) : victim;
        victim = victim == what_.backlog.end() ? what_.backlog.begin() : victim;
        what_.backlog.erase(victim);
        ++forgotten_;
    }
}

// ---- the file

notebook::save notebook::to_save(bool closed) {
    for (kept_number& each : what_.block) {
        each.listed = each.listed || !each.in_hand;
    }
    changed_ = false;
    what_.closed = closed && !adopted_;
    save made{++save_no_, written(what_)};
    what_.closed = false;
    return made;
}

void notebook::saved(std::uint64_t no) {
    saved_no_ = std::max(saved_no_, no);
    adopted_ = false;
}

void notebook::tidy(instant now) {
    // A loan stays as long as a later one of the same panel and number: its token may be the newest of the route, and
    // the route's end must not be written with an older one.
    std::set<std::pair<number_id, panel_id>> held;
    for (const loan& each : what_.loans) {
        if (led_until(each) > now) {
            held.emplace(each.row.number, each.row.panel);
        }
    }
    std::size_t gone = std::erase_if(what_.loans, [&](const loan& each) {
        return led_until(each) <= now && !held.contains({each.row.number, each.row.panel});
    });
    gone += std::erase_if(what_.used, [&](const auto& each) { return each.second <= now; });
    gone += std::erase_if(what_.block, [&](const kept_number& each) { return each.until <= now; });
    for (errand& each : what_.backlog) {
        if (each.what == errand::kind::put && each.until <= now && each.row.ended_at != never) {
            // The map never heard that the window began: it may still hold the route that was put for the whole call.
            each.what = errand::kind::remove;
            each.until = each.row.ended_at + rules_.leases.longest_call + rules_.leases.window;
            changed_ = true;
        }
    }
    gone += std::erase_if(what_.backlog, [&](const errand& each) { return each.until <= now; });
    changed_ = changed_ || gone > 0;
}

std::size_t notebook::ready(const city_id& where, instant now) const {
    const auto counts = [&](const kept_number& each) { return each.city == where && usable(each, now); };
    return static_cast<std::size_t>(std::ranges::count_if(what_.block, counts));
}

// ---- insides

instant notebook::led_until(const loan& which) const {
    const instant ended =
        which.row.ended_at == never ? which.row.leased_at + rules_.leases.longest_call : which.row.ended_at;
    return ended + rules_.leases.window;
}

bool notebook::open(const loan& which, instant now) const {
    return !which.lost && now < led_until(which);
}

const loan* notebook::own_loan(const panel_id& panel, instant now) const {
    for (auto each = what_.loans.rbegin(); each != what_.loans.rend(); ++each) {
        if (each->row.panel == panel && open(*each, now)) {
            return &*each;
        }
    }
    return nullptr;
}

loan* notebook::loan_of(const call_id& call) {
    const auto found = std::ranges::find_if(what_.loans, [&](const loan& each) { return each.row.call == call; });
    return found == what_.loans.end() ? nullptr : &*found;
}

std::vector<city_id> notebook::chain_of(const city_id& first) const {
    std::vector<city_id> chain;
    std::set<city_id> met;
    for (city_id next = first; !next.empty() && met.insert(next).second;) {
        chain.push_back(next);
        const auto known = what_.cities.find(next);
        next = known == what_.cities.end() ? city_id{} : known->second.parent;
    }
    return chain;
}

bool notebook::usable(const kept_number& which, instant now) const {
    // The call has to be over with the reservation: from then on the store counts the window that it does not know of.
    return which.in_hand && which.usable_from <= saved_no_ && now + rules_.leases.longest_call <= which.until;
}

lease_token notebook::newest_token(const number_id& number, const panel_id& panel, lease_token at_least) const {
    for (const loan& each : what_.loans) {
        if (each.row.number == number && each.row.panel == panel) {
            at_least = std::max({at_least, each.row.token, each.late});
        }
    }
    return at_least;
}

void notebook::seen(const panel_id& panel, const city_id& city) {
    if (city.empty() || (!what_.cities.empty() && !what_.cities.contains(city))) {
        return;
    }
    if (!what_.panels.contains(panel) && what_.panels.size() >= rules_.most_panels) {
        const auto oldest =
            std::ranges::min_element(what_.panels, {}, [](const auto& each) { return each.second.seen; });
        if (oldest == what_.panels.end()) {
            return;
        }
        what_.panels.erase(oldest);
    }
    what_.panels[panel] = {city, ++looks_};
    changed_ = true;
}

void notebook::serve(const city_id& city, instant now) {
    if (city.empty() || (!what_.cities.empty() && !what_.cities.contains(city))) {
        return;
    }
    const std::size_t most = 4 * rules_.most_cities;
    if (!what_.served.contains(city) && what_.served.size() >= std::max<std::size_t>(most, 1)) {
        what_.served.erase(std::ranges::min_element(what_.served, {}, [](const auto& each) { return each.second; }));
    }
    instant& when = what_.served[city];
    when = std::max(when, now);
    changed_ = true;
}

/// So many numbers of the city as the hand holds become ready to be lent.
void notebook::move_up(const city_id& city) {
    auto in_hand = static_cast<std::size_t>(
        std::ranges::count_if(what_.block, [&](const kept_number& each) { return each.city == city && each.in_hand; }));
    for (kept_number& each : what_.block) {
        if (in_hand >= rules_.in_hand) {
            return;
        }
        if (each.city == city && !each.in_hand) {
            each.in_hand = true;
            // One that a file calls untouched may be lent when the next file says otherwise.
            each.usable_from = each.listed ? save_no_ + 1 : 0;
            changed_ = true;
            ++in_hand;
        }
    }
}

void notebook::add_loan(loan what) {
    if (what_.loans.size() >= std::max<std::size_t>(rules_.most_loans, 1)) {
        const auto over = [](const loan& each) { return each.row.ended_at != never; };
        const auto ended = std::ranges::find_if(what_.loans, over);
        what_.loans.erase(ended == what_.loans.end() ? what_.loans.begin() : ended);
    }
    what_.loans.push_back(std::move(what));
    changed_ = true;
}

}  // namespace td::pool
