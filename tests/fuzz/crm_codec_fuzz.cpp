// The CRM's answers and the memory's lines with any bytes: nothing crashes, what is read keeps the limits, and what is
// written of it reads back as itself.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "crm/codec.hpp"
#include "crm/flats_file.hpp"
#include "crm/memory_line.hpp"
#include "crm/names.hpp"

namespace {

void require(bool held) {
    if (!held) {
        std::abort();
    }
}

void check_flat(std::string_view bytes) {
    const auto read = td::crm::read_flat(bytes);
    if (!read) {
        return;
    }
    require(read->flat.accounts.size() <= td::crm::most_accounts);
    for (const auto& account : read->flat.accounts) {
        require(td::crm::usable_name(account.name.text()) && account.devices.size() <= td::crm::most_devices);
    }
    std::string text;
    td::crm::append_flat(text, read->flat);
    require(td::crm::read_flat(text)->flat == read->flat);
}

void check_panel(std::string_view bytes) {
    if (const auto read = td::crm::read_panel(bytes)) {
        std::string text;
        td::crm::append_panel(text, *read);
        require(*td::crm::read_panel(text) == *read);
    }
}

void check_line(std::string_view bytes) {
    if (const auto read = td::crm::read_memory_line(bytes)) {
        const std::string text = td::crm::written(*read);
        const auto again = td::crm::read_memory_line(std::string_view(text).substr(0, text.size() - 1));
        // The time is written in milliseconds; the rest is kept to the byte.
        require(again.ok() && again->asked == read->asked && again->answer.what == read->answer.what);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    check_flat(bytes);
    check_panel(bytes);
    check_line(bytes);
    static_cast<void>(td::crm::read_flats(bytes, "fuzz"));
    static_cast<void>(td::crm::accounts_path(td::panel_id{std::string(bytes)}, td::flat_id{std::string(bytes)}));
    return 0;
}
