#include "runtime/log.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/inbox.hpp"
#include "base/json_text.hpp"
#include "base/redacted.hpp"

namespace td::runtime {
namespace {

constexpr std::size_t line_weight = 96;  // of the list and the allocator, beside the text itself

/// These need no quotes: everything else, and the empty value, gets them.
bool is_plain(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           std::string_view("-_.:/@+*#,;%<>[](){}!?&~^$|'").find(byte) != std::string_view::npos;
}

void append_key(std::string& out, std::string_view key) {
    for (const char each : key) {
        const bool allowed = (each >= 'a' && each <= 'z') || (each >= '0' && each <= '9') || each == '_';
        out += allowed ? each : '_';
    }
}

void append_value(std::string& out, std::string_view value) {
    if (!value.empty() && std::all_of(value.begin(), value.end(), is_plain)) {
        out.append(value);
    } else {
        append_json_text(out, value, broken_utf8::replaced);
    }
}

void append_text_field(std::string& out, std::string_view key, std::string_view value) {
    out += ' ';
    append_key(out, key);
    out += '=';
    append_value(out, value);
}

void append_json_field(std::string& out, std::string_view key, std::string_view value, bool bare) {
    out += ",\"";
    append_key(out, key);
    out += "\":";
    if (bare) {
        out.append(value);
    } else {
        append_json_text(out, value, broken_utf8::replaced);
    }
}

void append_text_line(std::string& out, instant at, log_level level, const call_id* call, std::string_view event,
                      log_fields fields) {
    out += rfc3339(at);
    out += ' ';
    out.append(name_of(level));
    if (call != nullptr) {
        append_text_field(out, "call", call->text());
    }
    append_text_field(out, "event", event);
    for (const log_field& each : fields) {
        append_text_field(out, each.key, each.value);
    }
    out += '\n';
}

void append_json_line(std::string& out, instant at, log_level level, const call_id* call, std::string_view event,
                      log_fields fields) {
    out += R"({"time":")" + rfc3339(at) + '"';
    append_json_field(out, "level", name_of(level), false);
    if (call != nullptr) {
        append_json_field(out, "call", call->text(), false);
    }
    append_json_field(out, "event", event, false);
    for (const log_field& each : fields) {
        append_json_field(out, each.key, each.value, each.bare);
    }
    out += "}\n";
}

/// Writes all of it, or gives up because nobody will ever read it (a closed pipe).
void write_out(int fd, std::string_view bytes, const std::atomic<bool>& stopping) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(fd, bytes.data(), bytes.size());
        if (count > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
        } else if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            pollfd room{fd, POLLOUT, 0};
            if (::poll(&room, 1, 100) == 0 && stopping.load()) {
                return;
            }
        } else if (count < 0 && errno != EINTR) {
            return;
        }
    }
}

}  // namespace

log_field::log_field(std::string_view name, const account_id& account) : key(name), value(redacted(account.text())) {}

std::string_view name_of(log_level level) {
    switch (level) {
        case log_level::debug: return "debug";
        case log_level::info: return "info";
        case log_level::warning: return "warning";
        case log_level::error: return "error";
    }
    return "?";
}

void append_log_line(std::string& out, log_format format, instant at, log_level level, const call_id* call,
                     std::string_view event, log_fields fields) {
    switch (format) {
        case log_format::text: append_text_line(out, at, level, call, event, fields); return;
        case log_format::json: append_json_line(out, at, level, call, event, fields); return;
    }
}

struct log::shared {
    shared(const log_options& options, std::function<instant()> now)
        : lines(options.buffer_limit), fd(options.file_descriptor), format(options.format), clock(std::move(now)) {}

    inbox<std::string> lines;
    int fd;
    log_format format;
    std::function<instant()> clock;
    std::atomic<bool> stopping{false};
    std::atomic<std::uint64_t> overruns{0};

    void run() {
        std::uint64_t reported = 0;
        std::string text;
        for (;;) {
            const bool last_round = stopping.load();
            const auto taken = lines.take_all();
            text.clear();
            std::size_t weight = 0;
            for (const std::string& each : taken) {
                text += each;
                weight += each.size() + line_weight;
            }
            if (const std::uint64_t lost = overruns.load(); lost > reported) {
                append_log_line(text, format, clock(), log_level::warning, nullptr, "log lines dropped",
                                {{"lines", lost - reported}});
                reported = lost;
            }
            write_out(fd, text, stopping);
            lines.settle(weight);
            if (last_round) {
                return;
            }
            lines.wait(1s);
        }
    }
};

log::log(log_options options, std::function<instant()> clock)
    : level_(options.level),
      format_(options.format),
      clock_(std::move(clock)),
      state_(std::make_shared<shared>(options, clock_)),
      thread_([shared = state_] { shared->run(); }) {}

log::~log() {
    state_->stopping = true;
    state_->lines.ring();
}

void log::say(log_level level, std::string_view event, log_fields fields) {
    put(level, nullptr, event, fields);
}

void log::say(log_level level, const call_id& call, std::string_view event, log_fields fields) {
    put(level, &call, event, fields);
}

void log::put(log_level level, const call_id* call, std::string_view event, log_fields fields) {
    if (!says(level)) {
        return;
    }
    std::string text;
    append_log_line(text, format_, clock_(), level, call, event, fields);
    const std::size_t weight = text.size() + line_weight;
    if (!state_->lines.put(std::move(text), weight)) {
        ++state_->overruns;
    }
}

std::function<void(std::string_view)> log::sink(log_level level, std::string area) {
    return [this, level, name = std::move(area)](std::string_view text) { say(level, text, {{"area", name}}); };
}

std::uint64_t log::overruns() const {
    return state_->overruns;
}

bool log::close(std::chrono::milliseconds limit) {
    state_->stopping = true;
    state_->lines.ring();
    return thread_.over_within(limit);
}

}  // namespace td::runtime
