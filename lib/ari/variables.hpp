#pragma once
// The channel variables that a leg is made with: caller id, and what an emergency call says of its place.

#include <string>

#include "ari/options.hpp"
#include "call/commands.hpp"

namespace td::ari {

/// The JSON body of an originate or a create: {"variables":{…}}; empty when there is nothing to say.
[[nodiscard]] std::string variables_of(const call::call_out& wish, site_form form);

}  // namespace td::ari
