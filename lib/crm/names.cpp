#include "crm/names.hpp"

#include "base/json_text.hpp"

namespace td::crm {
namespace {

/// `character` is one whole UTF-8 character. C1 (U+0080 to U+009F) is C2 80 to C2 9F.
bool control(std::string_view character) {
    const auto first = static_cast<unsigned char>(character.front());
    if (character.size() == 1) {
        return first < 0x20 || first == 0x7f;
    }
    return first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
}

}  // namespace

bool usable_name(std::string_view name) {
    if (name.empty() || name.size() > longest_name) {
        return false;
    }
    while (!name.empty()) {
        const std::size_t length = utf8_length(name);
        if (length == 0 || control(name.substr(0, length))) {
            return false;
        }
        name.remove_prefix(length);
    }
    return true;
}

std::string usable_text(std::string_view text) {
    std::string usable;
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const std::string_view character = text.substr(0, length == 0 ? 1 : length);
        if (usable.size() + character.size() > longest_text) {
            break;
        }
        if (length == 0) {
            usable += '?';
        } else if (control(character)) {
            usable += ' ';
        } else {
            usable += character;
        }
        text.remove_prefix(character.size());
    }
    return usable;
}

}  // namespace td::crm
