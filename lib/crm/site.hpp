#pragma once
// The site of an emergency call from what the CRM tells of its panel.

#include "call/words.hpp"
#include "crm/panel_record.hpp"

namespace td::crm {

/// A city code that is no UUID is taken as not told: the pool knows its cities by nothing else.
[[nodiscard]] call::site_record site_of(const panel_record& panel);

}  // namespace td::crm
