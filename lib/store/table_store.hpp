#pragma once
// ports::number_store over any pool::table: every act becomes one transaction. What is left to a database is how a
// transaction begins, ends and is tried again.

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "pool/acts.hpp"
#include "pool/table.hpp"
#include "ports/number_store.hpp"

namespace td::store {

/// What a database must know about an act beforehand.
enum class manner : std::uint8_t {
    reads,       ///< writes nothing
    repeatable,  ///< run again after a commit that nobody has seen arrive, it finds its own work and changes nothing
    once,        ///< run again, it would answer as if somebody else had done it
};

class table_store : public ports::number_store {
public:
    result<pool::lease_answer> lease(const pool::lease_wish& wish) override;
    result<done> end(pool::lease_token which, instant at) override;
    result<std::vector<pool::lent>> reserve(const std::string& holder, const city_id& city, std::size_t count,
                                            instant at, instant until) override;
    result<done> settle(const pool::lease_row& row, const std::string& who) override;
    result<std::vector<pool::city>> cities() override;
    result<done> put_city(const pool::city& what, const std::string& who, instant at) override;
    result<done> add_numbers(const std::vector<pool::new_number>& numbers, const std::string& who, instant at) override;
    result<std::vector<pool::number_row>> numbers() override;
    result<pool::number_row> number(const number_id& which) override;
    result<pool::number_row> release(const number_id& which, bool force, const std::string& who, const std::string& why,
                                     instant at) override;
    result<pool::number_row> disable(const number_id& which, bool force, const std::string& who, const std::string& why,
                                     instant at) override;
    result<pool::number_row> enable(const number_id& which, const std::string& who, const std::string& why,
                                    instant at) override;
    result<pool::number_row> remove(const number_id& which, const std::string& who, const std::string& why,
                                    instant at) override;
    result<std::vector<pool::number_row>> expire(const std::string& who, instant at) override;
    result<std::vector<pool::lease_row>> leases_of(const number_id& which, instant at) override;
    result<std::vector<pool::lease_row>> open_leases(instant at) override;
    result<std::vector<pool::audit_row>> audit(const number_id& which, std::size_t limit) override;

protected:
    /// What a transaction is to become.
    enum class fate : std::uint8_t { commit, rollback };
    using body = std::function<fate(pool::table&)>;

    /// `who` stands in the audit where the port does not name anybody: the end of a call.
    /// Of a `rehearsal` every transaction is rolled back at its end.
    table_store(const pool::lease_rules& rules, std::string who, bool rehearsal)
        : rules_(rules), who_(std::move(who)), rehearsal_(rehearsal) {}

    [[nodiscard]] const pool::lease_rules& rules() const { return rules_; }
    [[nodiscard]] bool rehearsal() const { return rehearsal_; }

    /// Runs `inside` in one transaction, perhaps several times, and says why if it could not.
    virtual result<done> transact(const body& inside, manner how) = 0;

private:
    template <class T, class Act>
    result<T> run(manner how, Act act);

    pool::lease_rules rules_;
    std::string who_;
    bool rehearsal_;
};

}  // namespace td::store
