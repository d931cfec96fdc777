// Any bytes as a journal: every line is an entry or a failure, and what was read is written and read again as the same
// line.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "journal/codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace td::journal;
    reader lines;
    reader again;
    lines.take(std::string(reinterpret_cast<const char*>(data), size));
    while (const auto read = lines.next()) {
        if (!read->ok()) {
            continue;
        }
        std::string first;
        std::visit([&](const auto& what) { write(first, (*read)->at, what); }, (*read)->what);
        const auto second = again.read(first);
        std::string last;
        if (second.ok()) {
            std::visit([&](const auto& what) { write(last, second->at, what); }, second->what);
        }
        if (first != last) {
            std::abort();
        }
    }
    return 0;
}
