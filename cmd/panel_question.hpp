#pragma once
// One question to the CRM, for a verb that has no loop of its own: what is this panel, and in which city?

#include "base/id.hpp"
#include "base/result.hpp"
#include "cmd/adapters.hpp"
#include "config/settings.hpp"
#include "crm/panel_record.hpp"
#include "pool/site.hpp"

namespace td::cmd {

/// Waits for the answer, at most crm.timeout. Failures: not_found, unreachable, broken_data, or what is wrong with the
/// file or the token.
[[nodiscard]] result<crm::panel_record> ask_for_panel(const config::settings& from, const secret_reader& secrets,
                                                      const panel_id& panel);

/// What an emergency call keeps of the panel.
[[nodiscard]] pool::site site_of(const panel_id& panel, const crm::panel_record& record);

}  // namespace td::cmd
