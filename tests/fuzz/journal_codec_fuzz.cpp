// Any bytes as a journal: every line is an entry or a failure, and what was read is written and read again as the same
// line.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "journal/codec.hpp"

namespace {

void write_again(std::string& out, const td::journal::entry& told) {
    using td::journal::telling;
    const telling how = told.retold ? telling::again : telling::first;
    std::visit(
        [&](const auto& what) {
            if constexpr (requires { td::journal::write(out, told.at, what, how); }) {
                td::journal::write(out, told.at, what, how);
            } else {
                td::journal::write(out, told.at, what);
            }
        },
        told.what);
}

}  // namespace

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
        write_again(first, **read);
        const auto second = again.read(first);
        std::string last;
        if (second.ok()) {
            write_again(last, *second);
        }
        if (first != last) {
            std::abort();
        }
    }
    return 0;
}
