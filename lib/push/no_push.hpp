#pragma once
// Plays the push server for push.url = "none".

#include "ports/ports.hpp"

namespace td::push {

/// Nothing is sent and nothing answered: with push.url = "none" the door rules say push_wanted = false, and no call
/// waits for an answer.
class no_push final : public ports::push_server {
public:
    void send(const call::push& /*wish*/) override {}
};

}  // namespace td::push
