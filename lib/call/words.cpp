#include "call/words.hpp"

#include "call/commands.hpp"
#include "call/facts.hpp"

namespace td::call {

std::string_view name_of(crm_source source) {
    switch (source) {
        case crm_source::live: return "live";
        case crm_source::fresh: return "fresh";
        case crm_source::stale: return "stale";
        case crm_source::file: return "file";
        case crm_source::none: return "none";
    }
    return "?";
}

std::string_view name_of(leg_why why) {
    switch (why) {
        case leg_why::none: return "none";
        case leg_why::answered: return "answered";
        case leg_why::answered_elsewhere: return "answered_elsewhere";
        case leg_why::declined: return "declined";
        case leg_why::busy: return "busy";
        case leg_why::unreachable: return "unreachable";
        case leg_why::no_answer: return "no_answer";
        case leg_why::cancelled: return "cancelled";
        case leg_why::refused: return "refused";
        case leg_why::lost: return "lost";
    }
    return "?";
}

std::string_view name_of(outcome how) {
    switch (how) {
        case outcome::answered: return "answered";
        case outcome::missed: return "missed";
        case outcome::cancelled: return "cancelled";
        case outcome::declined: return "declined";
        case outcome::blocked: return "blocked";
        case outcome::failed: return "failed";
    }
    return "?";
}

std::string_view name_of(ended_by who) {
    switch (who) {
        case ended_by::none: return "none";
        case ended_by::panel: return "panel";
        case ended_by::account: return "account";
        case ended_by::ring_limit: return "ring_limit";
        case ended_by::talk_limit: return "talk_limit";
        case ended_by::declined: return "declined";
        case ended_by::everybody_busy: return "everybody_busy";
        case ended_by::nobody_left: return "nobody_left";
        case ended_by::blocked: return "blocked";
        case ended_by::no_accounts: return "no_accounts";
        case ended_by::unknown_flat: return "unknown_flat";
        case ended_by::crm: return "crm";
        case ended_by::auto_open: return "auto_open";
        case ended_by::bad_arguments: return "bad_arguments";
        case ended_by::full: return "full";
        case ended_by::pbx: return "pbx";
        case ended_by::lost: return "lost";
        case ended_by::drain: return "drain";
        case ended_by::callee: return "callee";
        case ended_by::no_route: return "no_route";
        case ended_by::no_panel: return "no_panel";
        case ended_by::callback: return "callback";
    }
    return "?";
}

std::string_view name_of(early_sound sound) {
    switch (sound) {
        case early_sound::none: return "none";
        case early_sound::ringing: return "ringing";
        case early_sound::progress: return "progress";
    }
    return "?";
}

std::string_view name_of(decline_rule rule) {
    switch (rule) {
        case decline_rule::drop_leg: return "drop_leg";
        case decline_rule::end_call: return "end_call";
    }
    return "?";
}

std::string_view name_of(hangup_reason reason) {
    switch (reason) {
        case hangup_reason::normal: return "normal";
        case hangup_reason::busy: return "busy";
        case hangup_reason::congestion: return "congestion";
        case hangup_reason::no_answer: return "no_answer";
        case hangup_reason::unallocated: return "unallocated";
        case hangup_reason::answered_elsewhere: return "answered_elsewhere";
    }
    return "?";
}

std::string_view name_of(push_kind kind) {
    switch (kind) {
        case push_kind::ring: return "ring";
        case push_kind::ended: return "ended";
    }
    return "?";
}

std::string_view name_of(push_end end) {
    switch (end) {
        case push_end::none: return "none";
        case push_end::answered_elsewhere: return "answered_elsewhere";
        case push_end::missed: return "missed";
        case push_end::declined: return "declined";
        case push_end::cancelled: return "cancelled";
    }
    return "?";
}

std::string_view name_of(line which) {
    switch (which) {
        case line::door: return "door";
        case line::sos: return "sos";
    }
    return "?";
}

std::string_view name_of(callee whom) {
    switch (whom) {
        case callee::operator_route: return "operator";
        case callee::panel: return "panel";
        case callee::desk: return "desk";
    }
    return "?";
}

std::string_view name_of(call_way way) {
    switch (way) {
        case call_way::early: return "early";
        case call_way::plain: return "plain";
    }
    return "?";
}

std::string_view name_of(urgency how) {
    switch (how) {
        case urgency::normal: return "normal";
        case urgency::psap_callback: return "psap_callback";
    }
    return "?";
}

std::string_view name_of(lack what) {
    switch (what) {
        case lack::site: return "site";
        case lack::fresh_site: return "fresh_site";
        case lack::store: return "store";
        case lack::rested_number: return "rested_number";
        case lack::own_number: return "own_number";
        case lack::route: return "route";
        case lack::callback_map: return "callback_map";
        case lack::first_try: return "first_try";
        case lack::every_try: return "every_try";
    }
    return "?";
}

std::string_view name_of(number_refused::why reason) {
    switch (reason) {
        case number_refused::why::dry: return "dry";
        case number_refused::why::unknown_city: return "unknown_city";
        case number_refused::why::store: return "store";
    }
    return "?";
}

std::vector<device_id> devices_of(const push& wish) {
    std::vector<device_id> asked;
    asked.reserve(wish.targets.size());
    for (const push::target& each : wish.targets) {
        asked.push_back(each.device);
    }
    return asked;
}

std::string_view name_of(act what) {
    switch (what) {
        case act::sound: return "sound";
        case act::dial: return "dial";
        case act::bridge: return "bridge";
        case act::answer: return "answer";
        case act::join: return "join";
        case act::drop_leg: return "drop_leg";
        case act::drop_panel: return "drop_panel";
        case act::give_back: return "give_back";
        case act::remove_bridge: return "remove_bridge";
        case act::send_keys: return "send_keys";
    }
    return "?";
}

}  // namespace td::call
