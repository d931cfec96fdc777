#pragma once
// Plays the panel line for panels.busy = "pool": which panel is in a call is known within this worker.

#include <cstddef>
#include <optional>
#include <unordered_map>

#include "ports/ports.hpp"

namespace td::panel {

class local_panel_line final : public ports::panel_line {
public:
    void taken(const call::panel_taken& news) override { calls_.insert_or_assign(news.panel, news.call); }

    void freed(const call::panel_freed& news) override {
        // An older call that lets go late does not take the panel from the newer one.
        if (const auto found = calls_.find(news.panel); found != calls_.end() && found->second == news.call) {
            calls_.erase(found);
        }
    }

    /// Nothing when the panel is free.
    [[nodiscard]] std::optional<call_id> call_of(const panel_id& panel) const {
        const auto found = calls_.find(panel);
        return found == calls_.end() ? std::nullopt : std::optional(found->second);
    }
    [[nodiscard]] std::size_t busy() const { return calls_.size(); }

private:
    std::unordered_map<panel_id, call_id> calls_;  // bounded by the calls that live (door.max_calls)
};

}  // namespace td::panel
