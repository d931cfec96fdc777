#include "ari/line.hpp"

#include <algorithm>
#include <utility>

#include "ari/encoding.hpp"

namespace td::ari {
namespace {

constexpr std::size_t head_limit = 16 * 1024;
constexpr std::string_view normal_closure = "\x03\xe8";  // 1000 (RFC 6455 section 7.4.1)

}  // namespace

line::line(const limits& limit, words said, line_ends& ends, std::uint64_t seed)
    : limit_(limit),
      said_(std::move(said)),
      ends_(ends),
      random_(seed),
      answer_(head_limit),
      reader_(limit.message_bytes) {}

void line::start(instant now) {
    if (how_ == state::stopped) {
        pause_ = duration::zero();
        attempt(now);
    }
}

void line::stop() {
    if (how_ == state::up) {
        send_frame(opcode::close, normal_closure);
    }
    if (how_ != state::stopped && how_ != state::waiting) {
        ends_.close_line();
    }
    how_ = state::stopped;
    due_ = never;
}

void line::attempt(instant now) {
    how_ = state::opening;
    due_ = now + limit_.connect;
    ends_.open_line();
}

/// Ends a connection or an attempt and plans the next: after 100 ms, doubled up to 2 s, each shortened by up to a half
/// by chance, so that the workers of many hosts do not knock in step.
void line::lose(std::string_view why, instant now) {
    const bool was_up = how_ == state::up;
    ends_.close_line();
    how_ = state::waiting;
    answered_ = false;
    const bool was_good = was_up && now - up_since_ >= limit_.retry_most;
    pause_ = was_good ? limit_.retry_least : std::clamp(pause_ * 2, limit_.retry_least, limit_.retry_most);
    due_ = now + pause_ / 2 +
           duration(static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(pause_.count() / 2) + 1)));
    if (was_up) {
        ends_.line_lost(why);
    } else {
        ends_.line_failed(why);
    }
}

void line::opened(instant now) {
    if (how_ != state::opening) {
        return;  // the attempt was given up in the same turn
    }
    if (was_up_ || answered_) {
        begin_to_shake(now);
    } else {
        ask(now);
    }
}

void line::ask(instant now) {
    how_ = state::asking;
    due_ = now + limit_.handshake;
    answer_ = http_reader(head_limit);
    ends_.send_line(said_.question);
}

/// 401 and 403 are said before Asterisk looks at what is asked for; what it makes of the question otherwise says only
/// that it may be asked. An Asterisk that is still starting (5xx) has not said even that.
void line::hear_answer(const http_reply& answer, instant now) {
    if (answer.status == 401 || answer.status == 403) {
        refuse(answer.status, now);
        return;
    }
    if (answer.status >= 500) {
        lose("the answer's status is " + std::to_string(answer.status), now);
        return;
    }
    ends_.line_allowed();
    if (how_ != state::asking) {
        return;  // that was all somebody wanted to know
    }
    if (answer.last) {
        answered_ = true;
        ends_.close_line();
        attempt(now);
        return;
    }
    begin_to_shake(now);
}

/// Whoever was up once has calls, and might act: what is wrong now is in ari.conf, and will be mended.
void line::refuse(int status, instant now) {
    const std::string why =
        status == 401
            ? "Asterisk refuses ari.user or ari.password (401): compare them with ari.conf"
            : "ari.user may only read in Asterisk (403), and a worker must act: set read_only = no in ari.conf";
    if (was_up_) {
        pause_ = limit_.retry_most;
        lose(why, now);
        return;
    }
    stop();
    ends_.line_refused({failure_kind::not_allowed, why});
}

void line::begin_to_shake(instant now) {
    how_ = state::shaking;
    due_ = now + limit_.handshake;
    head_.clear();
    std::string bytes;
    for (int i = 0; i < 16; ++i) {
        bytes.push_back(static_cast<char>(random_.below(256)));
    }
    nonce_ = base64(bytes);
    ends_.send_line(handshake(said_.target, said_.fixed, nonce_));
}

void line::closed(std::string_view why, instant now) {
    std::vector<http_reply> replies;
    if (how_ == state::asking) {
        answer_.finish(replies);
    }
    if (!replies.empty()) {
        replies.front().last = true;  // whatever its head said
        hear_answer(replies.front(), now);
        return;
    }
    if (how_ == state::opening || how_ == state::asking || how_ == state::shaking || how_ == state::up) {
        lose(why, now);
    }
}

void line::received(std::string_view bytes, instant now) {
    if (how_ == state::asking) {
        std::vector<http_reply> replies;
        if (!answer_.take(bytes, replies)) {
            lose("what came back is not HTTP", now);
        } else if (!replies.empty()) {
            hear_answer(replies.front(), now);
        }
    } else if (how_ == state::shaking) {
        head_.append(bytes);
        shake(now);
    } else if (how_ == state::up) {
        read(bytes, now);
    }
}

void line::cut(std::string_view why, instant now) {
    if (how_ == state::up) {
        lose(why, now);
    }
}

void line::shake(instant now) {
    const std::size_t end = head_.find("\r\n\r\n");
    if (end == std::string::npos) {
        if (head_.size() > head_limit) {
            lose("the handshake's head is beyond 16 KiB", now);
        }
        return;
    }
    const std::string head = std::exchange(head_, {});
    const int status = handshake_status(std::string_view(head).substr(0, end + 2), nonce_);
    if (status == 401 || status == 403) {
        refuse(status, now);
        return;
    }
    if (status != 101) {
        lose("the handshake's status is " + std::to_string(status), now);
        return;
    }
    how_ = state::up;
    was_up_ = true;
    answered_ = false;
    due_ = never;
    reader_ = frame_reader(limit_.message_bytes);
    close_reason_.clear();
    up_since_ = heard_ = pinged_ = watched_ = now;
    ends_.line_up();
    read(std::string_view(head).substr(end + 4), now);
}

void line::read(std::string_view bytes, instant now) {
    heard_ = now;
    const bool sound = reader_.take(bytes, [this](opcode kind, std::string_view payload) { frame(kind, payload); });
    if (how_ != state::up) {
        return;  // what was heard made somebody stop the line
    }
    if (!close_reason_.empty()) {
        lose(close_reason_, now);
    } else if (!sound) {
        lose("a message that breaks the WebSocket protocol or is beyond the limit", now);
    }
}

void line::frame(opcode kind, std::string_view payload) {
    if (how_ != state::up || !close_reason_.empty()) {
        return;
    }
    switch (kind) {
        case opcode::text:
        case opcode::binary:
        case opcode::more: ends_.line_heard(payload); return;
        case opcode::ping: send_frame(opcode::pong, payload); return;
        case opcode::pong: return;  // any byte is a sign of life
        case opcode::close:
            close_reason_ = "closed by Asterisk";
            send_frame(opcode::close, payload.substr(0, 2));
            return;
    }
}

void line::send(std::string_view text) {
    if (how_ == state::up) {
        send_frame(opcode::text, text);
    }
}

void line::send_frame(opcode kind, std::string_view payload) {
    out_.clear();
    append_frame(out_, kind, payload, static_cast<std::uint32_t>(random_.next()));
    ends_.send_line(out_);
}

void line::advance(instant now) {
    if (how_ == state::up) {
        watch(now);
    } else if (now >= due_) {
        if (how_ == state::waiting) {
            attempt(now);
        } else if (how_ != state::stopped) {
            lose(how_ == state::opening  ? "no connection in time"
                 : how_ == state::asking ? "no answer in time"
                                         : "no handshake in time",
                 now);
        }
    }
}

void line::watch(instant now) {
    // When this process itself stood still (a suspended machine, a debugger), the silence was ours: what Asterisk sent
    // meanwhile is still to be read.
    if (now - watched_ > limit_.silence / 2) {
        heard_ += now - watched_;
    }
    watched_ = now;
    if (now - heard_ >= limit_.silence) {
        lose("nothing heard, no pong", now);
        return;
    }
    if (now - pinged_ >= limit_.ping) {
        pinged_ = now;
        send_frame(opcode::ping, "");
    }
}

instant line::next_deadline() const {
    return how_ == state::up ? std::min(pinged_ + limit_.ping, heard_ + limit_.silence) : due_;
}

}  // namespace td::ari
