#pragma once
// One remembered answer as one line of JSON:
//   {"at":"2026-11-23T02:34:52.076Z","panel":"5001","flat":"12","answer":{"blocked":false,…}}
// without "flat" for a panel, with "answer":null for "there is no such thing". The answer has the form of the CRM's
// own.

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "crm/memory.hpp"

namespace td::crm {

struct memory_line {
    question asked;
    remembered answer;
    friend bool operator==(const memory_line&, const memory_line&) = default;
};

/// With its line end.
[[nodiscard]] std::string written(const memory_line& line);
/// Without its line end.
[[nodiscard]] result<memory_line> read_memory_line(std::string_view text);

}  // namespace td::crm
