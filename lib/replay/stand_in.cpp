#include "replay/stand_in.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

namespace td::replay {
namespace {

/// Aumasson and Bernstein, SipHash: a fast short-input PRF, 2012.
class sip_hash {
public:
    explicit sip_hash(stand_in_maker::key with)
        : words_{with.low ^ 0x736f6d6570736575U, with.high ^ 0x646f72616e646f6dU, with.low ^ 0x6c7967656e657261U,
                 with.high ^ 0x7465646279746573U} {}

    std::uint64_t of(std::string_view text) {
        const auto length = static_cast<std::uint64_t>(text.size());
        for (; text.size() >= 8; text.remove_prefix(8)) {
            take(word_of(text.substr(0, 8)));
        }
        take(word_of(text) | (length << 56U));
        words_[2] ^= 0xFFU;
        for (int i = 0; i < 4; ++i) {
            round();
        }
        return words_[0] ^ words_[1] ^ words_[2] ^ words_[3];
    }

private:
    static std::uint64_t word_of(std::string_view bytes) {
        std::uint64_t word = 0;
        for (std::size_t i = bytes.size(); i-- > 0;) {
            word = (word << 8U) | static_cast<unsigned char>(bytes[i]);
        }
        return word;
    }
    void take(std::uint64_t word) {
        words_[3] ^= word;
        round();
        round();
        words_[0] ^= word;
    }
    void round() {
        auto& [a, b, c, d] = words_;
        a += b;
        b = std::rotl(b, 13) ^ a;
        a = std::rotl(a, 32);
        c += d;
        d = std::rotl(d, 16) ^ c;
        a += d;
        d = std::rotl(d, 21) ^ a;
        c += b;
        b = std::rotl(b, 17) ^ c;
        c = std::rotl(c, 32);
    }

    std::array<std::uint64_t, 4> words_;
};

}  // namespace

stand_in_maker::key stand_in_maker::key_of(std::string_view secret) {
    return {sip_hash({0, 1}).of(secret), sip_hash({1, 0}).of(secret)};
}

std::string stand_in_maker::text(std::string_view original) const {
    if (original.empty()) {
        return {};
    }
    constexpr std::size_t length = 14;
    const bool plus = original.front() == '+' && original.size() > 1;
    const bool digits =
        std::all_of(original.begin() + (plus ? 1 : 0), original.end(), [](char c) { return c >= '0' && c <= '9'; });
    std::uint64_t left = sip_hash(key_).of(original);
    std::string text(digits ? (plus ? "+9" : "9") : "x");
    const unsigned letters = digits ? 10 : 26;
    for (std::size_t i = 0; i < (digits ? length : length - 1); ++i, left /= letters) {
        text += static_cast<char>((digits ? '0' : 'a') + static_cast<char>(left % letters));
    }
    return text;
}

double stand_in_maker::number(double original) const {
    const std::uint64_t left = sip_hash(key_).of(std::to_string(original));
    return static_cast<double>(left % 160'000) / 1000.0 - 80.0;
}

}  // namespace td::replay
