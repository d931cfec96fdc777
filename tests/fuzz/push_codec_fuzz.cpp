// The push server's replies with any bytes, and push bodies made of them.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "push/codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    td::call::push wish;
    wish.title = bytes;
    wish.targets = {{td::account_id{"a"}, td::device_id{"d1"}, "ios"}, {td::account_id{"a"}, td::device_id{"d2"}, ""}};
    const auto read = td::push::read_reply(202, bytes, wish);
    if (!read || read->size() > wish.targets.size()) {
        std::abort();
    }
    for (const auto& each : *read) {
        if (each.reason.empty() || each.reason.size() > 64) {
            std::abort();
        }
    }
    // A hostile title must not break out of the body's own structure.
    const std::string body = td::push::body_of(wish, td::instant{});
    if (body.find('\n') != std::string::npos || !body.ends_with("]}")) {
        std::abort();
    }
    return 0;
}
