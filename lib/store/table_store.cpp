#include "store/table_store.hpp"

#include <iterator>
#include <limits>
#include <optional>

namespace td::store {
namespace {

/// So many rows a transaction when time is written down: short enough for workers not to notice.
constexpr std::size_t expiry_batch = 200;

}  // namespace

template <class T, class Act>
result<T> table_store::run(manner how, Act act) {
    std::optional<result<T>> outcome;
    const result<done> ran = transact(
        [&](pool::table& in) {
            outcome.emplace(act(in));
            return outcome->ok() && !rehearsal_ ? fate::commit : fate::rollback;
        },
        how);
    return ran ? std::move(*outcome) : result<T>(ran.why());
}

result<pool::lease_answer> table_store::lease(const pool::lease_wish& wish) {
    return run<pool::lease_answer>(manner::repeatable, [&](pool::table& in) { return pool::lease(in, rules_, wish); });
}

result<done> table_store::end(pool::lease_token which, instant at) {
    return run<done>(manner::repeatable, [&](pool::table& in) { return pool::end(in, rules_, which, at, who_); });
}

result<std::vector<pool::lent>> table_store::reserve(const std::string& holder, const city_id& city, std::size_t count,
                                                     instant at, instant until) {
    return run<std::vector<pool::lent>>(
        manner::repeatable, [&](pool::table& in) { return pool::reserve(in, rules_, holder, city, count, at, until); });
}

result<done> table_store::settle(const pool::lease_row& row, const std::string& who) {
    std::optional<result<done>> outcome;
    const result<done> ran = transact(
        [&](pool::table& in) {
            outcome.emplace(pool::settle(in, rules_, row, who));
            const bool audited = !outcome->ok() && outcome->why().kind == failure_kind::taken;
            return (outcome->ok() || audited) && !rehearsal_ ? fate::commit : fate::rollback;
        },
        manner::repeatable);
    return ran ? std::move(*outcome) : result<done>(ran.why());
}

result<std::vector<pool::city>> table_store::cities() {
    return run<std::vector<pool::city>>(manner::reads,
                                        [](pool::table& in) { return result<std::vector<pool::city>>(in.cities()); });
}

result<done> table_store::put_city(const pool::city& what, const std::string& who, instant at) {
    return run<done>(manner::repeatable, [&](pool::table& in) { return pool::put_city(in, what, {who, "", at}); });
}

result<done> table_store::add_numbers(const std::vector<pool::new_number>& numbers, const std::string& who,
                                      instant at) {
    return run<done>(manner::once, [&](pool::table& in) { return pool::add_numbers(in, numbers, {who, "", at}); });
}

result<std::vector<pool::number_row>> table_store::numbers() {
    return run<std::vector<pool::number_row>>(
        manner::reads, [](pool::table& in) { return result<std::vector<pool::number_row>>(in.numbers()); });
}

result<pool::number_row> table_store::number(const number_id& which) {
    return run<pool::number_row>(manner::reads, [&](pool::table& in) -> result<pool::number_row> {
        const auto row = in.row(which);
        return row ? result<pool::number_row>(*row) : result<pool::number_row>(pool::no_such_number(which));
    });
}

result<pool::number_row> table_store::release(const number_id& which, bool force, const std::string& who,
                                              const std::string& why, instant at) {
    return run<pool::number_row>(manner::once, [&](pool::table& in) {
        return pool::release(in, rules_, which, force, {who, why, at});
    });
}

result<pool::number_row> table_store::disable(const number_id& which, bool force, const std::string& who,
                                              const std::string& why, instant at) {
    return run<pool::number_row>(manner::once, [&](pool::table& in) {
        return pool::disable(in, rules_, which, force, {who, why, at});
    });
}

result<pool::number_row> table_store::enable(const number_id& which, const std::string& who, const std::string& why,
                                             instant at) {
    return run<pool::number_row>(manner::once, [&](pool::table& in) {
        return pool::enable(in, rules_, which, {who, why, at});
    });
}

result<pool::number_row> table_store::remove(const number_id& which, const std::string& who, const std::string& why,
                                             instant at) {
    return run<pool::number_row>(manner::once, [&](pool::table& in) {
        return pool::remove(in, rules_, which, {who, why, at});
    });
}

result<std::vector<pool::number_row>> table_store::expire(const std::string& who, instant at) {
    std::vector<pool::number_row> changed;
    // What is rolled back is found again by the next batch: a rehearsal is one.
    const std::size_t limit = rehearsal_ ? std::numeric_limits<std::uint32_t>::max() : expiry_batch;
    while (true) {
        auto batch = run<std::vector<pool::number_row>>(manner::repeatable, [&](pool::table& in) {
            return pool::expire(in, rules_, {who, "its time is over", at}, limit);
        });
        if (!batch) {
            return batch.why();
        }
        changed.insert(changed.end(), std::make_move_iterator(batch->begin()), std::make_move_iterator(batch->end()));
        if (batch->size() < limit) {
            return changed;
        }
    }
}

result<std::vector<pool::lease_row>> table_store::leases_of(const number_id& which, instant at) {
    return run<std::vector<pool::lease_row>>(manner::reads, [&](pool::table& in) {
        return result<std::vector<pool::lease_row>>(pool::leases_of(in, rules_, which, at));
    });
}

result<std::vector<pool::lease_row>> table_store::open_leases(instant at) {
    return run<std::vector<pool::lease_row>>(manner::reads, [&](pool::table& in) {
        return result<std::vector<pool::lease_row>>(pool::open_leases(in, rules_, at));
    });
}

result<std::vector<pool::audit_row>> table_store::audit(const number_id& which, std::size_t limit) {
    return run<std::vector<pool::audit_row>>(
        manner::reads, [&](pool::table& in) { return result<std::vector<pool::audit_row>>(in.audit(which, limit)); });
}

}  // namespace td::store
