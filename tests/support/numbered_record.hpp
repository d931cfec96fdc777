#pragma once
// Finished records that a test tells apart by their numbers.

#include <cstdint>
#include <string>

#include "call/record.hpp"

namespace td::test {

inline call::door_record numbered_record(std::uint64_t number, const std::string& note = {}) {
    call::door_record record;
    record.call = call_id::of(1'700'000'000'000 + number, 1, number);
    record.panel = panel_id("5001");
    record.note = note;
    return record;
}

}  // namespace td::test
