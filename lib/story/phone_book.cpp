#include "story/phone_book.hpp"

#include <algorithm>

#include "call/ring_plan.hpp"

namespace td::story {
namespace {

bool was_asked(const std::vector<device_id>& asked, const device_story& device) {
    return asked.empty() || std::find(asked.begin(), asked.end(), device.name) != asked.end();
}

bool ended_by_itself(const attempt& leg) {
    return leg.refused || (leg.ended_at != never && leg.dropped_at == never);
}

/// Of an attempt that ended by itself.
call::leg_why why_of(const attempt& leg) {
    if (leg.refused) {
        return *leg.refused == 500 ? call::leg_why::unreachable : call::leg_why::refused;
    }
    return call::why_of_end(leg.cause, leg.sip, leg.rang_at);
}

bool no_codec(const attempt& leg) {
    return leg.sip == 415 || leg.sip == 488 || leg.sip == 606 ||
           (leg.sip == 0 && (leg.cause == 58 || leg.cause == 65 || leg.cause == 79 || leg.cause == 88));
}

/// It was not registered: did anybody try to wake it?
silence why_asleep(const phone_story& phone, bool push_wanted) {
    using answer = device_story::answer;
    const auto any = [&](answer said) {
        return std::any_of(phone.devices.begin(), phone.devices.end(),
                           [&](const device_story& d) { return d.said == said; });
    };
    if (phone.devices.empty()) {
        return silence::no_device;
    }
    if (!push_wanted) {
        return silence::not_pushed;
    }
    return any(answer::accepted)   ? silence::not_registered
           : any(answer::silent)   ? silence::push_silent
           : any(answer::failed)   ? silence::push_failed
           : any(answer::rejected) ? silence::push_rejected
                                   : silence::not_pushed;
}

/// Of a phone that was dialled and never rang.
silence why_silent(const phone_story& phone, const call_course& course) {
    const auto last = std::find_if(phone.attempts.rbegin(), phone.attempts.rend(), ended_by_itself);
    const bool ended = last != phone.attempts.rend();
    const call::leg_why why = ended ? why_of(*last) : call::leg_why::none;
    switch (why) {
        case call::leg_why::busy: return silence::busy;
        case call::leg_why::declined: return silence::declined;
        case call::leg_why::answered_elsewhere: return silence::answered_elsewhere;
        case call::leg_why::refused:
            return last->refused     ? silence::asterisk_refused
                   : no_codec(*last) ? silence::no_codec
                                     : silence::phone_refused;
        case call::leg_why::none:
        case call::leg_why::answered:
        case call::leg_why::no_answer:
        case call::leg_why::cancelled:
        case call::leg_why::lost:
        case call::leg_why::unreachable: break;
    }
    if (phone.became == call::leg_why::lost) {
        return silence::line_lost;
    }
    const auto before_end = [&](instant at) { return at <= course.over_at; };
    if (std::any_of(phone.registered.begin(), phone.registered.end(), before_end)) {
        return silence::woke_late;
    }
    if (!ended && course.answered) {
        return silence::answered_elsewhere;
    }
    if (!ended && course.how != call::outcome::missed) {
        return course.finished || course.over_at != never ? silence::cancelled : silence::unknown;
    }
    return why_asleep(phone, course.push_wanted);
}

call::leg_why became(const phone_story& phone, const call_course& course) {
    if (phone.attempts.empty()) {
        return call::leg_why::none;
    }
    const attempt& last = phone.attempts.back();
    if (ended_by_itself(last)) {
        return last.answered_at != never ? call::leg_why::answered : why_of(last);
    }
    if (course.answered) {
        return call::leg_why::answered_elsewhere;
    }
    return last.dropped_at != never || course.over_at != never ? call::leg_why::cancelled : call::leg_why::none;
}

}  // namespace

instant phone_story::rang_at() const {
    for (const attempt& each : attempts) {
        if (each.rang_at != never || each.answered_at != never) {
            return std::min(each.rang_at, each.answered_at);
        }
    }
    return never;
}

phone_story& phone_book::new_phone(const account_id& account) {
    phone_story& made = phones_.emplace_back();
    made.number = phones_.size();
    made.account = account;
    return made;
}

phone_story* phone_book::of(const account_id& account) {
    const auto found =
        std::find_if(phones_.begin(), phones_.end(), [&](const phone_story& each) { return each.account == account; });
    return found == phones_.end() ? nullptr : &*found;
}

device_story* phone_book::device(const device_id& name) {
    for (phone_story& phone : phones_) {
        for (device_story& each : phone.devices) {
            if (each.name == name) {
                return &each;
            }
        }
    }
    return nullptr;
}

void phone_book::found(const call::flat_record& flat) {
    for (const call::account& each : flat.accounts) {
        if (of(each.name) != nullptr) {
            continue;  // a CRM that names an account twice, or a look-up asked again
        }
        phone_story& made = new_phone(each.name);
        for (const call::device& device : each.devices) {
            device_story& phone = made.devices.emplace_back();
            phone.name = device.name;
            phone.platform = device.platform;
        }
    }
}

phone_story& phone_book::dialled(instant at, const call::dial& wish) {
    phone_story* known = of(wish.account);
    phone_story& phone = known != nullptr ? *known : new_phone(wish.account);
    attempt& leg = phone.attempts.emplace_back();
    leg.leg = wish.leg.leg;
    leg.dialled_at = at;
    legs_.at(wish.leg.leg.value) = slot{phone.number - 1, phone.attempts.size() - 1};
    return phone;
}

/// Journals cut for tests hold facts only: there the first legs have the numbers of their accounts.
phone_book::place phone_book::at(instant now, leg_no leg) {
    std::optional<slot>& here = legs_.at(leg.value);
    if (!here) {
        const bool guess = leg.value < phones_.size() && phones_[leg.value].attempts.empty();
        phone_story& phone = guess ? phones_[leg.value] : new_phone({});
        attempt& made = phone.attempts.emplace_back();
        made.leg = leg;
        made.dialled_at = now;
        here = slot{phone.number - 1, phone.attempts.size() - 1};
    }
    phone_story& phone = phones_[here->phone];
    return {&phone, &phone.attempts[here->attempt]};
}

void phone_book::pushed(instant at, const call::push& wish) {
    for (const call::push::target& each : wish.targets) {
        device_story* known = device(each.device);
        if (known == nullptr) {
            phone_story* of_account = of(each.account);
            phone_story& phone = of_account != nullptr ? *of_account : new_phone(each.account);
            known = &phone.devices.emplace_back();
            known->name = each.device;
            known->platform = each.platform;
        }
        ++known->pushes;
        if (known->pushed_at == never) {
            known->pushed_at = at;
            known->said = device_story::answer::silent;
        }
    }
}

void phone_book::answered(instant at, const call::push_answered& news) {
    for (phone_story& phone : phones_) {
        for (device_story& each : phone.devices) {
            if (!was_asked(news.asked, each) || each.said == device_story::answer::accepted) {
                continue;
            }
            const auto no = std::find_if(news.rejected.begin(), news.rejected.end(),
                                         [&](const auto& rejection) { return rejection.device == each.name; });
            const bool rejected = no != news.rejected.end();
            each.said = rejected ? device_story::answer::rejected : device_story::answer::accepted;
            each.reason = rejected ? no->reason : "";
            each.answered_at = at;
        }
    }
}

void phone_book::failed(instant at, const call::push_failed& news) {
    for (phone_story& phone : phones_) {
        for (device_story& each : phone.devices) {
            if (was_asked(news.asked, each) && each.said == device_story::answer::silent) {
                each.said = device_story::answer::failed;
                each.reason = news.reason;
                each.answered_at = at;
            }
        }
    }
}

void phone_book::fill_in(const call::door_record& record) {
    for (const call::leg_record& each : record.legs) {
        phone_story* known = of(each.account);
        phone_story& phone = known != nullptr ? *known : new_phone(each.account);
        phone.became = each.why;
        if (phone.attempts.empty() && each.dialled_ms != call::not_reached) {
            const auto at = [&](call::call_ms ms) {
                return ms == call::not_reached ? never : record.started_at + std::chrono::milliseconds{ms};
            };
            attempt& leg = phone.attempts.emplace_back();
            leg.dialled_at = at(each.dialled_ms);
            leg.rang_at = at(each.ringing_ms);
            leg.ended_at = at(each.ended_ms);
            leg.cause = each.cause;
            leg.sip = each.sip;
        } else if (!phone.attempts.empty() && each.dialled_ms != call::not_reached &&
                   phone.attempts.front().dialled_at >
                       record.started_at + std::chrono::milliseconds{each.dialled_ms + 1}) {
            phone.attempts.front().dialled_at = record.started_at + std::chrono::milliseconds{each.dialled_ms};
        }
    }
}

void judge(phone_story& phone, const call_course& course) {
    if (phone.became == call::leg_why::none) {
        phone.became = became(phone, course);
    }
    if (phone.rang_at() != never) {
        phone.why_silent = silence::none;
    } else if (phone.account.empty()) {
        phone.why_silent = silence::unknown;  // the line that dialled it is missing
    } else if (!phone.attempts.empty()) {
        phone.why_silent = why_silent(phone, course);
    } else if (course.max_accounts != 0 && phone.number > course.max_accounts) {
        phone.why_silent = silence::beyond_limit;
    } else {
        phone.why_silent = course.over_at != never || course.finished ? silence::never_dialled : silence::unknown;
    }
}

}  // namespace td::story
