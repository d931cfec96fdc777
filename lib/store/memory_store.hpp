#pragma once
// The reference store: the pool in memory, for tests and simulations.

#include <string>

#include "pool/memory_table.hpp"
#include "store/table_store.hpp"

namespace td::store {

class memory_store final : public table_store {
public:
    explicit memory_store(const pool::lease_rules& rules, std::string who = "memory")
        : table_store(rules, std::move(who), false), table_(rules) {}

    result<int> migrate() override { return 1; }
    /// Sums are kept, history is not: for ten million calls.
    void forget_history() { table_.forget_history(); }

protected:
    result<done> transact(const body& inside, manner) override {
        if (inside(table_) == fate::commit) {
            table_.keep();
        } else {
            table_.undo();
        }
        return done{};
    }

private:
    pool::memory_table table_;
};

}  // namespace td::store
