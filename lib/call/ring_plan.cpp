#include "call/ring_plan.hpp"

#include <algorithm>
#include <utility>

namespace td::call {
namespace {

/// Legs that Asterisk never let go of still hold their numbers; with this many the call dials nobody any more.
constexpr std::size_t most_living = leg_no::limit - 10;

leg_why why_of_sip(int sip, bool rang) {
    switch (sip) {
        case 486:  // Busy Here: many phones send it when the resident presses "reject"
        case 600: return rang ? leg_why::declined : leg_why::busy;
        case 603:
        case 607: return leg_why::declined;
        case 400:
        case 401:
        case 403:
        case 407:
        case 415:
        case 488:
        case 606: return leg_why::refused;
        default: return rang ? leg_why::no_answer : leg_why::unreachable;
    }
}

leg_why why_of_cause(int cause, bool rang) {
    switch (cause) {
        case 17: return rang ? leg_why::declined : leg_why::busy;
        case 21: return leg_why::declined;
        case 26: return leg_why::answered_elsewhere;
        case 57:  // bearer capability not authorised
        case 58:  // bearer capability not available: 488
        case 65:
        case 79:
        case 88: return leg_why::refused;
        default: return rang ? leg_why::no_answer : leg_why::unreachable;
    }
}

call_ms moment(instant started, instant at) {
    return at == never ? not_reached : milliseconds_between(started, at);
}

}  // namespace

leg_why why_of_end(int cause, int sip, instant ringing_since) {
    const bool rang = ringing_since != never;
    return sip >= 300 ? why_of_sip(sip, rang) : why_of_cause(cause, rang);
}

void ring_plan::begin(instant now, flat_record flat, const door_rules& rules) {
    for (account& a : flat.accounts) {
        // A CRM that names an account twice must not make its phone ring twice: the second INVITE would find it busy.
        if (std::none_of(accounts_.begin(), accounts_.end(), [&](const account& b) { return b.name == a.name; })) {
            accounts_.push_back(std::move(a));
        }
    }
    late_dial_ = rules.late_dial;
    seats_.resize(std::min(accounts_.size(), rules.max_accounts));
    living_.reserve(seats_.size());
    for (seat& s : seats_) {
        s.due_at = now;
    }
    open_ = true;
}

std::optional<ring_plan::attempt> ring_plan::take_due(instant now) {
    if (!open_ || living_.size() >= most_living) {
        return std::nullopt;
    }
    const auto due = std::find_if(seats_.begin(), seats_.end(), [&](const seat& s) { return s.due_at <= now; });
    if (due == seats_.end()) {
        return std::nullopt;
    }
    const auto place = static_cast<std::size_t>(due - seats_.begin());
    attempt next{unused_leg(), accounts_[place].name, std::nullopt};
    if (due->now == condition::dialled) {
        next.instead_of = due->leg;
        drop(now, due->leg, leg_why::unreachable);
    }
    due->now = condition::dialled;
    due->due_at = never;
    due->dialled_at = now;
    due->ringing_at = never;
    due->ended_at = never;
    due->leg = next.leg;
    due->why = leg_why::none;
    due->sip = 0;
    due->cause = 0;
    ++due->attempts;
    living_.push_back({next.leg, static_cast<std::uint16_t>(place), false, now});
    return next;
}

instant ring_plan::next_due() const {
    instant next = never;
    if (open_ && living_.size() < most_living) {
        for (const seat& s : seats_) {
            next = std::min(next, s.due_at);
        }
    }
    return next;
}

void ring_plan::rang(instant now, leg_no leg) {
    const living_leg* lives_now = find(leg);
    if (lives_now == nullptr || lives_now->told) {
        return;  // the 180 and our hang-up crossed
    }
    seat& s = seats_[lives_now->seat];
    if (s.now == condition::dialled && s.leg == leg) {
        s.now = condition::ringing;
        s.ringing_at = now;
        s.due_at = never;  // the grace after a registration was enough
    }
}

bool ring_plan::refused(instant now, leg_no leg, int status) {
    living_leg* lives_now = find(leg);
    if (lives_now == nullptr) {
        return false;  // the leg's own end came first
    }
    seat& s = seats_[lives_now->seat];
    const bool may_exist = status == 0 || status == 409;  // silence, or a name that is taken: perhaps by this very leg
    const bool mine = s.leg == leg && !lives_now->told;
    if (mine && s.now != condition::dialled) {
        return false;  // it rang or answered: the reply was lost, or this is one to a second request
    }
    if (may_exist) {
        lives_now->told = true;
    } else {
        take_out(leg);
    }
    if (mine) {
        s.ended_at = now;
        // 400 and 404 say that the dial string itself is wrong. Everything else may pass: 500 «Allocation failed» is
        // what Asterisk answers for an endpoint without a contact, 503 is our own full queue.
        if (status == 400 || status == 404) {
            s.now = condition::over;
            s.due_at = never;
            s.why = leg_why::refused;
        } else {
            give_up_for_now(now, s, status == 500 ? leg_why::unreachable : leg_why::refused);
        }
    }
    return may_exist;
}

leg_why ring_plan::ended(instant now, leg_no leg, int cause, int sip) {
    return ended(now, leg, cause, sip, std::nullopt);
}

leg_why ring_plan::lost(instant now, leg_no leg) {
    return ended(now, leg, 0, 0, leg_why::lost);
}

leg_why ring_plan::ended(instant now, leg_no leg, int cause, int sip, std::optional<leg_why> known) {
    const living_leg* lives_now = find(leg);
    if (lives_now == nullptr) {
        return leg_why::none;  // told twice, or after a reply had told it
    }
    seat& s = seats_[lives_now->seat];
    const bool told = lives_now->told;
    take_out(leg);
    if (s.leg != leg) {
        return leg_why::none;  // the account has a newer leg
    }
    s.ended_at = now;
    s.cause = cause;
    s.sip = sip;
    if (told) {
        return leg_why::none;
    }
    if (s.now == condition::answered) {
        s.now = condition::over;
        return leg_why::answered;
    }
    const leg_why why = known.value_or(why_of_end(cause, sip, s.ringing_at));
    // A lost leg that rang may have been declined; one that never did is dialled again as any that was not reached.
    if (why == leg_why::unreachable || (why == leg_why::lost && s.ringing_at == never)) {
        give_up_for_now(now, s, why);
    } else {
        s.now = condition::over;
        s.due_at = never;
        s.why = why;
    }
    return why;
}

void ring_plan::registered(instant now, const account_id& account) {
    if (!open_) {
        return;  // nobody is dialled any more
    }
    for (std::size_t i = 0; i < seats_.size(); ++i) {
        if (accounts_[i].name != account) {
            continue;
        }
        seat& s = seats_[i];
        s.phone_registered = true;
        const bool may_ring_again =
            s.now == condition::over &&
            (s.why == leg_why::no_answer || s.why == leg_why::unreachable || s.why == leg_why::lost);
        if (s.now == condition::due || may_ring_again) {
            s.now = condition::due;
            s.due_at = now;
        } else if (s.now == condition::dialled && s.due_at == never) {
            s.due_at = now + late_dial_;
        }
    }
}

bool ring_plan::drop(instant now, leg_no leg, leg_why why) {
    living_leg* lives_now = find(leg);
    if (lives_now == nullptr || lives_now->told) {
        return false;
    }
    lives_now->told = true;
    seat& s = seats_[lives_now->seat];
    if (s.leg == leg) {
        if (s.why == leg_why::none) {
            s.why = why;
        }
        s.now = condition::over;
        s.due_at = never;
        s.ended_at = now;
    }
    return true;
}

void ring_plan::found_again(instant now, leg_no leg) {
    if (leg.value < leg_no::limit && !lives(leg) && !seats_.empty()) {
        // Whose it was is no longer known where the account has a newer leg; its end then changes no seat.
        const auto own = std::find_if(seats_.begin(), seats_.end(), [&](const seat& s) { return s.leg == leg; });
        const auto place = own == seats_.end() ? 0 : own - seats_.begin();
        living_.push_back({leg, static_cast<std::uint16_t>(place), true, now});
    }
}

void ring_plan::take_in(instant since, leg_no leg) {
    seat s;
    s.now = condition::ringing;
    s.leg = leg;
    living_.push_back({leg, static_cast<std::uint16_t>(seats_.size()), false, since});
    accounts_.insert(accounts_.begin() + static_cast<std::ptrdiff_t>(seats_.size()), account{});
    seats_.push_back(s);
}

void ring_plan::won(instant now, leg_no leg) {
    const living_leg* lives_now = find(leg);
    if (lives_now == nullptr) {
        return;
    }
    seat& s = seats_[lives_now->seat];
    s.now = condition::answered;
    s.why = leg_why::answered;
    s.due_at = never;
    if (s.ringing_at == never) {
        s.ringing_at = now;  // a phone that answers at once sends no 180
    }
}

void ring_plan::close(instant now, leg_why of_ringing, leg_why of_silent) {
    open_ = false;
    for (seat& s : seats_) {
        switch (s.now) {
            case condition::due:
                if (s.why == leg_why::none) {
                    s.why = of_silent;
                }
                break;
            case condition::dialled: s.why = of_silent; break;
            case condition::ringing: s.why = of_ringing; break;
            case condition::answered:
            case condition::over: continue;
        }
        s.now = condition::over;
        s.due_at = never;
        if (s.attempts > 0 && s.ended_at == never) {
            s.ended_at = now;
        }
    }
}

bool ring_plan::lives(leg_no leg) const {
    return find(leg) != nullptr;
}

bool ring_plan::dropped(leg_no leg) const {
    const living_leg* lives_now = find(leg);
    return lives_now != nullptr && lives_now->told;
}

std::vector<leg_no> ring_plan::living() const {
    std::vector<leg_no> all;
    all.reserve(living_.size());
    for (const living_leg& l : living_) {
        all.push_back(l.leg);
    }
    return all;
}

instant ring_plan::dialled_at(leg_no leg) const {
    const living_leg* lives_now = find(leg);
    return lives_now == nullptr ? never : lives_now->dialled_at;
}

const account_id& ring_plan::account_of(leg_no leg) const {
    static const account_id nobody;
    const living_leg* lives_now = find(leg);
    return lives_now == nullptr ? nobody : accounts_[lives_now->seat].name;
}

bool ring_plan::exhausted() const {
    return std::all_of(seats_.begin(), seats_.end(), [](const seat& s) { return s.now == condition::over; });
}

bool ring_plan::anybody(leg_why why) const {
    return std::any_of(seats_.begin(), seats_.end(), [&](const seat& s) { return s.why == why; });
}

bool ring_plan::everybody(leg_why why) const {
    return std::all_of(seats_.begin(), seats_.end(), [&](const seat& s) { return s.why == why; });
}

std::vector<push::target> ring_plan::targets_of_all() const {
    std::vector<push::target> all;
    for (const account& a : accounts_) {
        add_targets(a, all);
    }
    return all;
}

std::vector<push::target> ring_plan::targets_still_asleep() const {
    std::vector<push::target> asleep;
    for (std::size_t i = 0; i < accounts_.size(); ++i) {
        const bool seated = i < seats_.size();
        const bool silent = !seated || seats_[i].now == condition::due || seats_[i].now == condition::dialled;
        if (silent && (!seated || !seats_[i].phone_registered)) {
            add_targets(accounts_[i], asleep);
        }
    }
    return asleep;
}

std::vector<push::target> ring_plan::targets_to_end(const account_id& winner) const {
    std::vector<push::target> all;
    for (const account& a : accounts_) {
        // The phone that talks needs no news; but of several phones of the winner only the proxy knows which one talks.
        if (a.name != winner || a.devices.size() > 1) {
            add_targets(a, all);
        }
    }
    return all;
}

void ring_plan::reject(const device_id& device) {
    if (!is_rejected(device)) {
        rejected_.push_back(device);
    }
}

std::vector<leg_record> ring_plan::records(instant call_started) const {
    std::vector<leg_record> all;
    all.reserve(seats_.size());
    for (std::size_t i = 0; i < seats_.size(); ++i) {
        const seat& s = seats_[i];
        const account& a = accounts_[i];
        all.push_back({a.name, a.devices.size() == 1 ? a.devices.front().name : device_id{},
                       moment(call_started, s.dialled_at), moment(call_started, s.ringing_at),
                       moment(call_started, s.ended_at), s.sip, s.cause, s.why, s.attempts});
    }
    return all;
}

const ring_plan::living_leg* ring_plan::find(leg_no leg) const {
    const auto found = std::find_if(living_.begin(), living_.end(), [&](const living_leg& l) { return l.leg == leg; });
    return found == living_.end() ? nullptr : &*found;
}

ring_plan::living_leg* ring_plan::find(leg_no leg) {
    return const_cast<living_leg*>(std::as_const(*this).find(leg));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    // The object is not const here; one search serves both.
}

void ring_plan::take_out(leg_no leg) {
    std::erase_if(living_, [&](const living_leg& l) { return l.leg == leg; });
}

/// The account cannot be reached now: its phone may be on its way up, so it is dialled again while the call rings.
void ring_plan::give_up_for_now(instant now, seat& s, leg_why why) {
    s.now = open_ ? condition::due : condition::over;
    s.due_at = open_ ? now + late_dial_ : never;
    s.why = why;
}

/// Numbers are given in turn, so that a number that was used comes back as late as possible; those of living legs are
/// passed over. There are fewer living legs than numbers: at most two for each of the `max_accounts` seats.
leg_no ring_plan::unused_leg() {
    leg_no candidate{next_leg_};
    while (lives(candidate)) {
        candidate.value = static_cast<std::uint8_t>((candidate.value + 1) % leg_no::limit);
    }
    next_leg_ = static_cast<std::uint8_t>((candidate.value + 1) % leg_no::limit);
    return candidate;
}

bool ring_plan::is_rejected(const device_id& device) const {
    return std::find(rejected_.begin(), rejected_.end(), device) != rejected_.end();
}

void ring_plan::add_targets(const account& a, std::vector<push::target>& out) const {
    for (const device& d : a.devices) {
        if (!is_rejected(d.name)) {
            out.push_back({a.name, d.name, d.platform});
        }
    }
}

}  // namespace td::call
