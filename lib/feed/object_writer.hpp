#pragma once
// Writes the bodies of the feed. Text that is not UTF-8 is replaced by U+FFFD: receivers are other people's programs.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_text.hpp"
#include "call/record.hpp"

namespace td::feed {

/// Appends members with commas between them.
class object_writer {
public:
    explicit object_writer(std::string& out) : out_(out) { out_ += '{'; }
    object_writer(const object_writer&) = delete;
    object_writer& operator=(const object_writer&) = delete;
    ~object_writer() { out_ += '}'; }

    void text(std::string_view name, std::string_view value) {
        key(name);
        append_json_text(out_, value, broken_utf8::replaced);
    }
    /// An empty name is null: nobody answered, no single device.
    void name(std::string_view name, std::string_view value) {
        if (value.empty()) {
            key(name);
            out_ += "null";
        } else {
            text(name, value);
        }
    }
    void nothing(std::string_view name) {
        key(name);
        out_ += "null";
    }
    void number(std::string_view name, std::int64_t value) {
        key(name);
        append_json_number(out_, value);
    }
    void moment(std::string_view name, call::call_ms value) {
        if (value == call::not_reached) {
            key(name);
            out_ += "null";
        } else {
            number(name, value);
        }
    }
    void fraction(std::string_view name, double value) {
        key(name);
        append_json_number(out_, value);
    }
    void yes_or_no(std::string_view name, bool value) {
        key(name);
        out_ += value ? "true" : "false";
    }
    void key(std::string_view name) {
        out_ += first_ ? "\"" : ",\"";
        first_ = false;
        out_.append(name);
        out_ += "\":";
    }

private:
    std::string& out_;
    bool first_ = true;
};

/// An array, each part written by `append_part`.
template <class Part>
void append_parts(std::string& out, const std::vector<Part>& parts,
                  void (*append_part)(std::string& out, const Part& part)) {
    out += '[';
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) {
            out += ',';
        }
        append_part(out, parts[i]);
    }
    out += ']';
}

/// The line of a message in the spool: {"key":"door.finished","message_id":"…","body":{…}} and '\n'.
template <class AppendBody>
void append_message(std::string& out, std::string_view key, std::string_view message_id,
                    const AppendBody& append_body) {
    {
        object_writer message(out);
        message.text("key", key);
        message.text("message_id", message_id);
        message.key("body");
        append_body();
    }
    out += '\n';
}

}  // namespace td::feed
