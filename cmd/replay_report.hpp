#pragma once
// What a check of one run says, kept until it is that run's turn to be printed: runs are checked side by side, and what
// is printed is the same however many at a time.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cmd/context.hpp"
#include "replay/check.hpp"

namespace td::cmd::replay_calls {

class run_report final : public replay::check_observer {
public:
    /// Differences that are named, sentences that are said. What is beyond is counted.
    static constexpr std::size_t most_named = 100'000;
    static constexpr std::size_t most_said = 20;

    run_report(const context& with, const std::set<call_id>& only)
        : form_(with.options().form), words_(with.options().words), only_(only) {}

    void differs(const replay::difference& news) override;
    void leaves_out(const call_id& call, replay::left_out why, const replay::place& where) override;
    void finds_damaged(const replay::place& where, std::string_view words) override;
    void arrives(const call_id& call) override;
    /// A sentence for people; those beyond the limit are counted.
    void say(std::string sentence);

    using neighbours = std::pair<std::optional<call_id>, std::optional<call_id>>;
    /// Whether this call, which was asked for, arrived.
    [[nodiscard]] bool met(const call_id& call) const { return met_.contains(call); }
    /// The calls whose names stand before and behind it: what may have been meant.
    [[nodiscard]] neighbours next_to(const call_id& call) const;

    /// The sentences to stderr, the differences to stdout.
    void print(context& with) const;

    replay::check_counts counts;
    std::uint64_t bytes = 0;
    std::uint64_t files = 0;
    bool incomplete = false;  ///< something of it could not be read

private:
    void print_text(const replay::difference& news);
    void print_json(const replay::difference& news);

    output form_;
    verbosity words_;
    const std::set<call_id>& only_;
    std::string text_;
    std::vector<std::string> sentences_;
    std::vector<std::string> names_of_left_out_;
    std::size_t unsaid_ = 0;
    std::size_t named_ = 0;
    std::size_t unnamed_ = 0;
    std::set<call_id> met_;
    std::map<call_id, neighbours> neighbours_;
};

/// The last line on stdout: what all runs came to.
void print_summary(context& with, const replay::check_counts& counts, std::uint64_t runs, std::uint64_t files,
                   std::uint64_t bytes);

}  // namespace td::cmd::replay_calls
