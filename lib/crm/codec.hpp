#pragma once
// The CRM's HTTP interface in bytes: paths out, answers in. Pure; what is asked when stands in directory.hpp.
//
// Reading is strict about what a call stands on and deaf to the rest: unknown fields are ignored, a wrong type of a
// known one makes the whole answer broken. A null is the same as a missing field, because Go writes an empty list as
// null.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/result.hpp"
#include "call/words.hpp"
#include "crm/panel_record.hpp"

namespace td::crm {

/// The paths below crm.url; names are percent-encoded.
[[nodiscard]] std::string panel_path(const panel_id& panel);
[[nodiscard]] std::string accounts_path(const panel_id& panel, const flat_id& flat);

struct flat_answer {
    call::flat_record flat;
    std::size_t dropped = 0;  ///< accounts and devices with unusable names or beyond the limits (names.hpp)
};

/// The body of GET /panels/{panel}/flats/{flat}/accounts: an object whose `accounts` is an array of objects with a text
/// `account`. An account that stands there twice is one, with the devices of both in order. Fails with `broken_json`.
[[nodiscard]] result<flat_answer> read_flat(std::string_view body);

/// The body of GET /panels/{panel}. A position that lies on no globe is taken as not told. Fails with `broken_json`.
[[nodiscard]] result<panel_record> read_panel(std::string_view body);

/// What `read_flat` and `read_panel` read, appended to `out`: the form of the contract.
void append_flat(std::string& out, const call::flat_record& flat);
void append_panel(std::string& out, const panel_record& panel);

}  // namespace td::crm
