#include "archive/index_row.hpp"

namespace td::archive {
namespace {

void append(std::string& out, std::uint64_t number) {
    while (number >= 0x80U) {
        out.push_back(static_cast<char>((number & 0x7fU) | 0x80U));
        number >>= 7U;
    }
    out.push_back(static_cast<char>(number));
}

/// 0 where the bytes end.
std::uint64_t take(std::string_view& from) {
    std::uint64_t number = 0;
    for (unsigned shift = 0; !from.empty() && shift < 64; shift += 7) {
        const auto byte = static_cast<unsigned char>(from.front());
        from.remove_prefix(1);
        number |= std::uint64_t{byte & 0x7fU} << shift;
        if (byte < 0x80U) {
            break;
        }
    }
    return number;
}

}  // namespace

std::string packed_places(const std::vector<place>& places) {
    std::string out;
    for (std::size_t at = 0; at < places.size();) {
        std::size_t end = at;
        while (end < places.size() && places[end].file == places[at].file) {
            ++end;
        }
        append(out, static_cast<std::uint64_t>(places[at].file));
        append(out, end - at);
        std::uint32_t before = 0;
        for (; at < end; ++at) {
            append(out, places[at].block - before);
            before = places[at].block;
        }
    }
    return out;
}

std::vector<place> unpacked_places(std::string_view packed) {
    std::vector<place> places;
    while (!packed.empty()) {
        const auto file = static_cast<file_no>(take(packed));
        std::uint32_t block = 0;
        for (std::uint64_t left = take(packed); left > 0 && !packed.empty(); --left) {
            block += static_cast<std::uint32_t>(take(packed));
            places.push_back({file, block});
        }
    }
    return places;
}

std::string packed_numbers(const std::vector<std::uint64_t>& rising) {
    std::string out;
    std::uint64_t before = 0;
    for (const std::uint64_t each : rising) {
        append(out, each - before);
        before = each;
    }
    return out;
}

std::vector<std::uint64_t> unpacked_numbers(std::string_view packed) {
    std::vector<std::uint64_t> rising;
    std::uint64_t before = 0;
    while (!packed.empty()) {
        before += take(packed);
        rising.push_back(before);
    }
    return rising;
}

}  // namespace td::archive
