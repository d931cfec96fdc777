#pragma once
// What the metrics count of calls: how many, how they ended, and the two spans that a caller feels: from the panel's
// arrival to the last leg dialled, and from the answer to the bridge.

#include <unordered_map>

#include "runtime/metrics.hpp"
#include "runtime/worker.hpp"

namespace td::runtime {

class call_meter final : public witness {
public:
    /// The metrics must outlive it.
    explicit call_meter(metrics& to) : metrics_(to) {}
    void saw(instant at, const call::fact& news, const call::commands& wishes) override;

private:
    struct moments {
        instant arrived{};
        instant answered = never;
        bool dialled = false;
        instant pushed = never;  ///< the ring push that is not answered yet
    };

    void count(instant at, const call::fact& news);
    void count_sos(instant at, const call::command& wish);
    void begin(instant at, const call_id& call, call_kind kind);

    metrics& metrics_;
    std::unordered_map<call_id, moments> calls_;  // bounded by the calls that live (door.max_calls)
};

}  // namespace td::runtime
