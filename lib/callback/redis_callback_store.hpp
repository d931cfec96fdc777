#pragma once
// The callback map in Redis as an operator's verb uses it: each act blocks until everything is answered.

#include <memory>

#include "base/instant.hpp"
#include "base/redacted.hpp"
#include "ports/callback_map.hpp"
#include "redis/url.hpp"

namespace td::callback {

struct redis_callback_store_options {
    redis::place place;
    secret password;
    duration limit = 30s;  ///< of one act as a whole
    /// Routes in one script, and scripts under way at the same time. Redis serves others between two scripts, so that a
    /// rebuild of the whole map does not hold up the callbacks that come in meanwhile.
    std::size_t together = 25;
    std::size_t under_way = 20;
};

class redis_callback_store final : public ports::callback_store {
public:
    /// Connects. Failures: unreachable, not_allowed (user or password), refused (the database).
    [[nodiscard]] static result<std::unique_ptr<redis_callback_store>> open(redis_callback_store_options options);
    redis_callback_store(const redis_callback_store&) = delete;
    redis_callback_store& operator=(const redis_callback_store&) = delete;

    result<std::vector<pool::callback_entry>> read_all() override;
    result<ports::callback_writing> write_many(const std::vector<pool::callback_route>& routes) override;
    result<ports::callback_writing> remove(const std::vector<ports::callback_removal>& removals) override;

private:
    explicit redis_callback_store(redis_callback_store_options options);
    redis_callback_store_options options_;
};

}  // namespace td::callback
