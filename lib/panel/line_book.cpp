#include "panel/line_book.hpp"

#include "base/json_text.hpp"

namespace td::panel {
namespace {

constexpr std::string_view keep_script =
    "local now = redis.call('GET', KEYS[1]) "
    "if now == false or now == ARGV[1] then redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2]) return 1 end "
    "return 0";
constexpr std::string_view free_script =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

std::string seconds_text(std::chrono::seconds length) {
    return std::to_string(length.count());
}

}  // namespace

std::string key_of(const panel_id& panel) {
    return "td:panel:" + panel.text() + ":call";
}

redis_command take_line(const panel_id& panel, const call_id& call) {
    return {"SET", key_of(panel), std::string(call.text()), "EX", seconds_text(call_expires)};
}

redis_command keep_line(const panel_id& panel, const call_id& call) {
    return {"EVAL", std::string(keep_script), "1", key_of(panel), std::string(call.text()), seconds_text(call_expires)};
}

redis_command free_line(const panel_id& panel, const call_id& call) {
    return {"EVAL", std::string(free_script), "1", key_of(panel), std::string(call.text())};
}

redis_command ask_whether_writable() {
    return {"SET", key_of({}), "", "XX", "EX", seconds_text(call_expires)};
}

redis_command publish_line(const panel_id& panel, const call_id& call, line_state state) {
    std::string message = "{\"panel\":";
    append_json_text(message, panel.text(), broken_utf8::replaced);
    message.append(",\"call\":\"").append(call.text());
    message.append("\",\"state\":\"").append(state == line_state::taken ? "taken" : "freed").append("\"}");
    return {"PUBLISH", "td:panel:call", std::move(message)};
}

std::vector<redis_command> line_book::taken(const call::panel_taken& news) {
    calls_.insert_or_assign(news.panel, news.call);
    return {take_line(news.panel, news.call), publish_line(news.panel, news.call, line_state::taken)};
}

bool line_book::forget(const call::panel_freed& news) {
    const auto found = calls_.find(news.panel);
    if (found == calls_.end() || found->second != news.call) {
        return false;  // a newer call has the panel by now
    }
    calls_.erase(found);
    return true;
}

std::vector<redis_command> line_book::freed(const call::panel_freed& news) {
    if (!forget(news)) {
        return {};
    }
    return removal(news);
}

void line_book::not_told(const call::panel_freed& news) {
    // A full queue loses the removal: the key expires within 30 s.
    static_cast<void>(not_told_.put(news));
}

std::vector<call::panel_freed> line_book::left_over(std::size_t most) {
    std::vector<call::panel_freed> some;
    while (some.size() < most) {
        auto ended = not_told_.take();
        if (!ended) {
            break;
        }
        some.push_back(std::move(*ended));
    }
    return some;
}

std::vector<redis_command> line_book::removal(const call::panel_freed& news) const {
    if (calls_.contains(news.panel)) {
        return {free_line(news.panel, news.call)};
    }
    return {free_line(news.panel, news.call), publish_line(news.panel, news.call, line_state::freed)};
}

std::vector<redis_command> line_book::refresh() const {
    std::vector<redis_command> commands;
    commands.reserve(calls_.size());
    for (const auto& [panel, call] : calls_) {
        commands.push_back(keep_line(panel, call));
    }
    return commands;
}

std::vector<redis_command> line_book::came_back() const {
    std::vector<redis_command> commands = refresh();
    for (const auto& [panel, call] : calls_) {
        commands.push_back(publish_line(panel, call, line_state::taken));
    }
    return commands;
}

}  // namespace td::panel
