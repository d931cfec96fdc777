#include "cmd/emergency_line.hpp"

#include <boost/asio/io_context.hpp>
#include <utility>

#include "cmd/pool_adapters.hpp"
#include "store/open_store.hpp"

namespace td::cmd {
namespace {

ari::site_form site_form_of(config::location_form form) {
    switch (form) {
        case config::location_form::none: return ari::site_form::none;
        case config::location_form::header: return ari::site_form::header;
        case config::location_form::pidf: return ari::site_form::pidf;
    }
    return ari::site_form::none;
}

lending::lending_options lending_options_of(const emergency_line::surroundings& around) {
    lending::lending_options options;
    options.node = around.node;
    options.run = std::string(around.name_call().text());
    options.rules = lease_rules(around.from);
    options.notes = around.from.pool.notes;
    options.reserve = around.from.pool.reserve;
    options.timeout = around.from.pool.timeout;
    options.took = [&metrics = around.metrics](duration length) { metrics.took(runtime::timing::pool, length); };
    options.log = around.pool_log;
    return options;
}

}  // namespace

result<std::unique_ptr<emergency_line>> emergency_line::open(const surroundings& around) {
    auto how = store_options_of(around.from, around.secrets);
    if (!how) {
        return how.why();
    }
    auto wanted = ari_options(around.from, around.secrets);
    if (!wanted) {
        return wanted.why();
    }
    wanted->which = call::line::sos;
    wanted->app = around.from.sos.app;
    wanted->dial = around.from.sos.dial;
    wanted->callback_dial = around.from.sos.callback_dial;
    wanted->site = site_form_of(around.from.sos.location);

    std::unique_ptr<emergency_line> made(new emergency_line);
    lending::lending_options options = lending_options_of(around);
    // Shorter than a thread is waited for: a store that is slow then says why, and its thread is not given up as hung.
    how->deadline = around.from.pool.timeout * 3 / 4;
    options.open = [store = *how] { return store::open_store(store); };
    made->desk_ = std::make_unique<lending::lending_desk>(around.loop, std::move(options), around.now, around.facts,
                                                          around.alarms);
    auto map = open_callback_map(
        around.loop, around.from, around.secrets,
        [&desk = *made->desk_](const ports::callback_answer& answer) { desk.map_answered(answer); }, around.alarms, {});
    if (!map) {
        return map.why();
    }
    made->map_ = std::move(*map);
    made->desk_->begin(made->map_.redis ? made->map_.role.get() : nullptr);
    made->asterisk_ = std::make_unique<ari::client>(
        around.loop.get_executor(), std::move(*wanted),
        ari::client::surroundings{around.facts, around.name_call, around.log, around.fatal, around.hold});
    return made;
}

emergency_line::~emergency_line() = default;

void emergency_line::show(runtime::metrics& to) const {
    const lending::lending_counts counts = desk_->counts();
    to.reach(runtime::counter::pool_lent, counts.lent);
    to.reach(runtime::counter::pool_lent_from_notes, counts.lent_from_notes);
    to.reach(runtime::counter::pool_refused, counts.refused);
    to.reach(runtime::counter::pool_failures, counts.store_failures);
    to.reach(runtime::counter::callback_map_failures, counts.map_failures);
    to.reach(runtime::counter::pool_late_answers, counts.late_answers);
    to.reach(runtime::counter::pool_taken, counts.taken);
    to.reach(runtime::counter::pool_struck, counts.struck);
    to.show(runtime::gauge::sos_ari_connected, asterisk_->connected() ? 1 : 0);
    to.show(runtime::gauge::pool_up, counts.store_up ? 1 : 0);
    to.show(runtime::gauge::pool_backlog, static_cast<double>(counts.backlog));
    to.show(runtime::gauge::pool_backlog_age_seconds, std::chrono::duration<double>(counts.backlog_age).count());
    to.show(runtime::gauge::pool_ready_numbers, static_cast<double>(counts.ready));
    to.show(runtime::gauge::pool_hung_threads, static_cast<double>(counts.hung_threads));
    for (const pool::city_report& each : counts.cities) {
        for (const pool::number_state state : pool::all_states) {
            to.show_numbers(each.where.fias.text(), pool::name_of(state), each.count(state));
        }
    }
    if (map_.redis) {
        to.show_redis("callback_map", map_.role->up());
    }
}

}  // namespace td::cmd
