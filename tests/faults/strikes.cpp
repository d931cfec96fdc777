#include "strikes.hpp"

#include <cstdlib>

namespace td::test {

std::string_view from_environment(const char* name) {
    const char* const text = std::getenv(name);
    return text == nullptr ? std::string_view() : std::string_view(text);
}

void print(const tally& sum, std::string_view what) {
    std::cout << sum.scenarios << " scenarios of " << what << ", " << sum.worlds << " worlds with a fault:";
    for (const auto& [kind, count] : sum.faults) {
        std::cout << " " << sim::name_of(kind) << " " << count;
    }
    std::cout << "\n";
    for (const auto& [reason, count] : sum.reasons) {
        std::cout << "  " << count << " other verdicts: " << (reason.empty() ? "NOT ALLOWED" : reason) << "\n";
    }
}

}  // namespace td::test
