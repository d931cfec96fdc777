// tdctl sos-pool verify, rebuild: the callback map held against the pool, and written from it.

#include <CLI/CLI.hpp>
#include <chrono>
#include <thread>

#include "cmd/sos_pool_print.hpp"
#include "pool/map_check.hpp"
#include "runtime/clock.hpp"

namespace td::cmd::sos_pool {
namespace {

/// What one look at both found.
struct look {
    std::vector<pool::finding> of_pool;
    pool::map_difference of_map;
    std::size_t leases = 0;

    [[nodiscard]] std::vector<pool::finding> all() const {
        std::vector<pool::finding> found = of_pool;
        found.insert(found.end(), of_map.findings.begin(), of_map.findings.end());
        return found;
    }
};

result<look> look_at_both(session& in, ports::callback_store* map) {
    const instant now = runtime::wall_clock();  // anew for each look: the second one comes later
    look found;
    std::vector<pool::callback_entry> held;
    if (map != nullptr) {
        auto entries = map->read_all();
        if (!entries) {
            return entries.why();
        }
        held = std::move(*entries);
    }
    const auto rows = in.store->numbers();
    if (!rows) {
        return rows.why();
    }
    const auto leases = in.store->open_leases(now);
    if (!leases) {
        return leases.why();
    }
    found.leases = leases->size();
    found.of_pool = pool::check_pool(*rows, *leases, in.rules(), now);
    if (map != nullptr) {
        found.of_map = pool::check_map(pool::routes_of(*leases, in.rules(), now), held, *rows);
    }
    return found;
}

/// Looks twice when there is something to see: what a worker was writing at the first look is there at the second.
result<look> look_well(session& in, ports::callback_store* map) {
    constexpr auto workers_write_within = std::chrono::seconds{1};
    auto first = look_at_both(in, map);
    if (!first || first->all().empty()) {
        return first;
    }
    std::this_thread::sleep_for(workers_write_within);
    auto second = look_at_both(in, map);
    if (second) {
        second->of_pool = pool::seen_twice(first->of_pool, std::move(second->of_pool));
        pool::keep_only(second->of_map, pool::seen_twice(first->of_map.findings, second->of_map.findings));
    }
    return second;
}

/// Writes what puts the map right; the fences of the leases protect what a worker has written meanwhile.
result<done> repair(ports::callback_store& map, const pool::map_difference& difference) {
    std::vector<ports::callback_removal> removals;
    for (const pool::stray_route& each : difference.remove) {
        using manner = ports::callback_removal::manner;
        removals.push_back({each.number, each.token, each.foreign ? manner::forget : manner::fence});
    }
    if (const auto removed = map.remove(removals); !removed) {
        return removed.why();
    }
    if (const auto written = map.write_many(difference.write); !written) {
        return written.why();
    }
    return done{};
}

struct verify_options : change_options {
    bool repair = false;
};

exit_status tell_verdict(session& in, const look& seen, bool with_map) {
    const std::string against =
        with_map ? " in the pool and the callback map" : " in the pool, which is the callback map too";
    in.with.say(counted(seen.leases, "lease") + against + ": " +
                (seen.all().empty() ? "all is well" : counted(seen.all().size(), "finding")));
    return seen.all().empty() ? exit_status::done : exit_status::findings;
}

exit_status verify(session& in, const verify_options& options) {
    auto map = in.open_map();
    if (!map) {
        return in.complain(map.why());
    }
    const auto seen = look_well(in, map->get());
    if (!seen) {
        return in.complain(seen.why());
    }
    print_findings(in, seen->all());
    const exit_status verdict = tell_verdict(in, *seen, *map != nullptr);
    const std::size_t changes = seen->of_map.write.size() + seen->of_map.remove.size();
    if (!options.repair || changes == 0) {
        return verdict;
    }
    if (in.rehearsal) {
        in.tell("", counted(changes, "route") + " of the callback map would be repaired");
        return verdict;
    }
    if (const auto repaired = repair(**map, seen->of_map); !repaired) {
        return in.complain(repaired.why());
    }
    // Another look, because only what is right now counts as repaired.
    const auto after = look_at_both(in, map->get());
    if (!after) {
        return in.complain(after.why());
    }
    const std::vector<pool::finding> left = pool::seen_twice(seen->all(), after->all());
    in.with.say(counted(seen->all().size() - left.size(), "finding") + " repaired, " + std::to_string(left.size()) +
                " left");
    return left.empty() ? exit_status::done : exit_status::findings;
}

exit_status rebuild(session& in, const change_options&) {
    auto map = in.open_map();
    if (!map) {
        return in.complain(map.why());
    }
    if (*map == nullptr) {
        in.with.say("the callback map is the pool itself: there is nothing to rebuild");
        return exit_status::nothing;
    }
    // The map first: what a worker leases meanwhile is then in the pool's answer, and is not taken for a stray.
    const auto held = (*map)->read_all();
    if (!held) {
        return in.complain(held.why());
    }
    const auto leases = in.store->open_leases(in.now);
    if (!leases) {
        return in.complain(leases.why());
    }
    const auto rows = in.store->numbers();
    if (!rows) {
        return in.complain(rows.why());
    }
    std::vector<pool::wanted_route> wanted = pool::routes_of(*leases, in.rules(), in.now);
    pool::map_difference whole = pool::check_map(wanted, *held, *rows);
    whole.write.clear();
    for (pool::wanted_route& each : wanted) {
        whole.write.push_back(std::move(each.route));
    }
    const std::string words =
        counted(whole.write.size(), "route") + " written, " + std::to_string(whole.remove.size()) + " removed";
    if (!in.rehearsal) {
        if (const auto written = repair(**map, whole); !written) {
            return in.complain(written.why());
        }
    }
    if (in.with.json()) {
        in.with.out() << R"({"type":"rebuild","schema":1,"written":)" << whole.write.size() << R"(,"removed":)"
                      << whole.remove.size() << (in.rehearsal ? R"(,"dry_run":true)" : "") << "}\n";
    }
    in.tell("the callback map is rebuilt: " + words, "the callback map would be rebuilt: " + words);
    return exit_status::done;
}

act declare_verify(CLI::App& app) {
    const auto options = std::make_shared<verify_options>();
    app.add_flag("--repair", options->repair, "Write the callback map anew where it is wrong");
    declare_dry_run(app, *options);
    return changing(options, verify);
}

act declare_rebuild(CLI::App& app) {
    const auto options = std::make_shared<change_options>();
    declare_dry_run(app, *options);
    return changing(options, rebuild);
}

}  // namespace

std::vector<verb> map_verbs() {
    return {{"verify", "Hold the callback map against the pool",
             "  tdctl -q sos-pool verify || echo 'callbacks may go astray'\n"
             "  tdctl sos-pool verify --repair\n"
             "  tdctl --json sos-pool verify | jq -r .finding | sort | uniq -c\n",
             declare_verify},
            {"rebuild", "Write the whole callback map from the pool, after Redis has lost it",
             "  tdctl sos-pool rebuild --dry-run\n"
             "  tdctl sos-pool rebuild\n",
             declare_rebuild}};
}

}  // namespace td::cmd::sos_pool
