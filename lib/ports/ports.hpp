#pragma once
// The roles that the world plays for a worker. Every act returns at once; what comes of it arrives later as a fact in
// the sink. All of it runs on the worker's one loop: no role is ever called, and no sink ever fed, from another thread.

#include <functional>

#include "call/commands.hpp"
#include "call/facts.hpp"

namespace td::ports {

/// Where the facts of an adapter go.
using fact_sink = std::function<void(call::fact)>;

/// Asterisk. Requests of one call's trunk (sound, bridge, answer, join, keys, panel, give back) are carried out in the
/// order given, and so are those of one leg (dial before drop); different calls and legs may overtake each other.
class pbx {
public:
    virtual ~pbx() = default;
    virtual void carry_out(const call::sound& wish) = 0;
    virtual void carry_out(const call::dial& wish) = 0;
    virtual void carry_out(const call::call_out& wish) = 0;
    virtual void carry_out(const call::make_bridge& wish) = 0;
    virtual void carry_out(const call::answer_panel& wish) = 0;
    virtual void carry_out(const call::join& wish) = 0;
    virtual void carry_out(const call::drop_leg& wish) = 0;
    virtual void carry_out(const call::drop_panel& wish) = 0;
    virtual void carry_out(const call::give_back& wish) = 0;
    virtual void carry_out(const call::remove_bridge& wish) = 0;
    virtual void carry_out(const call::send_keys& wish) = 0;
    virtual void carry_out(const call::drop_stray& wish) = 0;
    virtual void carry_out(const call::remove_stray_bridge& wish) = 0;
};

/// The operator's customer records. Answers with panel_described and with exactly one of accounts_found, flat_unknown,
/// crm_failed.
class crm {
public:
    virtual ~crm() = default;
    virtual void find(const call::find_accounts& question) = 0;
};

/// Where panels stand. Answers at once with what is remembered (site_found, stale or fresh), where anything is, and
/// later with what the CRM says: one more site_found, or site_missing.
class site_book {
public:
    virtual ~site_book() = default;
    virtual void find(const call::find_site& question) = 0;
};

/// The pool of numbers and the callback map, as a worker uses them. Each of lend, lend_from_notes, map and check is
/// answered exactly once, by the facts named at the commands, lend_from_notes within the act itself; a lend that was
/// followed by lend_from_notes is answered no more. What must be written in the end (returns, routes, leases made from
/// notes) is kept over restarts and repeated until it is written.
class number_pool {
public:
    virtual ~number_pool() = default;
    virtual void lend(const call::lend_number& wish) = 0;
    virtual void lend_from_notes(const call::lend_from_notes& wish) = 0;
    virtual void map(const call::map_number& wish) = 0;
    virtual void give_back(const call::return_number& wish) = 0;
    virtual void check(const call::check_number& question) = 0;
};

/// The push server. Answers with exactly one of push_answered, push_failed.
class push_server {
public:
    virtual ~push_server() = default;
    virtual void send(const call::push& wish) = 0;
};

/// Who wants the finished records.
class feed {
public:
    virtual ~feed() = default;
    virtual void take(const call::door_record& record) = 0;
    virtual void take(const call::sos_record& record) = 0;
    virtual void take(const call::callback_record& record) = 0;
    virtual void take(const call::sos_alert& news) = 0;
};

/// Where others see which panel is in a call. Phones that register come from the same place, as account_registered.
class panel_line {
public:
    virtual ~panel_line() = default;
    virtual void taken(const call::panel_taken& news) = 0;
    virtual void freed(const call::panel_freed& news) = 0;
};

}  // namespace td::ports
