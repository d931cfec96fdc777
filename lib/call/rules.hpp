#pragma once
// All that the calls of a worker decide by.

#include "call/door_rules.hpp"
#include "call/sos_rules.hpp"

namespace td::call {

struct rules {
    door_rules door;
    sos_rules sos;
};

}  // namespace td::call
