#pragma once
// A visitor made of lambdas, one for each alternative; there is no catch-all, so a new alternative does not compile.

namespace td {

template <class... Acts>
struct overloaded : Acts... {
    using Acts::operator()...;
};
template <class... Acts>
overloaded(Acts...) -> overloaded<Acts...>;

}  // namespace td
