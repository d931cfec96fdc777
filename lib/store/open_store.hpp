#pragma once
// The pool that a configuration names.

#include <memory>
#include <string>

#include "base/instant.hpp"
#include "base/redacted.hpp"
#include "base/result.hpp"
#include "ports/number_store.hpp"

namespace td::store {

struct store_options {
    std::string url;
    secret password;  ///< of the MySQL user; never part of a failure's text
    pool::lease_rules rules;
    /// How long an act may take, tries again included. MySQL's protocol counts its waits in whole seconds, so against a
    /// server that takes a question and never answers an act may last a second longer.
    duration deadline = std::chrono::seconds{2};
    /// Every act is walked through and rolled back at its end: what would be done is told, nothing is.
    bool rehearsal = false;
    std::string who = "tdctl";  ///< for the audit, where an act names nobody: the end of a call
};

/// Only reads the URL: the connection is made by the first act, and again whenever it was lost.
[[nodiscard]] result<std::unique_ptr<ports::number_store>> open_store(const store_options& options);

}  // namespace td::store
