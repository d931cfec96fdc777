#include "callback/route_line.hpp"

#include <utility>

namespace td::callback {
namespace {

redis::command call_of(std::string_view verb, std::string_view script, const script_words& words) {
    redis::command call{std::string(verb), std::string(script)};
    call.insert(call.end(), words.begin(), words.end());
    return call;
}

}  // namespace

// The link calls nothing after its destruction, and it is ours: `this` lives.
route_line::route_line(boost::asio::io_context& loop, redis::link_options options, alarm_sink alarms, listener told)
    : health_("callback_map", std::move(alarms)),
      told_(std::move(told)),
      link_(loop, std::move(options),
            {[this] {
                 load();
                 ask_whether_it_writes();
                 if (told_.connected) {
                     told_.connected();
                 }
             },
             [this](const failure& why) {
                 health_.trouble(why.text, why.text);
                 if (told_.lost) {
                     told_.lost(why);
                 }
             }}) {}

void route_line::load() {
    shas_ = {};
    for (std::size_t i = 0; i < scripts; ++i) {
        // A user that may not load scripts may still run them.
        link_.send({"SCRIPT", "LOAD", std::string(text_of(static_cast<script>(i)))},
                   [this, i](const result<redis::reply>& said) { shas_[i] = said ? said->text : std::string(); });
    }
}

void route_line::ask_whether_it_writes() {
    link_.send(callback::ask_whether_writable(),
               [this](const result<redis::reply>& said) { heard_of(script::write, said); });
}

bool route_line::run(script which, const script_words& words, redis::answer then) {
    const std::string& sha = shas_[static_cast<std::size_t>(which)];
    if (sha.empty()) {
        return link_.send(call_of("EVAL", text_of(which), words),
                          [this, which, then = std::move(then)](const result<redis::reply>& said) {
                              heard_of(which, said);
                              then(said);
                          });
    }
    return link_.send(
        call_of("EVALSHA", sha, words), [this, which, words, then = std::move(then)](const result<redis::reply>& said) {
            if (!said && said.why().kind == failure_kind::refused && said.why().text.starts_with("NOSCRIPT")) {
                // Of many that were under way only the first finds a name to forget.
                if (!std::exchange(shas_[static_cast<std::size_t>(which)], {}).empty()) {
                    load();
                }
                if (!run(which, words, then)) {
                    then(failure{failure_kind::unreachable, link_.place_text() + ": the connection was lost"});
                }
                return;
            }
            heard_of(which, said);
            then(said);
        });
}

void route_line::heard_of(script which, const result<redis::reply>& said) {
    if (said && which != script::read) {
        const bool again = !health_.good();
        health_.well(link_.place_text() + " takes callback routes again");
        if (again && told_.writable) {
            told_.writable();
        }
    } else if (!said && said.why().kind == failure_kind::refused) {
        health_.refusal(said.why().text, link_.place_text() + " takes no callback routes");
    }
    // A reply that did not come is told by the loss of the connection.
}

}  // namespace td::callback
